package dvc

import (
	"slices"
	"strings"
)

// Lock is a dvc.lock.
type Lock struct {
	Schema   string // 2.0, or 1.0 for the form without the key
	Stages   []LockStage
	Datasets any
}

// LockStage is what one stage consumed and produced when it last ran.
type LockStage struct {
	Name   string
	Cmd    any // string, or []any of them
	Deps   []Entry
	Params *Map // by file: a map of keys and values
	Outs   []Entry
}

// Stage finds a stage; nil where the lock has none.
func (l *Lock) Stage(name string) *LockStage {
	if l == nil {
		return nil
	}
	i := slices.IndexFunc(l.Stages, func(s LockStage) bool { return s.Name == name })
	if i < 0 {
		return nil
	}
	return &l.Stages[i]
}

// ReadLock reads the text of a dvc.lock of both schemas. Errors say name:line:column.
func ReadLock(name string, b []byte) (*Lock, error) {
	if err := markers(name, b); err != nil {
		return nil, err
	}
	v, err := parseYAML(name, b)
	if err != nil || v == nil {
		return &Lock{Schema: "2.0"}, err
	}
	top, ok := v.(*Map)
	if !ok {
		return nil, fail(name, Pos{}, "want stages:, found %s", typeName(v))
	}
	l := &Lock{Schema: "1.0"}
	stages := top
	if schema, ok := top.Get("schema"); ok {
		l.Schema = text(schema)
		if l.Schema != "2.0" {
			return nil, fail(name, top.At("schema"), "schema %q is not known; 2.0 is", l.Schema).WithHint("`dvc repro` of a newer DVC may have written it")
		}
		if err := onlyKeys(name, "the lock", top, words("schema datasets stages")); err != nil {
			return nil, err
		}
		l.Datasets, _ = top.Get("datasets")
		inner, _ := top.Get("stages")
		if stages, ok = inner.(*Map); !ok && inner != nil {
			return nil, fail(name, top.At("stages"), "stages: want a mapping, found %s", typeName(inner))
		}
	}
	for i := 0; i < stages.Len(); i++ {
		s, err := readLockStage(name, stages.Keys[i], stages)
		if err != nil {
			return nil, err
		}
		l.Stages = append(l.Stages, s)
	}
	return l, nil
}

func readLockStage(name, stage string, in *Map) (LockStage, error) {
	s := LockStage{Name: stage}
	m, ok := in.vals[stage].(*Map)
	if !ok {
		return s, fail(name, in.At(stage), "%s: want a stage, found %s", stage, typeName(in.vals[stage]))
	}
	for _, k := range m.Keys {
		var err error
		switch v := m.vals[k]; k {
		case "cmd":
			if s.Cmd = v; !isTextOrList(v) {
				return s, fail(name, m.At(k), "%s.cmd: want a command, found %s", stage, typeName(v))
			}
		case "deps":
			s.Deps, err = readEntries(name, stage+".deps", v, m.At(k))
		case "outs":
			s.Outs, err = readEntries(name, stage+".outs", v, m.At(k))
		case "params":
			if s.Params, ok = v.(*Map); !ok {
				err = fail(name, m.At(k), "%s.params: want files with their params, found %s", stage, typeName(v))
			}
		default:
			err = fail(name, m.At(k), "%s: DVC knows no key %q here", stage, k)
		}
		if err != nil {
			return s, err
		}
	}
	if s.Cmd == nil {
		return s, fail(name, in.At(stage), "%s: cmd is missing", stage)
	}
	return s, nil
}

func readEntries(name, where string, v any, at Pos) ([]Entry, error) {
	items, ok := v.([]any)
	if !ok && v != nil {
		return nil, fail(name, at, "%s: want a list, found %s", where, typeName(v))
	}
	out := make([]Entry, 0, len(items))
	for _, it := range items {
		m, ok := it.(*Map)
		if !ok {
			return nil, fail(name, at, "%s: want mappings, found %s", where, typeName(it))
		}
		if err := onlyKeys(name, where, m, lockKeys); err != nil {
			return nil, err
		}
		e, err := readEntry(name, m, "path")
		if err != nil {
			return nil, err
		}
		if e.Path == "" {
			return nil, fail(name, at, "%s: an entry has no path", where)
		}
		out = append(out, e)
	}
	return out, nil
}

// Text writes the lock, byte for byte as DVC writes one anew.
func (l *Lock) Text() []byte {
	stages := &Map{}
	for _, s := range l.Stages {
		stages.Set(s.Name, s.value())
	}
	top := NewMap("schema", "2.0")
	if l.Datasets != nil {
		top.Set("datasets", l.Datasets)
	}
	top.Set("stages", stages)
	return emit(top)
}

// value is a stage in DVC's order: deps and outs by path, params.yaml first.
func (s LockStage) value() *Map {
	m := NewMap("cmd", s.Cmd)
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

func sortedParams(p *Map) *Map {
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
	out := &Map{}
	for _, f := range files {
		vals, _ := p.vals[f].(*Map)
		one := &Map{}
		if vals != nil {
			for _, k := range slices.Sorted(slices.Values(vals.Keys)) {
				one.Set(k, vals.vals[k])
			}
		}
		out.Set(f, one)
	}
	return out
}
