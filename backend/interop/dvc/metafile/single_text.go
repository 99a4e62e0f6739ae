package metafile

import "rondo/backend/interop/dvc/doc"

// Text writes a .dvc file as DVC writes one anew.
func (s *Single) Text() []byte {
	m := &doc.Map{}
	set := func(k string, v any) {
		if v != nil && v != "" && v != false {
			m.Set(k, v)
		}
	}
	set("desc", s.Desc)
	set("md5", s.MD5)
	set("cmd", s.Cmd)
	if s.Wdir != "." {
		set("wdir", s.Wdir)
	}
	set("frozen", s.Frozen)
	if deps := s.depMaps(); len(deps) > 0 {
		m.Set("deps", deps)
	}
	var outs []any
	for _, o := range s.Outs {
		outs = append(outs, o.value())
	}
	if len(outs) > 0 {
		m.Set("outs", outs)
	}
	set("always_changed", s.AlwaysChanged)
	set("meta", s.Meta)
	return doc.Emit(m)
}

func (s *Single) depMaps() (list []any) {
	for _, d := range s.Deps {
		m := &doc.Map{}
		if d.Repo == nil {
			d.hashFirst(m)
			if d.Hash == MD5 {
				m.Set("hash", MD5)
			}
		}
		m.Set("path", d.Path)
		if r := d.Repo; r != nil {
			repo := doc.NewMap("url", r.URL)
			for _, kv := range []struct {
				key string
				val any
			}{{"rev", r.Rev}, {"rev_lock", r.RevLock}, {"config", r.Config}, {"remote", r.Remote}} {
				if kv.val != nil && kv.val != "" {
					repo.Set(kv.key, kv.val)
				}
			}
			m.Set("repo", repo)
		}
		for k, v := range map[string]any{"fs_config": d.FSConf, "db": d.DB} {
			if v != nil {
				m.Set(k, v)
			}
		}
		d.files(m)
		list = append(list, m)
	}
	return list
}

func (o SingleOut) value() *doc.Map {
	m := &doc.Map{}
	o.hashFirst(m)
	if o.Hash == MD5 {
		m.Set("hash", MD5)
	}
	m.Set("path", o.Entry.Path)
	for _, kv := range []struct {
		key string
		val any
		is  bool
	}{
		{"desc", o.Desc, o.Desc != ""},
		{"type", o.Type, o.Type != ""},
		{"labels", anys(o.Labels), len(o.Labels) > 0},
		{"meta", o.Meta, o.Meta != nil},
		{"cache", false, o.NoCache},
		{"metric", true, o.Kind == "metrics"},
		{"plot", true, o.Kind == "plots"},
		{"persist", true, o.Persist},
		{"remote", o.Remote, o.Remote != ""},
		{"push", false, o.NoPush},
	} {
		if kv.is {
			m.Set(kv.key, kv.val)
		}
	}
	o.files(m)
	return m
}

func anys(list []string) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}
