package mlflow

import (
	"slices"
	"strings"

	"rondo/backend/errs"
)

// maxClauses bounds a filter.
const maxClauses = 100

// token is a piece of a filter: a word, a quoted text or a sign.
type token struct {
	text  string
	quote byte // ' " or ` around it, 0 for none
}

func (t token) is(word string) bool { return t.quote == 0 && strings.EqualFold(t.text, word) }

// tokens cuts a filter into pieces.
func tokens(s string) (list []token, err error) {
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case strings.IndexByte(" \t\r\n", c) >= 0:
			i++
		case c == '\'' || c == '"' || c == '`':
			end := strings.IndexByte(s[i+1:], c)
			if end < 0 {
				return nil, errs.New(errs.Invalid, "Invalid filter: %s has no end", short(s[i:], 80))
			}
			list = append(list, token{s[i+1 : i+1+end], c})
			i += end + 2
		case strings.IndexByte("=<>!", c) >= 0:
			n := 1
			if i+1 < len(s) && s[i+1] == '=' {
				n = 2
			}
			list = append(list, token{s[i : i+n], 0})
			i += n
		case strings.IndexByte("(),.", c) >= 0:
			list = append(list, token{s[i : i+1], 0})
			i++
		default:
			end := i + 1
			for end < len(s) && strings.IndexByte(" \t\r\n'\"`=<>!(),.", s[end]) < 0 {
				end++
			}
			list = append(list, token{s[i:end], 0})
			i = end
		}
	}
	return list, nil
}

// parse reads clauses joined by AND; nothing is a filter that all pass.
func (g grammar) parse(filter string) (list []clause, err error) {
	rest, err := tokens(filter)
	if err != nil || len(rest) == 0 {
		return nil, err
	}
	for {
		var c clause
		if c, rest, err = g.clause(rest, filter); err != nil {
			return nil, err
		}
		if list = append(list, c); len(list) > maxClauses {
			return nil, errs.New(errs.Invalid, "Invalid filter: it has more than %d clauses", maxClauses)
		}
		if len(rest) == 0 {
			return list, nil
		}
		if !rest[0].is("AND") {
			return nil, errs.New(errs.Invalid, "Invalid clause(s) in filter string: %s", short(filter, 200)).WithHint("clauses are joined by AND only")
		}
		rest = rest[1:]
	}
}

func (g grammar) clause(rest []token, filter string) (c clause, _ []token, err error) {
	wrong := errs.New(errs.Invalid, "Invalid clause(s) in filter string: %s", short(filter, 200)).WithHint("write name = 'value', tags.key = 'value' …, joined by AND")
	if c.tag, c.key, rest = key(rest); c.key == "" || len(rest) < 2 {
		return c, nil, wrong
	}
	c.op, rest = strings.ToUpper(rest[0].text), rest[1:]
	if c.op == "NOT" && rest[0].is("IN") {
		c.op, rest = "NOT IN", rest[1:]
	}
	quoted := true
	if c.op == "IN" || c.op == "NOT IN" {
		if c.values, rest = items(rest); len(c.values) == 0 {
			return c, nil, wrong
		}
	} else {
		quoted = rest[0].quote == '\'' || rest[0].quote == '"'
		c.values, rest = []string{rest[0].text}, rest[1:]
	}
	return c, rest, g.check(&c, quoted)
}

// key reads name, attribute.name or tags.key; what is behind the first dot is the key as a whole.
func key(rest []token) (tag bool, name string, _ []token) {
	if len(rest) == 0 {
		return false, "", rest
	}
	var parts []string
	for i := 0; ; i += 2 {
		parts = append(parts, rest[i].text)
		if i+2 >= len(rest) || !rest[i+1].is(".") {
			rest = rest[i+1:]
			break
		}
	}
	if len(parts) == 1 {
		return false, parts[0], rest
	}
	name = strings.Join(parts[1:], ".")
	switch entity := strings.ToLower(parts[0]); {
	case entity == "tag" || entity == "tags":
		return true, name, rest
	case slices.Contains([]string{"attribute", "attributes", "attr"}, entity):
		return false, name, rest
	}
	return false, strings.Join(parts, "."), rest
}

// items reads a list in parentheses.
func items(rest []token) (values []string, _ []token) {
	if len(rest) == 0 || !rest[0].is("(") {
		return nil, rest
	}
	for rest = rest[1:]; len(rest) >= 2 && rest[0].quote != 0; rest = rest[2:] {
		values = append(values, rest[0].text)
		if rest[1].is(")") {
			return values, rest[2:]
		}
		if !rest[1].is(",") {
			break
		}
	}
	return nil, rest
}
