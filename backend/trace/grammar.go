package trace

import (
	"slices"
	"strings"

	"rondo/backend/errs"
)

const (
	maxFilter  = 50_000 // bytes
	maxClauses = 100
)

// token is a word, a quoted text or a sign of a filter.
type token struct {
	text  string
	quote byte // ' " or ` around it, 0 for none
}

func (t token) is(word string) bool { return t.quote == 0 && strings.EqualFold(t.text, word) }

func tokens(s string) (list []token, err error) {
	if len(s) > maxFilter {
		return nil, errs.New(errs.Invalid, "Invalid filter: it is longer than %d bytes", maxFilter)
	}
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case strings.IndexByte(" \t\r\n", c) >= 0:
			i++
		case strings.IndexByte("'\"`", c) >= 0:
			n := strings.IndexByte(s[i+1:], c)
			if n < 0 {
				return nil, errs.New(errs.Invalid, "Invalid filter: at %d a quote has no end", i+1)
			}
			list = append(list, token{s[i+1 : i+1+n], c})
			i += n + 2
		case strings.IndexByte("=<>!", c) >= 0:
			n := 1
			if i+1 < len(s) && s[i+1] == '=' {
				n = 2
			}
			list = append(list, token{s[i : i+n], 0})
			i += n
		case strings.IndexByte("(),.", c) >= 0 && !numberAt(s[i:]):
			list = append(list, token{s[i : i+1], 0})
			i++
		default:
			n := wordAt(s[i:])
			list = append(list, token{s[i : i+n], 0})
			i += n
		}
	}
	return list, nil
}

// wordAt is the length of a word. A number keeps its point.
func wordAt(s string) int {
	stops := " \t\r\n'\"`=<>!(),."
	if numberAt(s) {
		stops = " \t\r\n'\"`=<>!(),"
	}
	n := 1
	for n < len(s) && strings.IndexByte(stops, s[n]) < 0 {
		n++
	}
	return n
}

func numberAt(s string) bool {
	s = strings.TrimLeft(s, "+-")
	return s != "" && s[0] >= '0' && s[0] <= '9'
}

// entities are the names that go before a key, and what they mean.
var entities = map[string]string{
	"tag": "tag", "tags": "tag", "metadata": "metadata", "request_metadata": "metadata", "attribute": "attribute", "attributes": "attribute", "attr": "attribute",
	"trace": "attribute", "span": "span", "feedback": Feedback, "expectation": Expectation, "issue": Issue,
}

// parse reads clauses joined by AND.
func parse(filter string) (list []clause, err error) {
	rest, err := tokens(filter)
	if err != nil {
		return nil, err
	}
	for len(rest) > 0 {
		if len(list) > 0 {
			if !rest[0].is("AND") {
				return nil, wrong(filter)
			}
			rest = rest[1:]
		}
		var c clause
		c, rest = readKey(rest)
		if rest = c.operator(rest); c.key == "" || c.op == "" {
			return nil, wrong(filter)
		}
		if list = append(list, c); len(list) > maxClauses {
			return nil, errs.New(errs.Invalid, "Invalid filter: it has more than %d clauses", maxClauses)
		}
	}
	return list, nil
}

func wrong(filter string) error {
	return errs.New(errs.Invalid, "Invalid clause(s) in filter string: %.200s", filter).
		WithHint("write status = 'OK', tags.key = 'value', span.name LIKE '%%x%%' …, joined by AND")
}

// readKey reads a name, with the entity in front of its first point.
func readKey(rest []token) (c clause, _ []token) {
	var parts []string
	for len(rest) > 0 {
		parts = append(parts, rest[0].text)
		rest = rest[1:]
		if len(rest) < 2 || !rest[0].is(".") {
			break
		}
		rest = rest[1:]
	}
	if len(parts) == 0 {
		return c, rest
	}
	c.entity, c.key = "attribute", strings.Join(parts, ".")
	if e, ok := entities[strings.ToLower(parts[0])]; ok && len(parts) > 1 {
		c.entity, c.key = e, strings.Join(parts[1:], ".")
	} else if len(parts) > 1 {
		c.entity = parts[0]
	}
	c.rename()
	return c, rest
}

// rename gives the short names of attributes their places.
func (c *clause) rename() {
	if c.entity != "attribute" {
		return
	}
	switch strings.ToLower(c.key) {
	case "name":
		c.entity, c.key = "tag", NameTag
	case "prompt":
		c.entity, c.key = "tag", PromptsTag
	case "run_id":
		c.entity, c.key = "metadata", RunKey
	case "text":
		c.entity, c.key = "span", "content"
	}
}

var operators = []string{"=", "!=", "<", "<=", ">", ">=", "LIKE", "ILIKE", "RLIKE"}

// operator reads what follows a key. Without an operator, op stays empty.
func (c *clause) operator(rest []token) []token {
	at := func(i int, word string) bool { return i < len(rest) && rest[i].is(word) }
	switch {
	case at(0, "IS") && at(1, "NULL"):
		c.op, c.values = "IS NULL", []string{""}
		return rest[2:]
	case at(0, "IS") && at(1, "NOT") && at(2, "NULL"):
		c.op, c.values = "IS NOT NULL", []string{""}
		return rest[3:]
	case at(0, "IN"):
		return c.list("IN", rest[1:])
	case at(0, "NOT") && at(1, "IN"):
		return c.list("NOT IN", rest[2:])
	case len(rest) < 2 || rest[0].quote != 0:
		return rest
	}
	if op := strings.ToUpper(rest[0].text); slices.Contains(operators, op) {
		c.op, c.values, c.quoted = op, []string{rest[1].text}, rest[1].quote == '\'' || rest[1].quote == '"'
		return rest[2:]
	}
	return rest
}

// list reads quoted texts in parentheses.
func (c *clause) list(op string, rest []token) []token {
	if len(rest) == 0 || !rest[0].is("(") {
		return rest
	}
	for rest = rest[1:]; len(rest) >= 2 && rest[0].quote != 0; rest = rest[2:] {
		c.values = append(c.values, rest[0].text)
		if rest[1].is(")") {
			c.op, c.quoted = op, true
			return rest[2:]
		}
		if !rest[1].is(",") {
			break
		}
	}
	return rest
}
