package dvc

import (
	"path"
	"slices"
	"strings"

	"rondo/backend/interop/dvc/doc"
	"rondo/backend/interop/dvc/metafile"
	"rondo/backend/project"
)

// Stages are the stages of all pipelines as rondo.yaml has them, and as DVC runs them: From
// is their address. Those of a folder get its name in front, as sub.train.
func (p *Project) Stages() map[string]project.Stage {
	out, taken := map[string]project.Stage{}, map[string]bool{}
	lines := slices.Clone(p.Pipelines)
	slices.SortFunc(lines, func(a, b *metafile.Pipeline) int { return strings.Compare(path.Dir(a.File), path.Dir(b.File)) })
	for _, pl := range lines {
		prefix := ""
		if dir := path.Dir(pl.File); dir != "." {
			prefix = strings.ReplaceAll(dir, "/", ".") + "."
		}
		for _, s := range pl.Stages {
			one := p.stage(pl, s)
			one.Order = len(out) + 1
			out[name(prefix+s.Name, longName, taken)] = one
		}
	}
	return out
}

// stage has what lies outside of the project apart.
func (p *Project) stage(pl *metafile.Pipeline, s metafile.Stage) project.Stage {
	out := project.Stage{
		Cmd: s.Lines(), Desc: s.Desc, Frozen: s.Frozen, From: Address(pl.File, s.Name),
		AlwaysChanged: s.AlwaysChanged || len(s.Deps)+len(s.Params)+len(s.Outs) == 0,
	}
	if s.Wdir != "." {
		out.Wdir = s.Wdir
	}
	out.OutsideDeps, out.OutsideOuts = p.outsides(s)
	for _, d := range s.Deps {
		if _, here := p.where(s.Wdir, d); here {
			out.Deps = append(out.Deps, path.Clean(d))
		}
	}
	for _, d := range s.Params {
		if _, here := p.where(s.Wdir, d.File); here {
			out.Params = append(out.Params, project.Param{File: path.Clean(d.File), Keys: d.Keys})
		}
	}
	for _, o := range s.Outs {
		if _, here := p.where(s.Wdir, o.Path); !here {
			continue
		}
		one := project.Out{Path: path.Clean(o.Path), Persist: o.Persist, NoCache: o.NoCache, Desc: o.Desc}
		switch o.Kind {
		case "metrics":
			out.Metrics = append(out.Metrics, one)
		case "plots":
			one.Plot, _ = doc.Plain(o.Plot).(map[string]any)
			out.Plots = append(out.Plots, one)
		default:
			out.Outs = append(out.Outs, one)
		}
	}
	return out
}
