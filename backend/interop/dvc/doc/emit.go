package doc

import (
	"math"
	"strings"
	"unicode/utf8"
)

// emitter writes YAML as ruamel.yaml does with the settings that DVC gives it, so that
// what is written here and what DVC writes are the same bytes.
type emitter struct {
	b      strings.Builder
	col    int
	white  bool // the last thing written was blank
	indent bool // only blanks stand on the line yet
}

const bestWidth = 80

// Emit writes a value as ruamel.yaml does.
func Emit(v any) []byte {
	e := &emitter{white: true, indent: true}
	e.node(v, 0)
	return []byte(strings.TrimLeft(e.b.String(), "\n") + "\n")
}

func (e *emitter) write(s string) {
	e.b.WriteString(s)
	e.col += utf8.RuneCountInString(s)
}

func (e *emitter) newline() {
	e.b.WriteByte('\n')
	e.col, e.white, e.indent = 0, true, true
}

// to goes to a column, on a new line unless nothing but blanks stands before it.
func (e *emitter) to(col int) {
	if !e.indent || e.col > col || e.col == col && !e.white {
		e.newline()
	}
	if e.col < col {
		e.write(strings.Repeat(" ", col-e.col))
		e.white = true
	}
}

func (e *emitter) mark(s string, wantSpace, keepIndent bool) {
	if wantSpace && !e.white {
		s = " " + s
	}
	e.white, e.indent = false, e.indent && keepIndent
	e.write(s)
}

// node writes a value whose keys or dashes stand at col.
func (e *emitter) node(v any, col int) {
	switch x := v.(type) {
	case *Map:
		if x.Len() == 0 {
			e.mark("{}", true, false)
			return
		}
		for _, k := range x.Keys {
			e.pair(k, x.vals[k], col)
		}
	case []any:
		if len(x) == 0 {
			e.mark("[]", true, false)
			return
		}
		for _, it := range x {
			e.to(col)
			e.mark("-", true, true)
			e.item(it, col+2)
		}
	default:
		e.scalar(v, col, true)
	}
}

func (e *emitter) item(v any, col int) {
	switch x := v.(type) {
	case *Map:
		if x.Len() > 0 {
			e.to(col)
		}
	case []any:
		if len(x) > 0 {
			e.to(col)
		}
	default:
		e.to(col)
	}
	e.node(v, col)
}

// maxKey is how long a key may be to stand on one line with its value: 128, less the five
// letters of the tag that is not written.
const maxKey = 123

func (e *emitter) pair(k string, v any, col int) {
	e.to(col)
	long := utf8.RuneCountInString(k) >= maxKey || strings.ContainsFunc(k, isBreak)
	if long {
		e.mark("?", true, true)
		e.scalar(k, col+2, true)
		e.to(col)
		e.mark(":", true, true)
	} else {
		e.scalar(k, col+2, false)
		e.mark(":", false, false)
	}
	if _, list := v.([]any); list && !long {
		e.node(v, col) // a list in a mapping stands at the mapping's column
		return
	}
	e.node(v, col+2)
}

// scalar writes a value; lines are broken, where split, to col.
func (e *emitter) scalar(v any, col int, split bool) {
	s, isText := v.(string)
	if !isText {
		if t := scalarText(v); t != "" {
			e.plain([]rune(t), col, split)
		}
		return
	}
	a := analyse(s)
	switch {
	case a.plain && resolvesToText(s) && (split || !a.multi && s != ""):
		e.plain([]rune(s), col, split)
	case strings.ContainsAny(s, "'\n") || !a.single || !split && a.multi:
		e.double([]rune(s), col, split)
	default:
		e.single([]rune(s), col, split)
	}
}

func resolvesToText(s string) bool {
	if s == "<<" || s == "=" {
		return false
	}
	_, isText := Resolve(s).(string)
	return isText
}

func scalarText(v any) string {
	switch x := v.(type) {
	case nil:
		return ""
	case float64:
		switch {
		case math.IsNaN(x):
			return ".nan"
		case math.IsInf(x, 1):
			return ".inf"
		case math.IsInf(x, -1):
			return "-.inf"
		}
		return Float(x)
	}
	return Text(v)
}
