package dvc

import (
	"cmp"
	"context"
	"path"
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/doc"
	"rondo/backend/interop/dvc/metafile"
	"rondo/backend/pipeline"
)

// NewStage is a stage that is to be written into a dvc.yaml. Paths are meant from Wdir.
type NewStage struct {
	Name   string
	Cmd    string
	Dir    string // of the dvc.yaml, in the project
	Wdir   string // that the command runs in, in the project
	Desc   string
	Deps   []string
	Params []string // KEY,KEY or FILE:KEY,KEY or FILE:
	Outs   []NewOut
	Always bool // it runs each time
	Force  bool // replace a stage of that name
}

// NewOut is what a new stage makes.
type NewOut struct {
	Path    string
	Kind    string // outs, metrics or plots
	NoCache bool
	Persist bool
}

// AddStage writes a stage into a dvc.yaml as `dvc stage add` does, and lets git ignore what it
// makes. A stage that does not go together with the others is not written. The rest of the file
// stays letter by letter, where dvc writes all of it anew; only of a stage that is replaced the
// order and comments are kept as dvc keeps them.
func (p *Project) AddStage(ctx context.Context, in NewStage) (file string, err error) {
	unlock, err := p.lock()
	if err != nil {
		return "", err
	}
	defer unlock()
	file = path.Join(in.Dir, metafile.PipelineFile)
	old, err := p.Read(file)
	if err != nil && !missing(err) {
		return file, err
	}
	had := err == nil
	text, err := p.withStage(file, old, in)
	if err != nil {
		return file, err
	}
	if err := p.write(file, text); err != nil {
		return file, err
	}
	if err := p.fits(file, in); err != nil {
		if had {
			return file, firstError(p.write(file, old), err)
		}
		return file, firstError(p.root.Remove(file), err)
	}
	return file, firstError(p.ignoreOuts(in), ctx.Err())
}

// ignoreOuts lets git ignore what a cache keeps, in the order in which dvc goes through it.
func (p *Project) ignoreOuts(in NewStage) error {
	order := func(o NewOut) int {
		if o.Persist {
			return -1
		}
		return slices.Index([]string{"metrics", "plots", "outs"}, o.Kind)
	}
	outs := slices.SortedStableFunc(slices.Values(in.Outs), func(a, b NewOut) int { return order(a) - order(b) })
	for _, o := range outs {
		at, here := p.where(in.Wdir, o.Path)
		if !here || o.NoCache {
			continue
		}
		if _, err := p.stat(path.Dir(at)); missing(err) {
			continue // the line comes with the first run, as with dvc
		}
		if err := p.gitIgnore(at); err != nil {
			return err
		}
	}
	return nil
}

// fits reads the project anew and refuses what is wrong with it now.
func (p *Project) fits(file string, in NewStage) error {
	before := len(p.Problems)
	if err := p.Reload(); err != nil {
		return err
	}
	if len(p.Problems) > before {
		return p.Problems[len(p.Problems)-1]
	}
	for _, o := range in.Outs {
		at, here := p.where(in.Wdir, o.Path)
		if !here && !o.NoCache {
			return errs.New(errs.Invalid, "%s lies outside of the project, where no cache keeps it", o.Path).WithHint("name it with --outs-no-cache")
		}
		for _, other := range p.outs() {
			if other.stage != Address(file, in.Name) && (other.at == at || inside(other.at, at) || inside(at, other.at)) {
				return errs.New(errs.Conflict, "%s makes %s already", other.stage, other.at).WithHint("name another path, or take it out there")
			}
		}
	}
	_, err := pipeline.Build(p.Stages())
	return err
}

// withStage is a dvc.yaml with a stage added or replaced.
func (p *Project) withStage(file string, old []byte, in NewStage) ([]byte, error) {
	if err := in.named(); err != nil {
		return nil, err
	}
	fresh, err := in.value()
	if err != nil {
		return nil, err
	}
	if strings.TrimSpace(string(old)) == "" {
		return doc.Emit(doc.NewMap("stages", doc.NewMap(in.Name, fresh))), nil
	}
	v, err := doc.ParseSums(file, old)
	if err != nil {
		return nil, err
	}
	top, ok := v.(*doc.Map)
	if !ok {
		return nil, errs.New(errs.Invalid, "%s holds no mapping", file)
	}
	stages, _ := top.Value("stages").(*doc.Map)
	is, there := stages.Get(in.Name)
	switch was, plain := is.(*doc.Map); {
	case !there:
		return appended(file, old, top, stages, in.Name, fresh)
	case !in.Force:
		return nil, errs.New(errs.Conflict, "%s has a stage %s already", file, in.Name).WithHint("choose another name, or say --force to replace it")
	case !plain || was.Value("foreach") != nil || was.Value("matrix") != nil || strings.Contains(string(doc.Emit(was)), "${"):
		return nil, errs.New(errs.Precondition, "stage %s of %s is made of a template", in.Name, file).WithHint("change it by hand")
	default:
		return replaced(file, old, top, stages, in.Name, keptOf(was, fresh))
	}
}

func (in NewStage) named() error {
	switch {
	case in.Name == "" || strings.ContainsAny(in.Name, "!\"#$%&'()*+,./:;<=>?@[\\]^`{|}~"):
		return errs.New(errs.Invalid, "%q is no name of a stage", in.Name).WithHint("choose one of letters, digits, - and _")
	case strings.TrimSpace(in.Cmd) == "":
		return errs.New(errs.Invalid, "what does stage %s run?", in.Name).WithHint("name the command behind the flags: rondo stage add -n %s -d data.csv -- python train.py", in.Name)
	}
	seen := map[string]bool{}
	for _, at := range in.paths() {
		if seen[at] {
			return errs.New(errs.Invalid, "stage %s: %s is named twice", in.Name, at).WithHint("name it once: as what it reads, or as what it makes")
		}
		seen[at] = true
	}
	return nil
}

// paths are all that it reads and makes.
func (in NewStage) paths() []string {
	list := slices.Clone(in.Deps)
	for _, o := range in.Outs {
		list = append(list, o.Path)
	}
	return list
}

// keptOf lets a stage that is replaced keep what no flag can say.
func keptOf(was, fresh *doc.Map) *doc.Map {
	for _, key := range []string{"desc", "meta"} {
		if v, had := was.Get(key); had && fresh.Value(key) == nil {
			fresh.Set(key, v)
		}
	}
	return fresh
}

// value is the stage in the order that DVC writes its keys in.
func (in NewStage) value() (*doc.Map, error) {
	m := doc.NewMap()
	set := func(key string, v any, is bool) {
		if is {
			m.Set(key, v)
		}
	}
	wdir := relative(in.Dir, in.Wdir)
	set("desc", in.Desc, in.Desc != "")
	m.Set("cmd", in.Cmd)
	set("wdir", wdir, wdir != ".")
	deps := slices.Sorted(slices.Values(in.Deps))
	set("deps", anyOf(deps), len(deps) > 0)
	params := paramsOf(in.Params)
	set("params", params, len(params) > 0)
	for _, kind := range []string{"outs", "metrics", "plots"} {
		list := in.outsOf(kind)
		set(kind, list, len(list) > 0)
	}
	set("always_changed", true, in.Always)
	return m, nil
}

func anyOf(list []string) (out []any) {
	for _, one := range list {
		out = append(out, one)
	}
	return out
}

func (in NewStage) outsOf(kind string) (list []any) {
	outs := slices.SortedStableFunc(slices.Values(in.Outs), func(a, b NewOut) int { return cmp.Compare(a.Path, b.Path) })
	for _, o := range outs {
		if o.Kind != kind {
			continue
		}
		set := doc.NewMap()
		if o.NoCache {
			set.Set("cache", false)
		}
		if o.Persist {
			set.Set("persist", true)
		}
		if set.Len() == 0 {
			list = append(list, o.Path)
		} else {
			list = append(list, doc.NewMap(o.Path, set))
		}
	}
	return list
}

// paramsOf are params as a dvc.yaml has them: keys of params.yaml first, then the other files.
func paramsOf(typed []string) (list []any) {
	files := map[string][]string{}
	for _, one := range typed {
		i := strings.LastIndex(one, ":")
		file := metafile.ParamsFile
		if i > 0 {
			file = one[:i]
		}
		files[file] = append(files[file], strings.FieldsFunc(one[i+1:], func(r rune) bool { return r == ',' })...)
	}
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		keys := slices.Compact(slices.Sorted(slices.Values(files[name])))
		switch {
		case len(keys) == 0:
			list = append(list, doc.NewMap(name, nil))
		case name == metafile.ParamsFile:
			list = append(anyOf(keys), list...)
		default:
			list = append(list, doc.NewMap(name, anyOf(keys)))
		}
	}
	return list
}
