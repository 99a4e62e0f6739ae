package ignore

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Fault is a line of an ignore file that can leave nothing out, as it stands there.
type Fault struct {
	Line int // from 1
	Text string
	Why  string
}

// Faults finds the lines that git would pass over in silence.
func Faults(text string) (list []Fault) {
	for i, line := range lines(text) {
		if why := faultOf(line); line != "" && why != "" {
			list = append(list, Fault{i + 1, line, why})
		}
	}
	return list
}

func faultOf(line string) string {
	text := strings.TrimPrefix(line, "!")
	switch {
	case strings.Trim(text, "/") == "":
		return "it names nothing"
	case strings.ContainsRune(text, 0):
		return "it holds a zero byte, which no name has"
	}
	for text != "" {
		switch text[0] {
		case '\\':
			if len(text) == 1 {
				return `nothing follows the \ at its end`
			}
			text = text[2:]
		case '[':
			rest, _, closed := set(text, 0)
			if !closed {
				return "its [ is closed by no ], or holds a class that is not known"
			}
			text = rest
		default:
			text = text[1:]
		}
	}
	return ""
}

// Line is the pattern that means one path from the folder that its file lies in, and nothing else that
// has a name of text: a ? stands for what is none.
func Line(path string) string {
	var b strings.Builder
	b.WriteByte('/')
	for rest := strings.TrimSuffix(path, " "); rest != ""; {
		r, n := utf8.DecodeRuneInString(rest)
		rest = rest[n:]
		switch {
		case strings.ContainsRune(`*?[\`, r):
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r == 0x7f || r == utf8.RuneError && n == 1:
			b.WriteByte('?')
		default:
			b.WriteRune(r)
		}
	}
	if strings.HasSuffix(path, " ") {
		b.WriteString(`\ `)
	}
	return b.String()
}

func (f Fault) String() string { return fmt.Sprintf("line %d, %q: %s", f.Line, f.Text, f.Why) }
