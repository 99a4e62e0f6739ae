// Package figures reads what the files of a DVC project say as metrics and params, in any revision
// of git, and compares it as DVC does. It changes nothing; what makes them is the stages' part.
package figures

import (
	"maps"
	"path"
	"slices"

	"rondo/backend/interop/dvc"
	"rondo/backend/interop/dvc/doc"
	"rondo/backend/interop/dvc/metafile"
)

// Files are what files of metrics or params say, by path: maps of keys and values, or one value.
type Files map[string]any

// Metrics are the metrics of the project: of stages, and of files that a dvc.yaml names at its
// top. Files that are not there, or cannot be read, are left out.
func Metrics(p *dvc.Project) Files {
	out, _ := readMetrics(p)
	return out
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

// top are the paths that dvc.yaml files name at their top.
func top(p *dvc.Project, of func(*metafile.Pipeline) []string) (list []string) {
	for _, pl := range p.Pipelines {
		list = append(list, p.Own(path.Dir(pl.File), of(pl)...)...)
	}
	return list
}

// Params are the params that stages depend on, those of files that a dvc.yaml names at its
// top, all of the params.yaml of the project, and what stages take of other files by ${…}.
func Params(p *dvc.Project) Files {
	out, contents, tried := Files{}, p.Contents(), map[string]bool{}
	keys := paramsWanted(p)
	for _, at := range slices.Sorted(maps.Keys(keys)) {
		for name, read := range contents.Of(at) {
			tried[name] = true
			if v, err := chosen(name, read, keys[at]); err == nil {
				out[name] = v
			}
		}
	}
	out.fill(p, tried)
	return out
}

// paramsWanted are the files of params, and what is asked of each; nil is all of it.
func paramsWanted(p *dvc.Project) map[string][]string {
	keys := map[string][]string{}
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
				for _, at := range p.Own(s.Wdir, d.File) {
					want(at, d.Keys)
				}
			}
		}
	}
	for _, at := range top(p, func(pl *metafile.Pipeline) []string { return pl.Params }) {
		want(at, nil)
	}
	want(metafile.ParamsFile, nil)
	return keys
}

// fill adds what stages take of other files by ${…}.
func (f Files) fill(p *dvc.Project, tried map[string]bool) {
	for _, pl := range p.Pipelines {
		for _, s := range pl.Stages {
			for file, vars := range s.Vars {
				if tried[file] {
					continue
				}
				have, ok := f[file].(*doc.Map)
				if !ok {
					have = &doc.Map{}
					f[file] = have
				}
				for _, k := range vars.Keys {
					have.Set(k, vars.Value(k))
				}
			}
		}
	}
}

// chosen reads keys of a file; all of them where there are none.
func chosen(name string, read dvc.Reader, keys []string) (*doc.Map, error) {
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
