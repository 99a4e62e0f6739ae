package doc

import (
	"path"
	"strings"

	"rondo/backend/errs"
)

// Revise makes the text of a params file say what want says. What a person has written beside the
// values stays as far as it can: comments, order, quotes and anchors. The name says the format, as
// for Read. Where a format has no way to say it, the text cannot be changed and that is an error.
func Revise(name string, text []byte, want *Map) ([]byte, error) {
	was, err := ReadParams(name, text)
	if err != nil {
		return nil, err
	}
	if Same(was, want) {
		return text, nil
	}
	var ways []func() ([]byte, bool)
	switch strings.ToLower(path.Ext(name)) {
	case ".json":
		ways = []func() ([]byte, bool){func() ([]byte, bool) { return reviseInPlace(text, want, inJSON) }, func() ([]byte, bool) { return jsonText(text, want), true }}
	case ".toml":
		ways = []func() ([]byte, bool){func() ([]byte, bool) { return reviseLines(name, text, was, want, tomlValue) }}
	case ".py":
		ways = []func() ([]byte, bool){func() ([]byte, bool) { return reviseLines(name, text, was, want, Repr) }}
	default:
		ways = []func() ([]byte, bool){
			func() ([]byte, bool) { return reviseInPlace(text, want, sameQuotes) },
			func() ([]byte, bool) { return editText(name, string(text), was, want) },
			func() ([]byte, bool) { return reviseNodes(text, want) },
			func() ([]byte, bool) { return Emit(want), true },
		}
	}
	for _, way := range ways {
		out, ok := way()
		if !ok {
			continue
		}
		if again, err := ReadParams(name, out); err == nil && Same(again, want) {
			return out, nil
		}
	}
	return nil, errs.New(errs.Invalid, "%s cannot be changed so by a program without losing what else it says", name).WithHint("change it with an editor")
}

// Same compares values and their kinds: other than for Equal, 1 is not 1.0.
func Same(a, b any) bool {
	switch x := a.(type) {
	case *Map:
		y, ok := b.(*Map)
		if !ok || x.Len() != y.Len() {
			return false
		}
		for _, k := range x.Keys {
			if v, ok := y.Get(k); !ok || !Same(x.vals[k], v) {
				return false
			}
		}
		return true
	case []any:
		y, ok := b.([]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for i := range x {
			if !Same(x[i], y[i]) {
				return false
			}
		}
		return true
	case float64:
		y, ok := b.(float64)
		return ok && (x == y || x != x && y != y)
	}
	switch b.(type) {
	case *Map, []any:
		return false
	}
	return a == b
}
