package metafile

import (
	"path"
	"strconv"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/doc"
)

const maxExpanded = 20_000 // stages of one dvc.yaml

// stage takes one entry under stages: a stage, or a foreach or matrix of them.
func (p *pipelineReader) stage(name string, v any, at doc.Pos) error {
	m := v.(*doc.Map) // checkTop has seen it
	if list, ok := m.Get("foreach"); ok {
		do, _ := m.Get("do")
		return p.foreach(name, list, do.(*doc.Map), at)
	}
	if grid, ok := m.Get("matrix"); ok {
		one := doc.Clone(m).(*doc.Map)
		one.Drop("matrix")
		return p.matrix(name, grid.(*doc.Map), one, at)
	}
	return p.one(Stage{Name: name, At: at}, m, p.scope)
}

func (p *pipelineReader) foreach(name string, v any, do *doc.Map, at doc.Pos) error {
	filled, err := p.scope.fill(v, "")
	if err != nil {
		return p.at(at, err)
	}
	items, origins, err := itemsOf(filled, p.scope.originsIn(v))
	if err != nil {
		return p.at(at, err)
	}
	for _, key := range items.Keys {
		names := doc.NewMap("item", items.Value(key))
		if _, dict := filled.(*doc.Map); dict {
			names.Set("key", key)
		}
		if err := p.one(Stage{Name: name + "@" + key, Group: name, At: at}, do, p.scope.with(names, origins[key])); err != nil {
			return err
		}
	}
	return nil
}

// itemsOf names the items: by key, by value, or by number where some are no plain values.
func itemsOf(v, from any) (items *doc.Map, origins map[string]any, err error) {
	origins = map[string]any{}
	switch x := v.(type) {
	case *doc.Map:
		for _, k := range x.Keys {
			origins[k] = originChild(from, k)
		}
		return x, origins, nil
	case []any:
		out, plain := &doc.Map{}, true
		for _, it := range x {
			plain = plain && !isMap(it) && !isList(it)
		}
		for i, it := range x {
			key := strconv.Itoa(i)
			origin := originChild(from, key)
			if plain {
				key = doc.Text(it)
			}
			out.Set(key, it)
			origins[key] = origin
		}
		return out, origins, nil
	}
	return nil, nil, errs.New(errs.Invalid, "foreach wants a list or a mapping, found %s", doc.Kind(v))
}

func (p *pipelineReader) matrix(name string, grid, do *doc.Map, at doc.Pos) error {
	v, err := p.scope.fill(grid, "")
	if err != nil {
		return p.at(at, err)
	}
	combos, origins, err := combine(v.(*doc.Map), p.scope.originsIn(grid))
	if err != nil {
		return p.at(at, err)
	}
	for _, key := range combos.Keys {
		names := doc.NewMap("key", key, "item", combos.Value(key))
		if err := p.one(Stage{Name: name + "@" + key, Group: name, At: at}, do, p.scope.with(names, origins[key])); err != nil {
			return err
		}
	}
	return nil
}

// combine makes every combination, the last axis turning fastest.
func combine(grid *doc.Map, from any) (all *doc.Map, origins map[string]any, err error) {
	keys, combos, origin := []string{""}, []*doc.Map{{}}, []map[string]any{{}}
	for _, axis := range grid.Keys {
		values, ok := grid.Value(axis).([]any)
		if !ok {
			return nil, nil, errs.New(errs.Invalid, "matrix.%s: want a list, found %s", axis, doc.Kind(grid.Value(axis)))
		}
		if len(values)*len(keys) > maxExpanded {
			return nil, nil, errs.New(errs.TooLarge, "the matrix makes more than %d stages", maxExpanded)
		}
		var nextKeys []string
		var next []*doc.Map
		var nextOrigin []map[string]any
		for i, c := range combos {
			for n, v := range values {
				said := doc.Text(v)
				if isMap(v) || isList(v) {
					said = axis + strconv.Itoa(n)
				}
				more := doc.Clone(c).(*doc.Map)
				more.Set(axis, v)
				nextKeys, next = append(nextKeys, strings.TrimPrefix(keys[i]+"-"+said, "-")), append(next, more)
				nextOrigin = append(nextOrigin, joined(origin[i], map[string]any{axis: originChild(originChild(from, axis), strconv.Itoa(n))}))
			}
		}
		keys, combos, origin = nextKeys, next, nextOrigin
	}
	all, origins = &doc.Map{}, map[string]any{}
	for i, k := range keys {
		all.Set(k, combos[i])
		origins[k] = origin[i]
	}
	return all, origins, nil
}

// one fills a stage's template in.
func (p *pipelineReader) one(s Stage, m *doc.Map, sc *scope) error {
	if len(p.out.Stages) >= maxExpanded {
		return errs.New(errs.TooLarge, "%s makes more than %d stages", p.name, maxExpanded)
	}
	dir := p.dir
	if w, ok := m.Get("wdir"); ok {
		filled, err := sc.fill(w, "wdir")
		if err != nil {
			return p.at(s.At, err)
		}
		dir = path.Join(p.dir, doc.Text(filled))
	}
	if vars, ok := m.Get("vars"); ok {
		if templated(vars) {
			return doc.Fail(p.name, m.At("vars"), "vars cannot hold ${…}")
		}
		sc = sc.clone()
		if err := sc.load(vars.([]any), dir); err != nil {
			return p.at(m.At("vars"), err)
		}
	}
	sc = sc.tracking()
	s.Wdir, s.Templated, s.Vars = dir, templated(m), sc.used
	s.Written, _ = m.Get("cmd")
	filled := &doc.Map{}
	for _, k := range m.Keys {
		if k == "vars" {
			continue
		}
		v, err := sc.fill(m.Value(k), k)
		if err != nil {
			return doc.Fail(p.name, m.At(k), "stage %s: %s: %s", s.Name, k, err).WithHint("%s", errs.HintOf(err))
		}
		filled.Set(k, v)
	}
	if err := s.take(filled); err != nil {
		return p.at(s.At, err)
	}
	p.out.Stages = append(p.out.Stages, s)
	return nil
}
