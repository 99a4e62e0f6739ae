package metafile

import (
	"slices"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/doc"
)

// take reads a stage whose template is filled in.
func (s *Stage) take(m *doc.Map) error {
	cmd, _ := m.Get("cmd")
	switch x := cmd.(type) {
	case []any:
		list := make([]any, len(x))
		for i, it := range x {
			list[i] = doc.Text(it)
		}
		s.Cmd = list
	default:
		s.Cmd = doc.Text(cmd)
	}
	desc, _ := m.Get("desc")
	s.Desc, _ = desc.(string)
	s.Meta, _ = m.Get("meta")
	frozen, _ := m.Get("frozen")
	s.Frozen, _ = frozen.(bool)
	always, _ := m.Get("always_changed")
	s.AlwaysChanged, _ = always.(bool)
	if deps, ok := m.Get("deps"); ok {
		s.Deps = Texts(deps.([]any))
	}
	params, _ := m.Get("params")
	if list, ok := params.([]any); ok {
		var err error
		if s.Params, err = paramDeps(list); err != nil {
			return err
		}
	}
	for _, kind := range []string{"outs", "metrics", "plots"} {
		list, _ := m.Get(kind)
		items, _ := list.([]any)
		s.Outs = append(s.Outs, outsOf(kind, items)...)
	}
	return s.apart()
}

// apart refuses a path that is there twice, or made and read at once.
func (s *Stage) apart() error {
	seen := map[string]bool{}
	for _, d := range s.Deps {
		if seen[d] {
			return errs.New(errs.Invalid, "stage %s: %s is named twice", s.Name, d)
		}
		seen[d] = true
	}
	for _, o := range s.Outs {
		if seen[o.Path] {
			return errs.New(errs.Invalid, "stage %s: %s is named twice", s.Name, o.Path)
		}
		seen[o.Path] = true
	}
	return nil
}

// paramDeps joins what the list says of each file. A file that is named whole is whole.
func paramDeps(list []any) ([]ParamDep, error) {
	var out []ParamDep
	put := func(file string, keys ...string) {
		i := slices.IndexFunc(out, func(p ParamDep) bool { return p.File == file })
		if i < 0 {
			i, out = len(out), append(out, ParamDep{File: file})
		}
		out[i].Keys = append(out[i].Keys, keys...)
	}
	whole := map[string]bool{}
	for _, v := range list {
		m, ok := v.(*doc.Map)
		if !ok {
			put(ParamsFile, doc.Text(v))
			continue
		}
		for _, file := range m.Keys {
			switch keys := m.Value(file).(type) {
			case nil:
				whole[file] = true
				put(file)
			case []any:
				whole[file] = whole[file] || len(keys) == 0
				put(file, Texts(keys)...)
			default:
				return nil, errs.New(errs.Invalid, "params of %s: want a list of keys, found %s", file, doc.Kind(keys))
			}
		}
	}
	for i := range out {
		if whole[out[i].File] {
			out[i].Keys = nil
		}
	}
	return out, nil
}

func outsOf(kind string, items []any) (list []Out) {
	at := map[string]int{}
	add := func(p string, set *doc.Map) {
		i, there := at[p]
		if !there {
			i = len(list)
			at[p], list = i, append(list, Out{Path: p, Kind: kind})
		}
		list[i].set(set)
	}
	for _, it := range items {
		m, ok := it.(*doc.Map)
		if !ok {
			add(doc.Text(it), nil)
			continue
		}
		for _, p := range m.Keys {
			if sets, ok := m.Value(p).([]any); ok {
				for _, s := range sets {
					set, _ := s.(*doc.Map)
					add(p, set)
				}
				continue
			}
			set, _ := m.Value(p).(*doc.Map)
			add(p, set)
		}
	}
	return list
}

func (o *Out) set(m *doc.Map) {
	if m == nil {
		return
	}
	for _, k := range m.Keys {
		v := m.Value(k)
		b, _ := v.(bool)
		s, _ := v.(string)
		switch k {
		case "cache":
			o.NoCache = !b
		case "persist":
			o.Persist = b
		case "push":
			o.NoPush = !b
		case "remote":
			o.Remote = s
		case "desc":
			o.Desc = s
		case "type":
			o.Type = s
		case "labels":
			if l, ok := v.([]any); ok {
				o.Labels = Texts(l)
			}
		case "meta":
			o.Meta = v
		case "checkpoint":
		default:
			if o.Plot == nil {
				o.Plot = &doc.Map{}
			}
			o.Plot.Set(k, v)
		}
	}
}
