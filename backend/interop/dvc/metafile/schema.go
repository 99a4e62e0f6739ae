package metafile

import (
	"slices"
	"strings"

	"rondo/backend/interop/dvc/doc"
)

// shape says what a value has to be.
type shape func(v any) bool

func isText(v any) bool { _, ok := v.(string); return ok }
func isBool(v any) bool { _, ok := v.(bool); return ok }
func isMap(v any) bool  { _, ok := v.(*doc.Map); return ok }
func isList(v any) bool { _, ok := v.([]any); return ok }
func isAny(any) bool    { return true }

func isTextOrList(v any) bool { return isText(v) || isList(v) }

func listOf(ok shape) shape {
	return func(v any) bool {
		l, is := v.([]any)
		return is && !slices.ContainsFunc(l, func(it any) bool { return !ok(it) })
	}
}

func isTextOrMap(v any) bool { return isText(v) || isMap(v) }

type rule struct {
	fits shape
	want string
}

var topRules = map[string]rule{
	"stages": {isMap, "a mapping of stages"}, "vars": {listOf(isTextOrMap), "a list of files and mappings"},
	"params": {listOf(isText), "a list of files"}, "metrics": {listOf(isText), "a list of files"},
	"plots": {listOf(isTextOrMap), "a list"}, "artifacts": {isMap, "a mapping"}, "datasets": {isAny, ""},
}

var stageRules = map[string]rule{
	"cmd": {isTextOrList, "a command or a list of commands"}, "wdir": {isText, "a path"}, "desc": {isText, "text"},
	"deps": {listOf(isText), "a list of paths"}, "params": {listOf(isTextOrMap), "a list of keys, or of FILE: [KEYS]"},
	"vars": {listOf(isTextOrMap), "a list of files and mappings"}, "frozen": {isBool, "true or false"},
	"always_changed": {isBool, "true or false"}, "meta": {isAny, ""}, "matrix": {isMap, "a mapping of lists"},
	"outs": {listOf(isTextOrMap), "a list of paths"}, "metrics": {listOf(isTextOrMap), "a list of paths"}, "plots": {listOf(isTextOrMap), "a list of paths"},
}

var foreachRules = map[string]rule{
	"foreach": {func(v any) bool { return isTextOrList(v) || isMap(v) }, "a list or a mapping"}, "do": {isMap, "a stage"},
}

var outRules = map[string]rule{
	"cache": {isBool, "true or false"}, "persist": {isBool, "true or false"}, "push": {isBool, "true or false"},
	"checkpoint": {isBool, "true or false"}, "remote": {isText, "a remote's name"}, "desc": {isText, "text"}, "type": {isText, "text"},
	"labels": {listOf(isText), "a list of text"}, "meta": {isAny, ""},
}

var plotRules = map[string]rule{
	"template": {isText, "text"}, "x": {isText, "text"}, "y": {isText, "text"}, "x_label": {isText, "text"}, "y_label": {isText, "text"},
	"title": {isText, "text"}, "header": {isBool, "true or false"},
}

// check refuses keys that are not known and values of another shape, with their place.
func check(name, where string, m *doc.Map, known ...map[string]rule) error {
	for _, k := range m.Keys {
		r, ok := rule{}, false
		for _, set := range known {
			if one, here := set[k]; here {
				r, ok = one, true
			}
		}
		key := strings.TrimPrefix(where+"."+k, ".")
		switch {
		case !ok:
			return doc.Fail(name, m.At(k), "%s: DVC knows no key %q here", key, k)
		case !r.fits(m.Value(k)):
			return doc.Fail(name, m.At(k), "%s: want %s, found %s", key, r.want, doc.Kind(m.Value(k)))
		}
	}
	return nil
}

func checkTop(name string, top *doc.Map) error {
	for _, k := range top.Keys { // `stages:` with nothing under it is as if it were not there
		if _, known := topRules[k]; known && top.Value(k) == nil {
			top.Drop(k)
			return checkTop(name, top)
		}
	}
	if err := check(name, "", top, topRules); err != nil {
		return err
	}
	stages, _ := top.Get("stages")
	m, _ := stages.(*doc.Map)
	for i := 0; i < m.Len(); i++ {
		if err := checkEntry(name, "stages."+m.Keys[i], m.At(m.Keys[i]), m.Value(m.Keys[i])); err != nil {
			return err
		}
	}
	return nil
}

func checkEntry(name, where string, at doc.Pos, v any) error {
	m, ok := v.(*doc.Map)
	if !ok {
		return doc.Fail(name, at, "%s: want a stage, found %s", where, doc.Kind(v))
	}
	if _, each := m.Get("foreach"); !each {
		if _, do := m.Get("do"); !do {
			if _, grid := m.Get("matrix"); !grid && strings.Contains(where, "@") {
				return doc.Fail(name, at, "%s: a name with @ is one of foreach or matrix, and DVC finds no other", where).WithHint("choose a name of letters, digits, - and _")
			}
			return checkStage(name, where, at, m)
		}
	}
	if err := check(name, where, m, foreachRules); err != nil {
		return err
	}
	do, ok := m.Get("do")
	if _, each := m.Get("foreach"); !ok || !each {
		return doc.Fail(name, at, "%s: foreach and do belong together", where)
	}
	return checkStage(name, where+".do", m.At("do"), do.(*doc.Map))
}

func checkStage(name, where string, at doc.Pos, m *doc.Map) error {
	if err := check(name, where, m, stageRules); err != nil {
		return err
	}
	if _, ok := m.Get("cmd"); !ok {
		return doc.Fail(name, at, "%s: cmd is missing", where)
	}
	for _, key := range []string{"outs", "metrics", "plots"} {
		list, _ := m.Get(key)
		items, _ := list.([]any)
		for _, it := range items {
			if err := checkOut(name, where+"."+key, it, m.At(key)); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkOut(name, where string, v any, at doc.Pos) error {
	m, ok := v.(*doc.Map)
	if !ok {
		return nil
	}
	for _, p := range m.Keys {
		settings := []any{m.Value(p)}
		if list, ok := m.Value(p).([]any); ok && strings.HasSuffix(where, ".plots") {
			settings = list
		}
		for _, s := range settings {
			set, ok := s.(*doc.Map)
			if !ok {
				return doc.Fail(name, at, "%s: want the settings of %s, found %s", where, p, doc.Kind(s))
			}
			known := []map[string]rule{outRules}
			if strings.HasSuffix(where, ".plots") {
				known = append(known, plotRules)
			}
			if err := check(name, where+"."+p, set, known...); err != nil {
				return err
			}
		}
	}
	return nil
}
