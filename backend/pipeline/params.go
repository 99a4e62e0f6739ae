package pipeline

import (
	"errors"
	"maps"
	"path"
	"path/filepath"

	"rondo/backend/errs"
	"rondo/backend/project"
)

const (
	maxOverrides = 1000 // params that one request sets
	maxParams    = 5000 // params that one execution depends on
)

// paramsOf reads what the stages of an execution depend on, all together.
func (e *eyes) paramsOf(g Graph, set map[string]string) (map[string]string, error) {
	all := map[string]string{}
	if _, err := e.values(project.DefaultParams, set); err != nil {
		return all, err
	}
	for _, n := range g {
		if list, err := e.params(n.Wdir, n.Params, set); err == nil { // else the stage itself will say so
			maps.Copy(all, list)
		}
	}
	if len(all) > maxParams {
		return all, errs.New(errs.TooLarge, "the stages depend on %d params; the limit is %d", len(all), maxParams).
			WithHint("name fewer keys under params: in rondo.yaml, or keep large tables in a data file that is a dep")
	}
	return all, nil
}

// params reads what a stage depends on, as text by file:key; params.yaml's by key
// alone. Set are values of params.yaml as they would be after an override.
func (e *eyes) params(wdir string, list project.Params, set map[string]string) (map[string]string, error) {
	out := map[string]string{}
	for _, p := range list {
		name, err := inside("", wdir, p.File)
		if err != nil {
			return nil, err
		}
		values, err := e.values(name, set)
		if err != nil {
			return nil, err
		}
		prefix := ""
		if name != project.DefaultParams {
			prefix = name + ":"
		}
		if err := pick(out, prefix, name, values, p.Keys); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// values reads a params file; one that is not there holds nothing.
func (e *eyes) values(name string, set map[string]string) (project.Values, error) {
	if ext := path.Ext(name); ext == ".py" || ext == ".toml" {
		return nil, errs.New(errs.Invalid, "params cannot be read from %s", name).WithHint("keep them in a .yaml or .json file")
	}
	full, err := e.resolve(name)
	if errors.Is(err, errGone) {
		full, err = filepath.Join(e.dir, filepath.FromSlash(name)), nil
	}
	if err != nil {
		return nil, err
	}
	if name != project.DefaultParams {
		set = nil
	}
	return e.texts.Read(full, set)
}

func pick(out map[string]string, prefix, file string, values project.Values, keys []string) error {
	if len(keys) == 0 {
		for k, v := range values.Flat() {
			out[prefix+k] = v
		}
	}
	for _, key := range keys {
		v, ok := values.Get(key)
		if !ok {
			return errs.New(errs.Precondition, "%s has no param %q", file, key).WithHint("add it there, or take it out of the stage's params in rondo.yaml")
		}
		m, nested := v.(map[string]any)
		if !nested || len(m) == 0 {
			out[prefix+key] = project.Text(v)
			continue
		}
		for k, text := range project.Values(m).Flat() {
			out[prefix+key+"."+k] = text
		}
	}
	return nil
}
