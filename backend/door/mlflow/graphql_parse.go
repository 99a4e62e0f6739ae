package mlflow

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"

	"rondo/backend/errs"
)

// A reader of GraphQL's queries, as far as MLflow's pages write them: operations with
// variables, fields with aliases and arguments, and fragments.

// Limits of a query, MLflow's own.
const (
	maxRootFields = 10
	maxAliases    = 10
	maxQueryDepth = 10
	maxSelections = 1000
	maxQuery      = 256 << 10 // bytes
)

// selected is a field that a query asks for; fragments are already put in place.
type selected struct {
	name, alias string
	args        map[string]any
	fields      []selected
}

type query struct {
	words     []string // what is left to read
	variables map[string]any
	fragments map[string][]string // the words of each, without its braces
	aliases   int
	count     int
	inside    int // fragments that are being read
}

func badQuery(text string, args ...any) error { return errs.New(errs.Invalid, text, args...) }

// parseQuery reads the operation of a name, or the only one.
func parseQuery(text, name string, variables map[string]any) ([]selected, error) {
	if len(text) > maxQuery || !utf8.ValidString(text) {
		return nil, badQuery("the query is longer than %d bytes, or no text", maxQuery)
	}
	words, err := queryWords(text)
	if err != nil {
		return nil, err
	}
	q := &query{variables: variables, fragments: map[string][]string{}}
	var chosen []string
	for len(words) > 0 {
		head, body, rest, err := definition(words)
		if err != nil {
			return nil, err
		}
		switch {
		case len(head) > 1 && head[0] == "fragment":
			q.fragments[head[1]] = body
		case chosen == nil || name != "" && len(head) > 1 && head[1] == name:
			chosen = body
		}
		words = rest
	}
	q.words = chosen
	fields, err := q.fields(1)
	if err == nil && len(fields) > maxRootFields {
		err = badQuery("GraphQL queries should have at most %d root fields.", maxRootFields)
	}
	return fields, err
}

// definition cuts an operation or fragment off: the words in front of its braces, and those between them.
func definition(words []string) (head, body, rest []string, err error) {
	depth, start := 0, -1
	for i, w := range words {
		switch w {
		case "(":
			if start < 0 {
				depth++
			}
		case ")":
			if start < 0 {
				depth--
			}
		case "{":
			if start < 0 && depth == 0 {
				head, start = words[:i], i+1
			}
			if start >= 0 {
				depth++
			}
		case "}":
			if start < 0 {
				continue
			}
			if depth--; depth == 0 {
				return head, words[start:i], words[i+1:], nil
			}
		}
	}
	return nil, nil, nil, badQuery("the query has a brace without an end")
}

// queryWords cuts a query into names, numbers, signs and quoted texts.
func queryWords(s string) (list []string, err error) {
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case strings.IndexByte(" \t\r\n,\ufeff", c) >= 0:
			i++
		case c == '#':
			for i < len(s) && s[i] != '\n' {
				i++
			}
		case c == '"':
			n := quotedAt(s[i:])
			if n == 0 {
				return nil, badQuery("the query has a quote without an end")
			}
			list, i = append(list, s[i:i+n]), i+n
		case strings.HasPrefix(s[i:], "..."):
			list, i = append(list, "..."), i+3
		case strings.IndexByte("{}()[]:=!$@|&", c) >= 0:
			list, i = append(list, s[i:i+1]), i+1
		default:
			n := 1
			for i+n < len(s) && strings.IndexByte(" \t\r\n,#\"{}()[]:=!$@|&", s[i+n]) < 0 {
				n++
			}
			list, i = append(list, s[i:i+n]), i+n
		}
	}
	return list, nil
}

func quotedAt(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		case '\n':
			return 0
		}
	}
	return 0
}

func (q *query) peek() string {
	if len(q.words) == 0 {
		return ""
	}
	return q.words[0]
}

func (q *query) next() string {
	w := q.peek()
	if w != "" {
		q.words = q.words[1:]
	}
	return w
}

func (q *query) take(word string) bool {
	if q.peek() == word {
		q.words = q.words[1:]
		return true
	}
	return false
}

// fields reads selections up to the closing brace, or to the end.
func (q *query) fields(depth int) (list []selected, err error) {
	if depth > maxQueryDepth {
		return nil, badQuery("Query exceeds maximum depth of %d", maxQueryDepth)
	}
	for q.peek() != "" && !q.take("}") {
		if q.take("...") {
			more, err := q.fragment(depth)
			if err != nil {
				return nil, err
			}
			list = append(list, more...)
			continue
		}
		f, err := q.field(depth)
		if err != nil {
			return nil, err
		}
		list = append(list, f)
	}
	return list, nil
}

// counted bounds the work that a query is: fields, and fragments, which may hold none.
func (q *query) counted() error {
	if q.count++; q.count > maxSelections {
		return badQuery("Query exceeds maximum total selections of %d", maxSelections)
	}
	return nil
}

func (q *query) field(depth int) (f selected, err error) {
	if err := q.counted(); err != nil {
		return f, err
	}
	f.name = q.next()
	if f.alias = f.name; q.take(":") {
		if q.aliases++; q.aliases > maxAliases && depth > 1 {
			return f, badQuery("GraphQL queries should have at most %d aliases.", maxAliases)
		}
		f.name = q.next()
	}
	if !isName(f.name) || !isName(f.alias) {
		return f, badQuery("%.40q is not the name of a field", f.name)
	}
	if q.take("(") {
		if f.args, err = q.object(")", 0); err != nil {
			return f, err
		}
	}
	if err := q.directives(); err != nil {
		return f, err
	}
	if q.take("{") {
		f.fields, err = q.fields(depth + 1)
	}
	return f, err
}

func isName(s string) bool {
	for i, c := range s {
		if c != '_' && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

// directives passes over what MLflow's pages write for their own tools.
func (q *query) directives() (err error) {
	for q.take("@") {
		if q.next(); q.take("(") {
			if _, err = q.object(")", 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// fragment puts a fragment's fields in place; types have no meaning here.
func (q *query) fragment(depth int) ([]selected, error) {
	if err := q.counted(); err != nil {
		return nil, err
	}
	if q.take("on") {
		q.next()
	}
	if err := q.directives(); err != nil {
		return nil, err
	}
	if q.take("{") {
		return q.fields(depth)
	}
	body, ok := q.fragments[q.next()]
	if !ok || q.inside >= maxQueryDepth {
		return nil, badQuery("the query names a fragment that is not in it, or that holds itself")
	}
	q.inside++
	rest := q.words
	q.words = body
	list, err := q.fields(depth)
	q.words = rest
	q.inside--
	return list, err
}

func (q *query) object(end string, depth int) (map[string]any, error) {
	out := map[string]any{}
	for !q.take(end) {
		name := q.next()
		if !isName(name) || !q.take(":") {
			return nil, badQuery("%.40q is not the name of an argument", name)
		}
		v, err := q.value(depth + 1)
		if err != nil {
			return nil, err
		}
		out[snake(name)] = v
	}
	return out, nil
}

func (q *query) value(depth int) (any, error) {
	if depth > maxQueryDepth {
		return nil, badQuery("Query exceeds maximum depth of %d", maxQueryDepth)
	}
	switch w := q.next(); {
	case w == "{":
		return q.object("}", depth)
	case w == "[":
		list := []any{}
		for !q.take("]") {
			if q.peek() == "" {
				return nil, badQuery("a list has no end")
			}
			v, err := q.value(depth + 1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		return list, nil
	case w == "$":
		return snakeKeys(q.variables[q.next()]), nil
	case w == "true" || w == "false":
		return w == "true", nil
	case w == "null":
		return nil, nil
	case strings.HasPrefix(w, `"`):
		var s string
		if json.Unmarshal([]byte(w), &s) != nil {
			return nil, badQuery("%.40s is no text", w)
		}
		return s, nil
	case isName(w):
		return w, nil
	default:
		if _, err := strconv.ParseFloat(w, 64); err != nil {
			return nil, badQuery("%.40q is no value", w)
		}
		return json.Number(w), nil
	}
}
