package dvc

import (
	"io/fs"
	"maps"
	"path"
	"slices"

	"rondo/backend/git"
	"rondo/backend/interop/dvc/doc"
	"rondo/backend/interop/dvc/exp"
	"rondo/backend/interop/dvc/metafile"
)

// Workspace is the name of the folder as it lies there, among revisions.
const Workspace = "workspace"

// Figures are what files of metrics or params say, by path: maps of keys and values, or one
// value.
type Figures map[string]any

// At is the project in a revision of git: a commit, branch or tag, an experiment of DVC's, or
// Workspace. Close it, unless it is the project itself.
func (p *Project) At(rev string) (*Project, error) {
	if rev == Workspace {
		return p, nil
	}
	repo, err := git.Open(p.Dir)
	if err != nil {
		return nil, err
	}
	commit, err := exp.CommitOf(repo, rev)
	if err != nil {
		return nil, err
	}
	tree, err := repo.FS(commit)
	if err != nil {
		return nil, err
	}
	return OpenTree(p.Dir, tree)
}

// Metrics are the metrics of the project: of stages, and of files that a dvc.yaml names at its
// top. Files that are not there, or cannot be read, are left out.
func (p *Project) Metrics() Figures {
	out, _ := p.readMetrics()
	return out
}

func (p *Project) metricFiles() map[string]func() ([]byte, error) {
	return p.named(func(o tracked) bool { return o.out.Kind == "metrics" }, func(pl *metafile.Pipeline) []string { return pl.Metrics })
}

// metric leaves out what can be no metric: lists, nulls and empty mappings.
func metric(v any) any {
	switch x := v.(type) {
	case *doc.Map:
		m := &doc.Map{}
		for _, k := range x.Keys {
			if one := metric(x.Value(k)); one != nil {
				if sub, ok := one.(*doc.Map); !ok || sub.Len() > 0 {
					m.Set(k, one)
				}
			}
		}
		return m
	case string, bool, int64, float64, doc.Big:
		return v
	}
	return nil
}

// named finds files by what makes them and by the top of dvc.yaml; folders with all in them.
func (p *Project) named(made func(tracked) bool, top func(*metafile.Pipeline) []string) map[string]func() ([]byte, error) {
	out := map[string]func() ([]byte, error){}
	all := p.outs()
	for _, o := range all {
		if made(o) {
			p.readersOf(out, o.at, all)
		}
	}
	for _, pl := range p.Pipelines {
		for _, name := range top(pl) {
			if at, here := p.where(path.Dir(pl.File), name); here {
				p.readersOf(out, at, all)
			}
		}
	}
	return out
}

// readersOf finds how a path is read: in the folder or commit, or from the cache as it is
// recorded.
func (p *Project) readersOf(into map[string]func() ([]byte, error), at string, all []tracked) {
	info, err := fs.Stat(p.tree, at)
	if err == nil && !info.IsDir() {
		into[at] = func() ([]byte, error) { return p.Read(at) }
		return
	}
	for _, o := range all {
		switch {
		case o.entry.MD5 == "" || o.out.NoCache || o.at != at && !inside(at, o.at):
		case !o.entry.IsDir() && o.at == at:
			into[at] = func() ([]byte, error) { return p.Cache.ReadAll(o.entry) }
		case o.entry.IsDir():
			files, _ := p.Cache.Tree(o.entry.Hash, o.entry.MD5)
			for _, f := range files {
				if name := path.Join(o.at, f.Path); name == at || inside(name, at) {
					into[name] = func() ([]byte, error) { return p.Cache.ReadAll(metafile.Entry{Hash: o.entry.Hash, MD5: f.MD5}) }
				}
			}
		}
	}
	if err == nil {
		p.readersIn(into, at)
	}
}

// readersIn finds the files of a folder.
func (p *Project) readersIn(into map[string]func() ([]byte, error), at string) {
	_ = fs.WalkDir(p.tree, at, func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			into[name] = func() ([]byte, error) { return p.Read(name) }
		}
		return nil
	})
}

// Params are the params that stages depend on, those of files that a dvc.yaml names at its
// top, all of the params.yaml of the project, and what stages take of other files by ${…}.
func (p *Project) Params() Figures {
	keys := map[string][]string{} // nil: all of the file
	want := func(at string, list []string) {
		have, again := keys[at]
		if len(list) == 0 || again && have == nil {
			keys[at] = nil
			return
		}
		keys[at] = append(have, list...)
	}
	for _, pl := range p.Pipelines {
		for _, s := range pl.Stages {
			for _, d := range s.Params {
				if at, here := p.where(s.Wdir, d.File); here {
					want(at, d.Keys)
				}
			}
		}
		for _, name := range pl.Params {
			if at, here := p.where(path.Dir(pl.File), name); here {
				want(at, nil)
			}
		}
	}
	want(metafile.ParamsFile, nil)
	out, all, tried := Figures{}, p.outs(), map[string]bool{}
	for _, at := range slices.Sorted(maps.Keys(keys)) {
		files := map[string]func() ([]byte, error){}
		p.readersOf(files, at, all)
		for name, read := range files {
			tried[name] = true
			if v, err := chosen(name, read, keys[at]); err == nil {
				out[name] = v
			}
		}
	}
	p.filledIn(out, tried)
	return out
}

// filledIn adds what stages take of other files by ${…}.
func (p *Project) filledIn(into Figures, tried map[string]bool) {
	for _, pl := range p.Pipelines {
		for _, s := range pl.Stages {
			for file, vars := range s.Vars {
				if tried[file] {
					continue
				}
				have, ok := into[file].(*doc.Map)
				if !ok {
					have = &doc.Map{}
					into[file] = have
				}
				for _, k := range vars.Keys {
					have.Set(k, vars.Value(k))
				}
			}
		}
	}
}

// chosen reads keys of a file; all of them where there are none.
func chosen(name string, read func() ([]byte, error), keys []string) (*doc.Map, error) {
	b, err := read()
	if err != nil {
		return nil, err
	}
	all, err := doc.ReadParams(name, b)
	if err != nil || keys == nil {
		return all, err
	}
	out := &doc.Map{}
	for _, k := range keys {
		if v, ok := doc.Lookup(all, k); ok {
			out.Set(k, v)
		}
	}
	return out, nil
}
