package metafile

import (
	"maps"
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/doc"
	"rondo/backend/pipeline"
)

// Lock is a dvc.lock.
type Lock struct {
	Schema   string // 2.0, or 1.0 for the form without the key
	Stages   []LockStage
	Datasets any

	at map[string]int // where each stage of a lock that was read is in Stages
}

// LockStage is what one stage consumed and produced when it last ran.
type LockStage struct {
	Name   string
	Cmd    any // string, or []any of them
	Deps   []Entry
	Params *doc.Map // by file: a map of keys and values
	Outs   []Entry
}

// Stage finds a stage; nil where the lock has none.
func (l *Lock) Stage(name string) *LockStage {
	if l == nil {
		return nil
	}
	if i, ok := l.at[name]; len(l.at) == len(l.Stages) {
		if !ok {
			return nil
		}
		return &l.Stages[i]
	}
	i := slices.IndexFunc(l.Stages, func(s LockStage) bool { return s.Name == name })
	if i < 0 {
		return nil
	}
	return &l.Stages[i]
}

// With is the lock with entries in the place of those of their names, and new ones last.
func (l *Lock) With(stages ...LockStage) *Lock {
	n := &Lock{Schema: l.Schema, Datasets: l.Datasets, Stages: slices.Clone(l.Stages), at: maps.Clone(l.at)}
	for _, s := range stages {
		if old := n.Stage(s.Name); old != nil {
			*old = s
			continue
		}
		if n.at == nil {
			n.at = map[string]int{}
		}
		n.at[s.Name] = len(n.Stages)
		n.Stages = append(n.Stages, s)
	}
	return n
}

// ReadLock reads the text of a dvc.lock of both schemas. Errors say name:line:column.
func ReadLock(name string, b []byte) (*Lock, error) {
	if err := markers(name, b); err != nil {
		return nil, err
	}
	v, err := doc.ParseYAML(name, b)
	if err != nil || v == nil {
		return &Lock{Schema: "2.0"}, err
	}
	top, ok := v.(*doc.Map)
	if !ok {
		return nil, doc.Fail(name, doc.Pos{}, "want stages:, found %s", doc.Kind(v))
	}
	l := &Lock{Schema: "1.0"}
	stages := top
	if schema, ok := top.Get("schema"); ok {
		l.Schema = doc.Text(schema)
		if l.Schema != "2.0" {
			return nil, doc.Fail(name, top.At("schema"), "schema %q is not known; 2.0 is", l.Schema).WithHint("`dvc repro` of a newer DVC may have written it")
		}
		if err := onlyKeys(name, "the lock", top, words("schema datasets stages")); err != nil {
			return nil, err
		}
		l.Datasets, _ = top.Get("datasets")
		inner, _ := top.Get("stages")
		if stages, ok = inner.(*doc.Map); !ok && inner != nil {
			return nil, doc.Fail(name, top.At("stages"), "stages: want a mapping, found %s", doc.Kind(inner))
		}
	}
	l.at = make(map[string]int, stages.Len())
	for i := 0; i < stages.Len(); i++ {
		s, err := ReadLockStage(name, stages.Keys[i], stages)
		if err != nil {
			return nil, err
		}
		l.at[s.Name] = len(l.Stages)
		l.Stages = append(l.Stages, s)
	}
	return l, nil
}

// ReadLockStage reads a stage out of the mapping that holds it, in a lock or in the run cache.
func ReadLockStage(name, stage string, in *doc.Map) (LockStage, error) {
	s := LockStage{Name: stage}
	m, ok := in.Value(stage).(*doc.Map)
	if !ok {
		return s, doc.Fail(name, in.At(stage), "%s: want a stage, found %s", stage, doc.Kind(in.Value(stage)))
	}
	for _, k := range m.Keys {
		var err error
		switch v := m.Value(k); k {
		case "cmd":
			if s.Cmd = v; !isTextOrList(v) {
				return s, doc.Fail(name, m.At(k), "%s.cmd: want a command, found %s", stage, doc.Kind(v))
			}
		case "deps":
			s.Deps, err = readEntries(name, stage+".deps", v, m.At(k))
		case "outs":
			s.Outs, err = readEntries(name, stage+".outs", v, m.At(k))
		case "params":
			if s.Params, ok = v.(*doc.Map); !ok {
				err = doc.Fail(name, m.At(k), "%s.params: want files with their params, found %s", stage, doc.Kind(v))
			}
		default:
			err = doc.Fail(name, m.At(k), "%s: DVC knows no key %q here", stage, k)
		}
		if err != nil {
			return s, err
		}
	}
	if s.Cmd == nil {
		return s, doc.Fail(name, in.At(stage), "%s: cmd is missing", stage)
	}
	return s, nil
}

func readEntries(name, where string, v any, at doc.Pos) ([]Entry, error) {
	items, ok := v.([]any)
	if !ok && v != nil {
		return nil, doc.Fail(name, at, "%s: want a list, found %s", where, doc.Kind(v))
	}
	out := make([]Entry, 0, len(items))
	for _, it := range items {
		m, ok := it.(*doc.Map)
		if !ok {
			return nil, doc.Fail(name, at, "%s: want mappings, found %s", where, doc.Kind(it))
		}
		if err := onlyKeys(name, where, m, lockKeys); err != nil {
			return nil, err
		}
		e, err := readEntry(name, m, "path")
		if err != nil {
			return nil, err
		}
		if e.Path == "" {
			return nil, doc.Fail(name, at, "%s: an entry has no path", where)
		}
		out = append(out, e)
	}
	return out, nil
}

// Text writes the lock, byte for byte as DVC writes one anew.
func (l *Lock) Text() []byte {
	stages := &doc.Map{}
	for _, s := range l.Stages {
		stages.Set(s.Name, s.Value())
	}
	top := doc.NewMap("schema", "2.0")
	if l.Datasets != nil {
		top.Set("datasets", l.Datasets)
	}
	top.Set("stages", stages)
	return doc.Emit(top)
}

// Value is a stage in DVC's order: deps and outs by path, params.yaml first.
func (s LockStage) Value() *doc.Map {
	m := doc.NewMap("cmd", s.Cmd)
	if len(s.Deps) > 0 {
		m.Set("deps", entryMaps(s.Deps))
	}
	if s.Params.Len() > 0 {
		m.Set("params", sortedParams(s.Params))
	}
	if len(s.Outs) > 0 {
		m.Set("outs", entryMaps(s.Outs))
	}
	return m
}

func entryMaps(list []Entry) []any {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b Entry) int { return strings.Compare(a.Path, b.Path) })
	out := make([]any, len(list))
	for i, e := range list {
		out[i] = e.lockMap()
	}
	return out
}

func sortedParams(p *doc.Map) *doc.Map {
	files := slices.Sorted(slices.Values(p.Keys))
	slices.SortStableFunc(files, func(a, b string) int {
		switch {
		case a == ParamsFile && b != a:
			return -1
		case b == ParamsFile && a != b:
			return 1
		}
		return 0
	})
	out := &doc.Map{}
	for _, f := range files {
		vals, _ := p.Value(f).(*doc.Map)
		one := &doc.Map{}
		if vals != nil {
			for _, k := range slices.Sorted(slices.Values(vals.Keys)) {
				one.Set(k, vals.Value(k))
			}
		}
		out.Set(f, one)
	}
	return out
}

// markers refuses a text that a merge has left undecided.
func markers(name string, b []byte) error {
	if !pipeline.HasMarkers(b) {
		return nil
	}
	return errs.New(errs.Conflict, "%s holds the markers of a merge that git could not decide", name).
		WithHint("`rondo merge-lock %s` merges it entry by entry", name)
}
