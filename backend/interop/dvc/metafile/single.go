package metafile

import (
	"strings"

	"rondo/backend/interop/dvc/doc"
)

// Single is a .dvc file: data that was added or imported, or, from before DVC 1.0, a
// stage.
type Single struct {
	MD5           string // of the stage; of an import, or of a stage
	Cmd           string
	Wdir          string // from the file's folder
	Frozen        bool
	AlwaysChanged bool
	Desc          string
	Meta          any
	Deps          []SingleDep
	Outs          []SingleOut

	Raw  *doc.Map
	Anew bool // it takes the place of the file that is there, and nothing of that stays
}

// SingleDep is where imported data comes from.
type SingleDep struct {
	Entry
	Repo   *Repo
	Params any // of a stage from before DVC 1.0
	DB     any // a query that it came from
	FSConf any
}

// Repo is another repository that data was imported from.
type Repo struct {
	URL, Rev, RevLock string
	Config, Remote    any
}

// SingleOut is data that a .dvc file tracks.
type SingleOut struct {
	Entry
	Out
}

// Import reports whether the data came from elsewhere.
func (s *Single) Import() bool { return s.Cmd == "" && len(s.Deps) == 1 && len(s.Outs) == 1 }

// ReadSingle reads the text of a .dvc file in all its forms. Errors say name:line:column.
func ReadSingle(name string, b []byte) (*Single, error) {
	if err := markers(name, b); err != nil {
		return nil, err
	}
	v, err := doc.ParseSums(name, b)
	if err != nil {
		return nil, err
	}
	m, ok := v.(*doc.Map)
	if !ok {
		return nil, doc.Fail(name, doc.Pos{}, "want outs:, found %s", doc.Kind(v))
	}
	s := &Single{Raw: m}
	for _, k := range m.Keys {
		if err := s.key(name, k, m.Value(k), m); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *Single) key(name, k string, v any, m *doc.Map) (err error) {
	b, isBool := v.(bool)
	t, isText := v.(string)
	ok := true
	switch k {
	case "md5":
		s.MD5 = strings.ToLower(checksum(v))
	case "cmd":
		s.Cmd, ok = t, isText || v == nil
	case "wdir":
		s.Wdir, ok = t, isText || v == nil
	case "desc":
		s.Desc, ok = t, isText
	case "frozen", "locked":
		s.Frozen, ok = s.Frozen || b, isBool
	case "always_changed":
		s.AlwaysChanged, ok = b, isBool
	case "meta":
		s.Meta = v
	case "deps":
		err = s.deps(name, v, m.At(k))
	case "outs":
		err = s.outs(name, v, m.At(k))
	default:
		return doc.Fail(name, m.At(k), "DVC knows no key %q here", k)
	}
	if !ok {
		return doc.Fail(name, m.At(k), "%s: %s cannot be", k, doc.Kind(v))
	}
	return err
}

func (s *Single) deps(name string, v any, at doc.Pos) error {
	items, err := mappings(name, "deps", v, at)
	if err != nil {
		return err
	}
	for _, m := range items {
		if err := onlyKeys(name, "deps", m, depKeys); err != nil {
			return err
		}
		e, err := readEntry(name, m, "path")
		if err != nil {
			return err
		}
		d := SingleDep{Entry: e}
		d.Params, _ = m.Get("params")
		d.DB, _ = m.Get("db")
		d.FSConf, _ = m.Get("fs_config")
		if r, ok := m.Get("repo"); ok {
			if d.Repo, err = readRepo(name, r, m.At("repo")); err != nil {
				return err
			}
		}
		if d.Path == "" && d.DB == nil && d.Params == nil {
			return doc.Fail(name, at, "deps: an entry has no path")
		}
		s.Deps = append(s.Deps, d)
	}
	return nil
}

func readRepo(name string, v any, at doc.Pos) (*Repo, error) {
	m, ok := v.(*doc.Map)
	url, _ := m.Get("url")
	u, isText := url.(string)
	if !ok || !isText {
		return nil, doc.Fail(name, at, "repo: want a url")
	}
	rev, _ := m.Get("rev")
	lock, _ := m.Get("rev_lock")
	r := &Repo{URL: u, Rev: checksum(rev), RevLock: checksum(lock)}
	r.Config, _ = m.Get("config")
	r.Remote, _ = m.Get("remote")
	return r, nil
}

func (s *Single) outs(name string, v any, at doc.Pos) error {
	items, err := mappings(name, "outs", v, at)
	if err != nil {
		return err
	}
	for _, m := range items {
		if err := onlyKeys(name, "outs", m, outKeys); err != nil {
			return err
		}
		e, err := readEntry(name, m, "path")
		if err != nil {
			return err
		}
		if e.Path == "" {
			return doc.Fail(name, at, "outs: an entry has no path")
		}
		o := SingleOut{Entry: e, Out: Out{Path: e.Path, Kind: "outs"}}
		for _, k := range []string{"cache", "persist", "push", "remote", "desc", "type", "labels", "meta"} {
			if v, ok := m.Get(k); ok {
				if !outRules[k].fits(v) {
					return doc.Fail(name, m.At(k), "outs: %s: want %s, found %s", k, outRules[k].want, doc.Kind(v))
				}
				o.set(doc.NewMap(k, v))
			}
		}
		if v, ok := m.Get("metric"); ok && v != false && v != nil {
			o.Kind = "metrics"
		}
		if v, ok := m.Get("plot"); ok && v != false && v != nil {
			o.Kind = "plots"
			o.Plot, _ = v.(*doc.Map)
		}
		s.Outs = append(s.Outs, o)
	}
	return nil
}

func mappings(name, where string, v any, at doc.Pos) ([]*doc.Map, error) {
	items, ok := v.([]any)
	if !ok && v != nil {
		return nil, doc.Fail(name, at, "%s: want a list, found %s", where, doc.Kind(v))
	}
	out := make([]*doc.Map, 0, len(items))
	for _, it := range items {
		m, ok := it.(*doc.Map)
		if !ok {
			return nil, doc.Fail(name, at, "%s: want mappings, found %s", where, doc.Kind(it))
		}
		out = append(out, m)
	}
	return out, nil
}
