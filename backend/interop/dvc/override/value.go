package override

import (
	"regexp"
	"strings"
	"sync"

	"rondo/backend/interop/dvc/doc"
)

// read reads what stands after the =.
func (o Override) read(text string) (any, error) {
	r := &reader{o: o, rest: strings.TrimLeft(text, blanks)}
	if r.rest == "" {
		return "", nil
	}
	v, err := r.element("")
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(r.rest, ",") {
		return nil, o.fail("has several values, which are runs in DVC's queue").WithHint("run one after the other, or write a list as [1,2]")
	}
	if r.rest != "" {
		return nil, r.bad()
	}
	return v, nil
}

const (
	blanks   = " \t"
	maxDepth = 60
)

type reader struct {
	o     Override
	rest  string
	depth int
}

func (r *reader) bad() error {
	return r.o.fail("cannot be read at %q", r.rest).WithHint(`put text with signs in quotes of its own: -S 'key="a=b, c"'`)
}

// element reads one value, up to what ends it.
func (r *reader) element(ends string) (any, error) {
	if r.depth++; r.depth > maxDepth {
		return nil, r.o.fail("is nested too deeply")
	}
	defer func() { r.depth-- }()
	switch {
	case strings.HasPrefix(r.rest, "["):
		return r.list()
	case strings.HasPrefix(r.rest, "{"):
		return r.mapping()
	case call().MatchString(r.rest):
		return nil, r.o.fail("calls a function of Hydra's, which Rondo does not do").WithHint("write the value itself; text with brackets needs quotes")
	}
	return r.primitive(ends)
}

var call = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_-]*[ \t]*\(`) })

// take takes a sign with the blanks around it.
func (r *reader) take(sign string) bool {
	after, is := strings.CutPrefix(strings.TrimLeft(r.rest, blanks), sign)
	if is {
		r.rest = strings.TrimLeft(after, blanks)
	}
	return is
}

func (r *reader) list() (any, error) {
	r.take("[")
	list := []any{}
	if r.take("]") {
		return list, nil
	}
	for {
		v, err := r.element("]")
		if err != nil {
			return nil, err
		}
		list = append(list, v)
		if r.take("]") {
			return list, nil
		}
		if !r.take(",") {
			return nil, r.bad()
		}
	}
}

func (r *reader) mapping() (any, error) {
	r.take("{")
	m := &doc.Map{}
	if r.take("}") {
		return m, nil
	}
	for {
		key, err := r.primitive(":")
		if err != nil {
			return nil, err
		}
		name, is := key.(string)
		if !is || !r.take(":") {
			return nil, r.o.fail("has a key that is no text").WithHint("keys of a mapping are names: {lr: 0.1, layers: 3}")
		}
		v, err := r.element("}")
		if err != nil {
			return nil, err
		}
		m.Set(name, v)
		if r.take("}") {
			return m, nil
		}
		if !r.take(",") {
			return nil, r.bad()
		}
	}
}

// primitive reads text or a scalar, up to a comma or one of what ends it.
func (r *reader) primitive(ends string) (any, error) {
	if r.rest != "" && (r.rest[0] == '"' || r.rest[0] == '\'') {
		return r.quoted()
	}
	n := 0
	for n < len(r.rest) && !strings.ContainsRune(","+ends, rune(r.rest[n])) {
		switch c := r.rest[n]; {
		case c == '\\' && n+1 < len(r.rest) && strings.ContainsRune(escaped, rune(r.rest[n+1])):
			n++
		case strings.HasPrefix(r.rest[n:], "${"):
			return nil, r.o.fail("refers to another value by ${…}, which only Hydra resolves").WithHint("write the value itself")
		case !plain(c):
			r.rest = r.rest[n:]
			return nil, r.bad()
		}
		n++
	}
	text := strings.TrimLeft(r.rest[:n], blanks)
	r.rest = r.rest[n:]
	for strings.HasSuffix(text, " ") || strings.HasSuffix(text, "\t") {
		if cut := text[:len(text)-1]; !escapes(cut) {
			text = cut
			continue
		}
		break
	}
	if text == "" {
		return nil, r.bad()
	}
	if v, is := scalar(text); is {
		return v, nil
	}
	return unescape().ReplaceAllString(text, "$1"), nil
}

// escaped are the signs that a backslash before them makes text of.
const escaped = `\()[]{}:=, ` + "\t"

var unescape = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\\([\\()\[\]{}:=, \t])`) })

// escapes reports whether text ends with a backslash that is none itself.
func escapes(text string) bool {
	return (len(text)-len(strings.TrimRight(text, `\`)))%2 == 1
}

// plain reports whether a sign may stand in text without quotes.
func plain(c byte) bool {
	switch {
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		return true
	}
	return strings.IndexByte(`_/-\+.$%*@?|: `+"\t", c) >= 0
}

// quoted reads text in quotes. Backslashes count only before the quote that ends it.
func (r *reader) quoted() (any, error) {
	quote := r.rest[0]
	var out strings.Builder
	for i := 1; i < len(r.rest); i++ {
		c := r.rest[i]
		if c == quote {
			r.rest = strings.TrimLeft(r.rest[i+1:], blanks)
			return r.text(out.String())
		}
		if c != '\\' {
			out.WriteByte(c)
			continue
		}
		n := len(r.rest[i:]) - len(strings.TrimLeft(r.rest[i:], `\`))
		if i+n == len(r.rest) || r.rest[i+n] != quote {
			out.WriteString(r.rest[i : i+n])
			i += n - 1
			continue
		}
		out.WriteString(strings.Repeat(`\`, n/2))
		i += n - 1
		if n%2 == 1 {
			out.WriteByte(quote)
			i++
		}
	}
	return nil, r.o.fail("opens a quote that does not end").WithHint("your shell takes quotes away, too: -S 'key=\"a b\"'")
}

// text refuses in quotes, too, what Hydra would resolve.
func (r *reader) text(s string) (any, error) {
	if strings.Contains(s, "${") {
		return nil, r.o.fail("refers to another value by ${…}, which only Hydra resolves").WithHint("write the value itself")
	}
	return s, nil
}
