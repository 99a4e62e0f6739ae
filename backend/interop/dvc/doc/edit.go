package doc

import (
	"slices"
	"strings"
)

// A path leads to a line from the top, such as outs, its first item, md5. Keys may hold any letter
// that people write, so what parts them is none.
const (
	keyMark  = "\x00"
	itemMark = "\x01"
)

// parts splits a path into keys and places.
func parts(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return r == 0 || r == 1 })
}

// valueAt is what a document has at the path of a line.
func valueAt(v any, path string) (any, bool) { return Walk(v, parts(path)) }

// edited is the text under way.
type edited struct {
	was, want *Map
	out       []string
	fits      bool
}

// editText writes what a document shall say into its own text, as DVC does it: comments and
// order stay, quotes that are not needed go. False where the text is written in another way.
func editText(name, text string, was, want *Map) ([]byte, bool) {
	y, ok := splitYAML(text)
	if !ok || len(y.lines) == 0 {
		return nil, false
	}
	e := &edited{was: was, want: want, out: shorter(y.head), fits: true}
	ends := map[string]int{} // lines written so far when a mapping was last in one
	indents := map[string]int{"": 0}
	for _, l := range y.lines {
		e.line(l)
		for up := above(l.path); ; up = above(up) {
			ends[up] = len(e.out)
			if up == "" {
				break
			}
		}
		if up := above(l.path); strings.HasSuffix(l.lead, ":") {
			indents[up] = l.indent + 2*strings.Count(l.lead, "- ")
		}
	}
	e.add(ends, indents)
	result := []byte(strings.Join(e.out, "\n") + "\n")
	again, err := ParseSums(name, result)
	return result, e.fits && err == nil && Equal(again, want)
}

// shorter leaves out one of the empty lines at the top, as DVC's writer does.
func shorter(lines []string) []string {
	if strings.TrimSpace(strings.Join(lines, "")) == "" && len(lines) > 0 {
		return lines[1:]
	}
	return lines
}

// above is the path of the mapping or list that a path is in.
func above(path string) string {
	return path[:max(strings.LastIndexAny(path, keyMark+itemMark), 0)]
}

func (e *edited) line(l *textLine) {
	now, there := valueAt(e.want, l.path)
	if !there {
		return
	}
	old, _ := valueAt(e.was, l.path)
	value, more := l.value, l.more
	switch {
	case value == "":
		if _, scalar := now.(string); scalar {
			e.fits = false
		}
	case !Equal(old, now):
		value, more = flowText(now), nil
	case now == nil:
		value = ""
	case len(more) == 0:
		value = unquoted(value, now)
	}
	text := strings.Repeat(" ", l.indent) + l.lead
	if value != "" {
		text += strings.Repeat(" ", min(1, len(l.lead)-len(strings.TrimRight(l.lead, ":")))) + value
	}
	if l.comment != "" {
		text = strings.TrimRight(text, " ")
		text += strings.Repeat(" ", max(1, l.column-len([]rune(text)))) + l.comment
	}
	e.out = append(append(append(e.out, text), more...), l.after...)
}

// unquoted is a value without quotes that it does not need.
func unquoted(value string, v any) string {
	switch {
	case value[0] == '"' || value[0] == '\'':
		return flowText(v)
	case (value[0] == '{' || value[0] == '[') && strings.ContainsAny(value, `"'`):
		return flowText(v)
	}
	return value
}

// flowText writes a value into one line.
func flowText(v any) string {
	switch x := v.(type) {
	case *Map:
		list := make([]string, 0, x.Len())
		for _, k := range x.Keys {
			list = append(list, k+": "+flowText(x.vals[k]))
		}
		return "{" + strings.Join(list, ", ") + "}"
	case []any:
		list := make([]string, 0, len(x))
		for _, it := range x {
			list = append(list, flowText(it))
		}
		return "[" + strings.Join(list, ", ") + "]"
	}
	return strings.TrimSuffix(strings.TrimPrefix(string(Emit(NewMap("k", v))), "k: "), "\n")
}

// add puts keys that are new behind those that are there.
func (e *edited) add(ends, indents map[string]int) {
	type fresh struct {
		at    int
		lines []string
	}
	var all []fresh
	for path, end := range ends {
		now, _ := valueAt(e.want, path)
		old, _ := valueAt(e.was, path)
		to, isMap := now.(*Map)
		from, wasMap := old.(*Map)
		if !isMap || !wasMap {
			continue
		}
		var lines []string
		for _, k := range to.Keys {
			if _, had := from.Get(k); had {
				continue
			}
			for line := range strings.Lines(string(Emit(NewMap(k, to.vals[k])))) {
				lines = append(lines, strings.Repeat(" ", indents[path])+strings.TrimSuffix(line, "\n"))
			}
		}
		if len(lines) > 0 {
			all = append(all, fresh{end, lines})
		}
	}
	slices.SortFunc(all, func(a, b fresh) int { return b.at - a.at })
	for _, f := range all {
		e.out = slices.Insert(e.out, f.at, f.lines...)
	}
}
