package doc

import (
	"strconv"
	"strings"
)

// textLine is a line of a YAML text in block style, with what belongs to it.
type textLine struct {
	path    string // from the top, as valueAt takes it
	indent  int    // as DVC writes it
	lead    string // dashes and key
	value   string // as written
	comment string // at the end of the line, from its #
	column  int    // of the comment
	more    []string
	after   []string // comments and empty lines up to the next line
}

// textFrame is a mapping or list that is open at a line.
type textFrame struct {
	column int // in the text
	indent int // as DVC writes it
	path   string
	list   bool
	next   int // of a list
}

// textLines takes a text apart, if it is written as people write such files by hand: one key
// or item a line.
type textLines struct {
	head   []string // comments before all
	lines  []*textLine
	frames []textFrame
	dashed bool // the line that is read has begun an item
}

func splitYAML(text string) (*textLines, bool) {
	y := &textLines{}
	rest := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for len(rest) > 0 {
		line := rest[0]
		rest = rest[1:]
		body := strings.TrimLeft(line, " ")
		switch {
		case body == "" || body[0] == '#':
			if n := len(y.lines); n > 0 {
				y.lines[n-1].after = append(y.lines[n-1].after, line)
			} else {
				y.head = append(y.head, line)
			}
			continue
		case strings.ContainsAny(line, "\t\r") || strings.HasPrefix(line, "---") || strings.HasPrefix(line, "..."):
			return nil, false
		}
		l, ok := y.line(len(line)-len(body), body)
		if !ok {
			return nil, false
		}
		if l.value != "" && (l.value[0] == '|' || l.value[0] == '>') {
			rest = l.block(rest, y.frames[len(y.frames)-1].column)
		}
		y.lines = append(y.lines, l)
	}
	return y, true
}

// block takes the lines of a text that stands under its key.
func (l *textLine) block(rest []string, column int) []string {
	n, least := 0, -1
	for n < len(rest) && (strings.TrimSpace(rest[n]) == "" || len(rest[n])-len(strings.TrimLeft(rest[n], " ")) > column) {
		if at := len(rest[n]) - len(strings.TrimLeft(rest[n], " ")); strings.TrimSpace(rest[n]) != "" && (least < 0 || at < least) {
			least = at
		}
		n++
	}
	for _, line := range rest[:n] {
		l.more = append(l.more, strings.Repeat(" ", l.indent+2)+line[min(len(line), max(least, 0)):])
	}
	return rest[n:]
}

func (y *textLines) line(column int, body string) (*textLine, bool) {
	l := &textLine{}
	y.dashed = false
	for body == "-" || strings.HasPrefix(body, "- ") {
		f := y.item(column)
		if !y.dashed {
			l.indent = f.indent
		}
		l.lead, y.dashed = l.lead+"- ", true
		l.path = f.path + itemMark + strconv.Itoa(f.next-1)
		next := strings.TrimLeft(body[1:], " ")
		column += len(body) - len(next)
		body = next
	}
	key, value, isKey := cutKey(body)
	if isKey {
		f := y.mapping(column)
		if !y.dashed {
			l.indent = f.indent
		}
		l.path = f.path + keyMark + key
		l.lead += key + ":"
		column += len(body) - len(value)
	} else {
		value = body
	}
	var ok bool
	l.value, l.comment, ok = cutComment(value)
	if l.comment != "" {
		l.column = column + len(value) - len(l.comment)
	}
	return l, ok && (isKey || y.dashed)
}

// item is the list that a dash at a column belongs to.
func (y *textLines) item(column int) *textFrame {
	y.close(func(f textFrame) bool { return f.column > column })
	if n := len(y.frames); n == 0 || !y.frames[n-1].list || y.frames[n-1].column != column {
		y.open(column, true)
	}
	f := &y.frames[len(y.frames)-1]
	f.next++
	return f
}

// mapping is the one that a key at a column belongs to.
func (y *textLines) mapping(column int) *textFrame {
	y.close(func(f textFrame) bool { return f.column > column || f.column == column && f.list })
	if n := len(y.frames); n == 0 || y.frames[n-1].list || y.frames[n-1].column != column {
		y.open(column, false)
	}
	return &y.frames[len(y.frames)-1]
}

func (y *textLines) close(done func(textFrame) bool) {
	for len(y.frames) > 0 && done(y.frames[len(y.frames)-1]) {
		y.frames = y.frames[:len(y.frames)-1]
	}
}

// open begins a mapping or list below what is open: DVC puts a list under its key's column.
func (y *textLines) open(column int, list bool) {
	f := textFrame{column: column, list: list}
	if n := len(y.frames); n > 0 {
		up := y.frames[n-1]
		f.indent = up.indent + 2
		if list && !up.list {
			f.indent = up.indent
		}
		if f.path = up.path + itemMark + strconv.Itoa(up.next-1); !up.list {
			f.path = y.lines[len(y.lines)-1].path
		}
	}
	y.frames = append(y.frames, f)
}

// cutKey parts a plain key from its value.
func cutKey(body string) (key, value string, ok bool) {
	i := strings.Index(body, ":")
	if i <= 0 || i+1 < len(body) && body[i+1] != ' ' || strings.ContainsAny(body[:i], `"'{}[],&*!|>#% `) {
		return "", body, false
	}
	return body[:i], strings.TrimLeft(body[i+1:], " "), true
}

// cutComment parts a value from the comment behind it. Values that go on in the next line, and
// such with anchors and tags, are not for here.
func cutComment(s string) (value, comment string, ok bool) {
	depth, quote := 0, byte(0)
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case quote != 0:
			if c == '\\' && quote == '"' {
				i++
			} else if c == quote {
				quote = 0
			}
		case c == '#' && (i == 0 || s[i-1] == ' '):
			return strings.TrimRight(s[:i], " "), s[i:], depth == 0 && plainStart(s)
		case (c == '"' || c == '\'') && (i == 0 || strings.IndexByte("[{, :", s[i-1]) >= 0 && depth > 0):
			quote = c
		case (c == '[' || c == '{') && (i == 0 || depth > 0):
			depth++
		case (c == ']' || c == '}') && depth > 0:
			depth--
		}
	}
	return strings.TrimRight(s, " "), "", depth == 0 && quote == 0 && plainStart(s)
}

func plainStart(s string) bool { return s == "" || !strings.ContainsRune("&*!%@`?", rune(s[0])) }
