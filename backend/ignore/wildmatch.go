package ignore

import (
	"strings"
	"unicode"
)

// Wildmatch reports whether text matches a pattern of git's: ?, *, ** between slashes,
// sets in brackets and \ before any of them. With path, only ** goes over a slash.
// See gitignore(5) and glob(7).
func Wildmatch(pattern, text string, path bool) bool {
	return (&glob{path: path}).match(pattern, text, true)
}

// glob bounds the work on a pattern with many stars, whose cost is otherwise a power.
type glob struct {
	path  bool
	steps int
}

const maxGlobSteps = 1 << 18

// match compares what is left of pattern and text; begins says that pattern begins here or
// stands after a slash.
func (g *glob) match(p, t string, begins bool) bool {
	for p != "" {
		if g.steps++; g.steps > maxGlobSteps {
			return false
		}
		if p[0] == '*' {
			return g.star(p, t, begins)
		}
		if t == "" {
			return false
		}
		rest, ok := g.one(p, t[0])
		if !ok {
			return false
		}
		begins = strings.HasSuffix(p[:len(p)-len(rest)], "/")
		p, t = rest, t[1:]
	}
	return t == ""
}

// one compares one byte of the text and returns what of the pattern is left.
func (g *glob) one(p string, c byte) (rest string, ok bool) {
	switch p[0] {
	case '?':
		return p[1:], !g.path || c != '/'
	case '[':
		rest, in, closed := set(p, c)
		return rest, closed && in && (!g.path || c != '/')
	case '\\':
		if len(p) == 1 {
			return "", false
		}
		return p[2:], p[1] == c
	}
	return p[1:], p[0] == c
}

func (g *glob) star(p, t string, begins bool) bool {
	rest := strings.TrimLeft(p, "*")
	over := !g.path
	if g.path && len(p)-len(rest) > 1 && begins && (rest == "" || rest[0] == '/' || strings.HasPrefix(rest, `\/`)) {
		over = true
		if rest != "" && rest[0] == '/' && g.match(rest[1:], t, true) {
			return true // a/**/b is also a/b
		}
	}
	if rest == "" {
		return over || !strings.Contains(t, "/")
	}
	for i := 0; i <= len(t); i++ {
		if g.match(rest, t[i:], false) {
			return true
		}
		if g.steps > maxGlobSteps || i < len(t) && t[i] == '/' && !over {
			return false
		}
	}
	return false
}

// set reads a set in brackets and reports whether c is in it.
func set(p string, c byte) (rest string, in, closed bool) {
	p = p[1:]
	not := p != "" && (p[0] == '!' || p[0] == '^')
	if not {
		p = p[1:]
	}
	for first := true; p != ""; first = false {
		if p[0] == ']' && !first {
			return p[1:], in != not, true
		}
		if name, after, ok := class(p); ok {
			member, known := classes[name]
			if !known {
				return "", false, false
			}
			in, p = in || member(c), after
			continue
		}
		low, after, ok := literal(p)
		if !ok {
			return "", false, false
		}
		high := low
		if len(after) > 1 && after[0] == '-' && after[1] != ']' {
			if high, after, ok = literal(after[1:]); !ok {
				return "", false, false
			}
		}
		in, p = in || low <= c && c <= high, after
	}
	return "", false, false
}

func literal(p string) (c byte, rest string, ok bool) {
	if p[0] == '\\' {
		p = p[1:]
	}
	if p == "" {
		return 0, "", false
	}
	return p[0], p[1:], true
}

// class reads [:name:].
func class(p string) (name, rest string, ok bool) {
	if !strings.HasPrefix(p, "[:") {
		return "", p, false
	}
	end := strings.IndexByte(p[2:], ']')
	if end < 1 || p[2+end-1] != ':' {
		return "", p, false
	}
	return p[2 : 2+end-1], p[2+end+1:], true
}

func ascii(is func(rune) bool) func(byte) bool {
	return func(c byte) bool { return c < 0x80 && is(rune(c)) }
}

func letterOrDigit(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) }

var classes = map[string]func(byte) bool{
	"alnum": ascii(letterOrDigit), "alpha": ascii(unicode.IsLetter), "digit": ascii(unicode.IsDigit),
	"upper": ascii(unicode.IsUpper), "lower": ascii(unicode.IsLower), "space": ascii(unicode.IsSpace),
	"blank":  func(c byte) bool { return c == ' ' || c == '\t' },
	"cntrl":  func(c byte) bool { return c < 0x20 || c == 0x7f },
	"graph":  func(c byte) bool { return c > 0x20 && c < 0x7f },
	"print":  func(c byte) bool { return c >= 0x20 && c < 0x7f },
	"punct":  ascii(func(c rune) bool { return c > 0x20 && c < 0x7f && !letterOrDigit(c) }),
	"xdigit": func(c byte) bool { return strings.IndexByte("0123456789abcdefABCDEF", c) >= 0 },
}
