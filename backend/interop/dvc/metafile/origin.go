package metafile

import (
	"maps"
	"strconv"
	"strings"

	"rondo/backend/interop/dvc/doc"
)

// origin is where a value came from that ${…} can name. Origins of a document are a tree like it
// of map[string]any, []any and origin; nothing in one is ever changed.
type origin struct {
	file, key string
	value     any
}

func originsOf(file, key string, v any) any {
	switch x := v.(type) {
	case *doc.Map:
		out := map[string]any{}
		for _, k := range x.Keys {
			out[k] = originsOf(file, strings.TrimPrefix(key+"."+k, "."), x.Value(k))
		}
		return out
	case []any:
		out := make([]any, 0, len(x))
		for i, it := range x {
			out = append(out, originsOf(file, strings.TrimPrefix(key+"."+strconv.Itoa(i), "."), it))
		}
		return out
	}
	return origin{file, key, v}
}

// joined are both; mappings join.
func joined(a, b map[string]any) map[string]any {
	out := maps.Clone(a)
	for k, v := range b {
		x, was := out[k].(map[string]any)
		y, is := v.(map[string]any)
		if was && is {
			v = joined(x, y)
		}
		out[k] = v
	}
	return out
}

// originOf looks the origins of an expression up; nil where a dvc.yaml itself says the value.
func (s *scope) originOf(expr string) any {
	var v any = s.origins
	for _, part := range parts(expr) {
		v = originChild(v, part)
	}
	return v
}

func originChild(v any, part string) any {
	switch x := v.(type) {
	case map[string]any:
		return x[part]
	case []any:
		if i, ok := place(part, len(x)); ok {
			return x[i]
		}
	}
	return nil
}

// originsIn are the origins of a value that is filled in.
func (s *scope) originsIn(v any) any {
	switch x := v.(type) {
	case string:
		if m := Matches(x); len(m) == 1 && m[0][0] == 0 && m[0][1] == len(x) {
			return s.originOf(x[m[0][2]:m[0][3]])
		}
	case []any:
		out := make([]any, 0, len(x))
		for _, it := range x {
			out = append(out, s.originsIn(it))
		}
		return out
	case *doc.Map:
		out := map[string]any{}
		for _, k := range x.Keys {
			out[k] = s.originsIn(x.Value(k))
		}
		return out
	}
	return nil
}

// tracking is the scope that notes which values of files a stage takes.
func (s *scope) tracking() *scope {
	out := *s
	out.used = map[string]*doc.Map{}
	return &out
}

func (s *scope) use(expr string) {
	from, ok := s.originOf(expr).(origin)
	if !ok || s.used == nil {
		return
	}
	if s.used[from.file] == nil {
		s.used[from.file] = &doc.Map{}
	}
	s.used[from.file].Set(from.key, from.value)
}
