package doc

import (
	"math"
	"strings"
)

// leaf is a value that is to be another one.
type leaf struct {
	way   []string
	value any
}

// leavesOf lists where two documents differ, by values that both have; false where keys do.
func leavesOf(was, want any, way []string, into *[]leaf) bool {
	a, isMap := was.(*Map)
	b, both := want.(*Map)
	switch {
	case isMap != both:
		return false
	case !isMap:
		if !Same(was, want) {
			*into = append(*into, leaf{append([]string{}, way...), want})
		}
		return true
	case a.Len() != b.Len():
		return false
	}
	for _, k := range a.Keys {
		v, there := b.Get(k)
		if !there || !leavesOf(a.vals[k], v, append(way, k), into) {
			return false
		}
	}
	return true
}

// reviseLines changes values of a text with KEY = VALUE on a line, such as TOML or Python. Which
// of the lines with that key it is, is known by what the text says afterwards.
func reviseLines(name string, text []byte, was, want *Map, write func(v any) string) ([]byte, bool) {
	var list []leaf
	if !leavesOf(was, want, nil, &list) {
		return nil, false
	}
	now := Clone(was).(*Map)
	for _, l := range list {
		up, _ := Walk(now, l.way[:len(l.way)-1])
		up.(*Map).Set(l.way[len(l.way)-1], l.value)
		var ok bool
		if text, ok = reviseLine(name, text, now, l, write); !ok {
			return nil, false
		}
	}
	return text, true
}

func reviseLine(name string, text []byte, want *Map, l leaf, write func(v any) string) ([]byte, bool) {
	lines := strings.SplitAfter(string(text), "\n")
	for i, line := range lines {
		key, rest, is := strings.Cut(line, "=")
		if !is || !strings.HasSuffix(strings.Trim(key, " \t\"'"), l.way[len(l.way)-1]) {
			continue
		}
		lines[i] = key + "= " + write(l.value) + tail(rest)
		out := []byte(strings.Join(lines, ""))
		if again, err := ReadParams(name, out); err == nil && Same(again, want) {
			return out, true
		}
		lines[i] = line
	}
	return nil, false
}

// tail is what follows a value on its line: a comment with the blanks before it, or the end.
func tail(rest string) string {
	body := strings.TrimRight(rest, "\r\n")
	quote := byte(0)
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case quote != 0 && c == '\\' && quote == '"':
			i++
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case quote == 0 && c == '#':
			return rest[len(strings.TrimRight(body[:i], " \t")):]
		}
	}
	return rest[len(body):]
}

// tomlValue writes a value as TOML; what that has no word for comes out as something else.
func tomlValue(v any) string {
	switch x := v.(type) {
	case string:
		return Quote(x)
	case []any:
		list := make([]string, len(x))
		for i, it := range x {
			list[i] = tomlValue(it)
		}
		return "[" + strings.Join(list, ", ") + "]"
	case *Map:
		list := make([]string, 0, x.Len())
		for _, k := range x.Keys {
			list = append(list, Quote(k)+" = "+tomlValue(x.vals[k]))
		}
		return "{" + strings.Join(list, ", ") + "}"
	case float64:
		if math.IsInf(x, 0) || math.IsNaN(x) {
			return strings.ToLower(Float(x))
		}
	}
	return Text(v)
}

// jsonText writes a document anew, indented as its text is.
func jsonText(text []byte, v any) []byte {
	indent := ""
	if _, second, more := strings.Cut(strings.TrimSpace(string(text)), "\n"); more {
		indent = second[:len(second)-len(strings.TrimLeft(second, " \t"))]
	}
	var b strings.Builder
	writeIndented(&b, v, indent, "\n")
	if strings.HasSuffix(string(text), "\n") {
		b.WriteByte('\n')
	}
	return []byte(b.String())
}

func writeIndented(b *strings.Builder, v any, indent, line string) {
	open, end, keys, list := "[", "]", []string(nil), []any(nil)
	switch x := v.(type) {
	case *Map:
		open, end, keys = "{", "}", x.Keys
		for _, k := range x.Keys {
			list = append(list, x.vals[k])
		}
	case []any:
		list = x
	default:
		WriteJSON(b, v, nil)
		return
	}
	b.WriteString(open)
	for i, it := range list {
		switch {
		case indent != "" && i > 0:
			b.WriteString("," + line + indent)
		case indent != "":
			b.WriteString(line + indent)
		case i > 0:
			b.WriteString(", ")
		}
		if keys != nil {
			b.WriteString(Quote(keys[i]) + ": ")
		}
		writeIndented(b, it, indent, line+indent)
	}
	if indent != "" && len(list) > 0 {
		b.WriteString(line)
	}
	b.WriteString(end)
}
