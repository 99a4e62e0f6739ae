package doc

import (
	"fmt"
	"strings"
)

// analysis says in which ways a text may be written.
type analysis struct {
	plain, single bool
	multi         bool // it has line breaks
}

func isBreak(r rune) bool { return r == '\n' || r == '\u0085' || r == '\u2028' || r == '\u2029' }
func isBlank(r rune) bool { return r == 0 || r == ' ' || r == '\t' || r == '\r' || isBreak(r) }

func printable(r rune) bool {
	return r == '\n' || r >= ' ' && r <= '~' ||
		(r == '\u0085' || r >= 0xA0 && r <= 0xD7FF || r >= 0xE000 && r <= 0xFFFD || r >= 0x10000 && r <= 0x10FFFF) && r != 0xFEFF
}

func analyse(s string) analysis {
	if s == "" {
		return analysis{plain: true, single: true}
	}
	t := []rune(s)
	a := analysis{plain: !strings.HasPrefix(s, "---") && !strings.HasPrefix(s, "..."), single: true}
	for i, r := range t {
		before := i == 0 || isBlank(t[i-1])
		after := i+1 == len(t) || isBlank(t[i+1])
		switch {
		case i == 0 && (strings.ContainsRune("#,[]{}&*!|>'\"%@`", r) || strings.ContainsRune("?:-", r) && after),
			i > 0 && r == ':' && after, i > 0 && r == '#' && before, isBreak(r):
			a.plain = false
		}
		a.multi = a.multi || isBreak(r)
		edge := i == 0 || i+1 == len(t)
		if edge && (r == ' ' || isBreak(r)) {
			a.plain = false
		}
		breakSpace := i > 0 && (r == ' ' && isBreak(t[i-1]) || isBreak(r) && t[i-1] == ' ')
		if breakSpace || !printable(r) {
			a.plain, a.single = false, false
		}
	}
	return a
}

// plain writes words and breaks a line at a blank where it is full, with the blank left
// at its end when the next word is what does not fit.
func (e *emitter) plain(t []rune, col int, split bool) {
	if len(t) == 0 {
		return
	}
	if !e.white {
		e.write(" ")
	}
	e.white, e.indent = false, false
	begin, spaces := 0, false
	for end := 0; end <= len(t); end++ {
		ch := rune(-1)
		if end < len(t) {
			ch = t[end]
		}
		switch {
		case spaces && ch != ' ':
			if begin+1 == end && e.col >= bestWidth && split {
				e.to(col)
				e.white, e.indent = false, false
			} else {
				e.write(string(t[begin:end]))
			}
			begin = end
		case !spaces && (ch == -1 || ch == ' '):
			word := t[begin:end]
			if len(word)+e.col > bestWidth && e.col > col {
				e.to(col)
			}
			e.write(string(word))
			begin = end
		}
		spaces = ch == ' '
	}
}

func (e *emitter) single(t []rune, col int, split bool) {
	e.mark("'", true, false)
	begin, spaces, breaks := 0, false, false
	for end := 0; end <= len(t); end++ {
		ch := rune(-1)
		if end < len(t) {
			ch = t[end]
		}
		switch {
		case spaces && ch != ' ':
			if begin+1 == end && e.col > bestWidth && split && begin != 0 && end != len(t) {
				e.to(col)
			} else {
				e.write(string(t[begin:end]))
			}
			begin = end
		case breaks && (ch == -1 || !isBreak(ch)):
			e.breaks(t[begin:end], col)
			begin = end
		case !spaces && !breaks && (ch == -1 || ch == ' ' || isBreak(ch) || ch == '\'') && begin < end:
			e.write(string(t[begin:end]))
			begin = end
		}
		if ch == '\'' {
			e.write("''")
			begin = end + 1
		}
		if ch != -1 {
			spaces, breaks = ch == ' ', isBreak(ch)
		}
	}
	e.mark("'", false, false)
}

func (e *emitter) breaks(t []rune, col int) {
	if t[0] == '\n' {
		e.newline()
	}
	for _, r := range t {
		if r == '\n' {
			e.newline()
		} else {
			e.b.WriteRune(r)
			e.col, e.white, e.indent = 0, true, true
		}
	}
	e.to(col)
}

var escapes = map[rune]string{
	0: "0", 7: "a", 8: "b", 9: "t", 10: "n", 11: "v", 12: "f", 13: "r", 27: "e", '"': `"`, '\\': `\`, 0x85: "N", 0xA0: "_", 0x2028: "L", 0x2029: "P",
}

func escape(r rune) string {
	if s, ok := escapes[r]; ok {
		return `\` + s
	}
	switch {
	case r <= 0xFF:
		return fmt.Sprintf(`\x%02X`, r)
	case r <= 0xFFFF:
		return fmt.Sprintf(`\u%04X`, r)
	}
	return fmt.Sprintf(`\U%08X`, r)
}

func asIs(r rune) bool {
	return r != '"' && r != '\\' && r != 0xFEFF && !isBreak(r) && printable(r)
}

func (e *emitter) double(t []rune, col int, split bool) {
	e.mark(`"`, true, false)
	begin := 0
	for end := 0; end <= len(t); end++ {
		ch := rune(-1)
		if end < len(t) {
			ch = t[end]
		}
		if ch == -1 || !asIs(ch) {
			if begin < end {
				e.write(string(t[begin:end]))
				begin = end
			}
			if ch != -1 {
				e.write(escape(ch))
				begin = end + 1
			}
		}
		if end > 0 && end < len(t)-1 && (ch == ' ' || begin >= end) && e.col+(end-begin) > bestWidth && split {
			begin = e.fold(t, begin, end, col)
		}
	}
	e.mark(`"`, false, false)
}

// fold breaks the line of a double quoted text, with a backslash unless the break itself
// reads as the blank that stands there.
func (e *emitter) fold(t []rune, begin, end, col int) int {
	slash := needsSlash(t, begin, end)
	tail := ""
	if slash {
		tail = `\`
	}
	e.write(string(t[min(begin, end):end]) + tail)
	begin = max(begin, end)
	e.to(col)
	e.white, e.indent = false, false
	if t[begin] == ' ' {
		if !slash {
			begin++
		}
		e.write(tail)
	}
	return begin
}

func needsSlash(t []rune, begin, end int) bool {
	space := index(t, ' ', end, len(t))
	if space < 0 {
		return true
	}
	if nl := index(t, '\n', end, space); nl >= 0 {
		space = nl
	}
	if space+1 >= len(t) {
		return true
	}
	if t[space] == '\n' && t[space+1] != ' ' {
		return true
	}
	quoted := strings.ContainsAny(string(t[end:space]), `"'`)
	double := end >= 1 && t[end-1] == ' ' && end < len(t) && t[end] == ' '
	return quoted || t[space+1] == ' ' || t[space+1] == '\n' || double || begin == end
}

func index(t []rune, r rune, from, to int) int {
	for i := from; i < to && i < len(t); i++ {
		if t[i] == r {
			return i
		}
	}
	return -1
}
