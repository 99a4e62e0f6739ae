package doc

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	pyName = iota
	pyNumber
	pyString
	pyOp
)

type pyToken struct {
	kind int
	text string // of a string, what it says
}

// pyLine is a logical line: brackets and backslashes join physical ones.
type pyLine struct {
	indent int
	toks   []pyToken
}

// pyLines takes a Python file apart.
func pyLines(name, src string) ([]pyLine, error) {
	t := &pyTokens{name: name, src: src, line: 1, fresh: true}
	for t.pos < len(t.src) {
		if err := t.step(); err != nil {
			return nil, err
		}
	}
	t.end()
	if t.depth > 0 {
		return nil, Fail(name, Pos{t.line, 1}, "a bracket is not closed")
	}
	return t.lines, nil
}

type pyTokens struct {
	name, src string
	pos, line int
	depth     int
	fresh     bool // nothing of the logical line was seen yet
	indent    int
	toks      []pyToken
	lines     []pyLine
}

func (t *pyTokens) end() {
	if len(t.toks) > 0 {
		t.lines = append(t.lines, pyLine{t.indent, t.toks})
	}
	t.toks, t.indent, t.fresh = nil, 0, true
}

func (t *pyTokens) step() error {
	c := t.src[t.pos]
	switch {
	case c == '\n':
		t.pos++
		t.line++
		if t.depth == 0 {
			t.end()
		}
		return nil
	case c == ' ' || c == '\t' || c == '\r' || c == '\f':
		t.pos++
		if t.fresh && c == ' ' {
			t.indent++
		} else if t.fresh && c == '\t' {
			t.indent += 8 - t.indent%8
		}
		return nil
	case c == '#':
		t.pos += len(t.src[t.pos:]) - len(strings.TrimLeftFunc(t.src[t.pos:], func(r rune) bool { return r != '\n' }))
		return nil
	case c == '\\' && strings.HasPrefix(strings.TrimPrefix(t.src[t.pos+1:], "\r"), "\n"):
		t.pos += strings.IndexByte(t.src[t.pos:], '\n') + 1
		t.line++
		return nil
	}
	t.fresh = false
	return t.token(c)
}

func (t *pyTokens) token(c byte) error {
	rest := t.src[t.pos:]
	if n := stringPrefix(rest); n >= 0 {
		return t.str(rest[:n], n)
	}
	r, _ := utf8.DecodeRuneInString(rest)
	switch {
	case c >= '0' && c <= '9' || c == '.' && len(rest) > 1 && rest[1] >= '0' && rest[1] <= '9':
		n := numberLen(rest)
		t.add(pyNumber, rest[:n], n)
	case r == '_' || unicode.IsLetter(r):
		n := len(rest) - len(strings.TrimLeftFunc(rest, func(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }))
		t.add(pyName, rest[:n], n)
	default:
		t.operator(rest)
	}
	return nil
}

func (t *pyTokens) operator(rest string) {
	n := 1
	for _, op := range []string{"==", "!=", "<=", ">=", "+=", "-=", "*=", "/=", "|=", "&=", "%=", "^=", ":=", "->", "**", "//", "<<", ">>"} {
		if strings.HasPrefix(rest, op) {
			n = 2
		}
	}
	switch rest[0] {
	case '(', '[', '{':
		t.depth++
	case ')', ']', '}':
		t.depth = max(0, t.depth-1)
	}
	t.add(pyOp, rest[:n], n)
}

func (t *pyTokens) add(kind int, s string, n int) {
	t.toks = append(t.toks, pyToken{kind, s})
	t.pos += n
}

func numberLen(s string) int {
	for i := 0; i < len(s); i++ {
		c := s[i]
		sign := (c == '+' || c == '-') && i > 0 && (s[i-1] == 'e' || s[i-1] == 'E') && !strings.HasPrefix(strings.ToLower(s), "0x")
		if c != '.' && c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && !sign {
			return i
		}
	}
	return len(s)
}

func pyNumberValue(s string) (any, bool) {
	t := strings.ToLower(s)
	if strings.HasSuffix(t, "j") && !strings.HasPrefix(t, "0x") {
		return nil, false
	}
	if !strings.HasPrefix(t, "0x") && strings.ContainsAny(t, ".e") {
		f, err := strconv.ParseFloat(strings.ReplaceAll(t, "_", ""), 64)
		return f, err == nil
	}
	v := parseInt(t)
	_, bad := v.(string)
	return v, !bad
}

// stringPrefix is the length of the letters before a string's quote; -1 where none begins.
func stringPrefix(s string) int {
	for i := 0; i < len(s) && i < 3; i++ {
		if s[i] == '"' || s[i] == '\'' {
			return i
		}
		if !strings.ContainsRune("rRbBuUfF", rune(s[i])) {
			return -1
		}
	}
	return -1
}

// str reads a string; f-strings and bytes become something that no literal has.
func (t *pyTokens) str(prefix string, n int) error {
	begin := Pos{t.line, 1}
	s := t.src[t.pos+n:]
	quote := s[:1]
	if strings.HasPrefix(s, strings.Repeat(quote, 3)) {
		quote = s[:3]
	}
	body, raw := s[len(quote):], strings.ContainsAny(prefix, "rR")
	for i := 0; i < len(body); i++ {
		switch {
		case strings.HasPrefix(body[i:], quote):
			t.line += strings.Count(body[:i], "\n")
			said := body[:i]
			if !raw {
				said = pyUnescape(said)
			}
			kind := pyString
			if strings.ContainsAny(prefix, "fFbB") {
				kind, said = pyOp, "f\""
			}
			t.toks = append(t.toks, pyToken{kind, said})
			t.pos += n + len(quote) + i + len(quote)
			return nil
		case body[i] == '\\':
			i++
		case body[i] == '\n' && len(quote) == 1:
			return Fail(t.name, begin, "a string is not closed")
		}
	}
	return Fail(t.name, begin, "a string is not closed")
}

func pyUnescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		if r, ok := pyEscapes[s[i]]; ok {
			b.WriteString(r)
			continue
		}
		size := map[byte]int{'x': 2, 'u': 4, 'U': 8}[s[i]]
		if code, err := strconv.ParseUint(s[min(i+1, len(s)):min(i+1+size, len(s))], 16, 32); size > 0 && err == nil {
			b.WriteRune(rune(code))
			i += size
			continue
		}
		b.WriteByte('\\')
		b.WriteByte(s[i])
	}
	return b.String()
}

var pyEscapes = map[byte]string{
	'\n': "", '\\': `\`, '\'': "'", '"': `"`, 'a': "\a", 'b': "\b", 'f': "\f", 'n': "\n", 'r': "\r", 't': "\t", 'v': "\v", '0': "\x00",
}
