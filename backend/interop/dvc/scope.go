package dvc

import (
	"context"
	"path"
	"slices"
	"strings"

	"rondo/backend/errs"
)

// Selection says what of a project is meant, in the words of dvc's flags.
type Selection struct {
	Targets   []string // outs, paths in them, .dvc files, stages; none: all
	Recursive bool     // a target that is a folder means all .dvc files and stages below it
	WithDeps  bool     // and what the stages of the targets are made of
}

// meant are the outs of the folder, or of the commit that it is read from, that are meant.
func (p *Project) meant(s Selection) ([]tracked, error) {
	targets := s.Targets
	if s.Recursive {
		targets = p.below(targets)
	}
	list, err := p.choose(targets)
	if err == nil && s.WithDeps && len(targets) > 0 {
		list = p.withDeps(list)
	}
	return list, err
}

// below puts the .dvc files and pipelines below a folder in its place. What has none below it
// stays as it is.
func (p *Project) below(targets []string) (out []string) {
	all := p.outs()
	for _, target := range targets {
		at, n := path.Clean(target), len(out)
		for _, o := range all {
			if (at == "." || inside(o.file, at)) && !slices.Contains(out, o.file) {
				out = append(out, o.file)
			}
		}
		if len(out) == n {
			out = append(out, target)
		}
	}
	return out
}

// withDeps adds what the stages of outs read and other stages or .dvc files bring, and so on.
func (p *Project) withDeps(list []tracked) []tracked {
	all, deps := p.outs(), p.depsOf()
	for i := 0; i < len(list); i++ {
		for _, o := range all {
			reads := func(dep string) bool { return dep == o.at || inside(dep, o.at) || inside(o.at, dep) }
			if !slices.ContainsFunc(deps[list[i].stage], reads) {
				continue
			}
			if n := slices.IndexFunc(list, func(other tracked) bool { return other.at == o.at }); n < 0 {
				list = append(list, o)
			} else if n > i {
				list[n].parts = nil
			}
		}
	}
	return list
}

// depsOf are the paths in the project that each stage reads, by its address.
func (p *Project) depsOf() map[string][]string {
	out := map[string][]string{}
	for _, pl := range p.Pipelines {
		for _, s := range pl.Stages {
			for _, d := range s.Deps {
				if at, here := p.where(s.Wdir, d); here {
					out[Address(pl.File, s.Name)] = append(out[Address(pl.File, s.Name)], at)
				}
			}
		}
	}
	return out
}

// over calls fn with the folder and then with each commit that is meant, and with what is
// chosen of it. Commits with files that cannot be read are returned, with what is wrong. A target
// has to be somewhere.
func (p *Project) over(ctx context.Context, s Selection, revs Revisions, fn func(then *Project, commit string, list []tracked) error) (unread []string, err error) {
	found, absent := false, error(nil)
	one := func(then *Project, commit string) error {
		list, err := then.meant(s)
		if errs.Is(err, errs.NotFound) && revs.Any() {
			absent = firstError(absent, err)
			return nil
		}
		if err != nil {
			return err
		}
		found = true
		return fn(then, commit, list)
	}
	if revs.Just == nil {
		err = one(p, "")
	}
	if err != nil {
		return nil, err
	}
	err = p.commits(ctx, revs, func(then *Project, commit string) error {
		for _, problem := range then.Problems {
			unread = append(unread, atCommit(problem.Error(), commit))
		}
		return one(then, commit)
	})
	if err == nil && !found {
		err = absent
	}
	return unread, err
}

// atCommit says of which commit something is told; of the folder that goes without saying.
func atCommit(what, commit string) string {
	if commit == "" {
		return what
	}
	return what + " (at " + commit[:7] + ")"
}

// key tells apart what is the same in many commits.
func (o tracked) key() string {
	words := []string{o.at, o.entry.Hash, o.entry.Sum(), o.entry.VersionID, o.out.Remote, strings.Join(o.parts, "\x00")}
	for _, f := range o.entry.List {
		words = append(words, f.Path, f.MD5, f.VersionID)
	}
	return strings.Join(words, "\x01")
}
