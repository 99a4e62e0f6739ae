package dvc

import (
	"path"
	"strconv"
	"strings"

	"rondo/backend/errs"
)

const maxExpanded = 20_000 // stages of one dvc.yaml

// stage takes one entry under stages: a stage, or a foreach or matrix of them.
func (p *pipelineReader) stage(name string, v any, at Pos) error {
	m := v.(*Map) // checkTop has seen it
	if list, ok := m.Get("foreach"); ok {
		do, _ := m.Get("do")
		return p.foreach(name, list, do.(*Map), at)
	}
	if grid, ok := m.Get("matrix"); ok {
		one := clone(m).(*Map)
		one.Drop("matrix")
		return p.matrix(name, grid.(*Map), one, at)
	}
	return p.one(Stage{Name: name, At: at}, m, p.scope)
}

func (p *pipelineReader) foreach(name string, v any, do *Map, at Pos) error {
	filled, err := p.scope.fill(v, "")
	if err != nil {
		return p.at(at, err)
	}
	items, err := itemsOf(filled)
	if err != nil {
		return p.at(at, err)
	}
	for _, key := range items.Keys {
		names := NewMap("item", items.vals[key])
		if _, dict := filled.(*Map); dict {
			names.Set("key", key)
		}
		if err := p.one(Stage{Name: name + "@" + key, Group: name, At: at}, do, p.scope.with(names)); err != nil {
			return err
		}
	}
	return nil
}

// itemsOf names the items: by key, by value, or by number where some are no plain values.
func itemsOf(v any) (*Map, error) {
	switch x := v.(type) {
	case *Map:
		return x, nil
	case []any:
		out, plain := &Map{}, true
		for _, it := range x {
			plain = plain && !isMap(it) && !isList(it)
		}
		for i, it := range x {
			if plain {
				out.Set(text(it), it)
			} else {
				out.Set(strconv.Itoa(i), it)
			}
		}
		return out, nil
	}
	return nil, errs.New(errs.Invalid, "foreach wants a list or a mapping, found %s", typeName(v))
}

func (p *pipelineReader) matrix(name string, grid, do *Map, at Pos) error {
	v, err := p.scope.fill(grid, "")
	if err != nil {
		return p.at(at, err)
	}
	combos, err := combine(v.(*Map))
	if err != nil {
		return p.at(at, err)
	}
	for _, key := range combos.Keys {
		names := NewMap("key", key, "item", combos.vals[key])
		if err := p.one(Stage{Name: name + "@" + key, Group: name, At: at}, do, p.scope.with(names)); err != nil {
			return err
		}
	}
	return nil
}

// combine makes every combination, the last axis turning fastest.
func combine(grid *Map) (*Map, error) {
	keys, combos := []string{""}, []*Map{{}}
	for _, axis := range grid.Keys {
		values, ok := grid.vals[axis].([]any)
		if !ok {
			return nil, errs.New(errs.Invalid, "matrix.%s: want a list, found %s", axis, typeName(grid.vals[axis]))
		}
		if len(values)*len(keys) > maxExpanded {
			return nil, errs.New(errs.TooLarge, "the matrix makes more than %d stages", maxExpanded)
		}
		var nextKeys []string
		var next []*Map
		for i, c := range combos {
			for n, v := range values {
				said := text(v)
				if isMap(v) || isList(v) {
					said = axis + strconv.Itoa(n)
				}
				more := clone(c).(*Map)
				more.Set(axis, v)
				nextKeys, next = append(nextKeys, strings.TrimPrefix(keys[i]+"-"+said, "-")), append(next, more)
			}
		}
		keys, combos = nextKeys, next
	}
	out := &Map{}
	for i, k := range keys {
		out.Set(k, combos[i])
	}
	return out, nil
}

// one fills a stage's template in.
func (p *pipelineReader) one(s Stage, m *Map, sc *scope) error {
	if len(p.out.Stages) >= maxExpanded {
		return errs.New(errs.TooLarge, "%s makes more than %d stages", p.name, maxExpanded)
	}
	dir := p.dir
	if w, ok := m.Get("wdir"); ok {
		filled, err := sc.fill(w, "wdir")
		if err != nil {
			return p.at(s.At, err)
		}
		dir = path.Join(p.dir, text(filled))
	}
	if vars, ok := m.Get("vars"); ok {
		if templated(vars) {
			return fail(p.name, m.At("vars"), "vars cannot hold ${…}")
		}
		sc = sc.clone()
		if err := sc.load(vars.([]any), dir); err != nil {
			return p.at(m.At("vars"), err)
		}
	}
	s.Wdir, s.Templated = dir, templated(m)
	s.Written, _ = m.Get("cmd")
	filled := &Map{}
	for _, k := range m.Keys {
		if k == "vars" {
			continue
		}
		v, err := sc.fill(m.vals[k], k)
		if err != nil {
			return fail(p.name, m.At(k), "stage %s: %s: %s", s.Name, k, err).WithHint("%s", errs.HintOf(err))
		}
		filled.Set(k, v)
	}
	if err := s.take(filled); err != nil {
		return p.at(s.At, err)
	}
	p.out.Stages = append(p.out.Stages, s)
	return nil
}
