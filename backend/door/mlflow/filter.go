package mlflow

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"rondo/backend/errs"
)

// grammar says what a search of the registry may filter and sort by.
type grammar struct {
	what         string
	text, number map[string]bool
	order        map[string]bool
	usually      []string // the order, and what decides between equals
}

// facts are what a filter sees of a model or version.
type facts struct {
	text   map[string]string
	number map[string]int64
	tags   map[string]string
}

// clause is one condition; a filter is clauses joined by AND.
type clause struct {
	tag    bool
	key    string
	op     string
	values []string
	number int64
}

// search filters and sorts a list that is in memory.
func search[T any](g grammar, all []T, look func(T) facts, filter string, orderBy []string) ([]T, error) {
	clauses, err := g.parse(filter)
	if err != nil {
		return nil, err
	}
	keys, err := g.keys(orderBy)
	if err != nil {
		return nil, err
	}
	type found struct {
		facts
		it T
	}
	var list []found
	for _, it := range all {
		f := look(it)
		if !slices.ContainsFunc(clauses, func(c clause) bool { return !c.holds(f) }) {
			list = append(list, found{f, it})
		}
	}
	slices.SortStableFunc(list, func(a, b found) int { return compare(keys, a.facts, b.facts) })
	out := make([]T, len(list))
	for i, f := range list {
		out[i] = f.it
	}
	return out, nil
}

func (c clause) holds(f facts) bool {
	if n, ok := f.number[c.key]; ok && !c.tag {
		return holdsOrder(c.op, cmp.Compare(n, c.number))
	}
	value, ok := f.text[c.key]
	if c.tag {
		value, ok = f.tags[c.key]
		if !ok { // clients ask this way for what is no prompt, and mean models without the tag
			return c.key == promptTag && c.op == "!="
		}
	}
	switch c.op {
	case "=":
		return ok && value == c.values[0]
	case "!=":
		return ok && value != c.values[0]
	case "LIKE":
		return like(value, c.values[0])
	case "ILIKE":
		return like(strings.ToLower(value), strings.ToLower(c.values[0]))
	case "IN":
		return slices.Contains(c.values, value)
	case "NOT IN":
		return !slices.Contains(c.values, value)
	}
	return false
}

func holdsOrder(op string, n int) bool {
	switch op {
	case "=":
		return n == 0
	case "!=":
		return n != 0
	case "<":
		return n < 0
	case "<=":
		return n <= 0
	case ">":
		return n > 0
	case ">=":
		return n >= 0
	}
	return false
}

// like compares with a pattern in which % stands for anything and _ for one character.
func like(s, pattern string) bool {
	text, want := []rune(s), []rune(pattern)
	i, j, star, back := 0, 0, -1, 0
	for i < len(text) {
		switch {
		case j < len(want) && want[j] == '%':
			star, back = j, i
			j++
		case j < len(want) && (want[j] == '_' || want[j] == text[i]):
			i, j = i+1, j+1
		case star >= 0:
			back++
			i, j = back, star+1
		default:
			return false
		}
	}
	for j < len(want) && want[j] == '%' {
		j++
	}
	return j == len(want)
}

type sortKey struct {
	key  string
	down bool
}

// keys reads order_by and adds the usual order for what is equal.
func (g grammar) keys(orderBy []string) (keys []sortKey, err error) {
	for i, text := range append(slices.Clone(orderBy), g.usually...) {
		words := strings.Fields(text)
		if len(words) == 0 || len(words) > 2 {
			return nil, errs.New(errs.Invalid, "Invalid order_by clause '%s'", short(text, 200))
		}
		k := sortKey{key: strings.Trim(words[0], "`\"")}
		if _, rest, ok := strings.Cut(k.key, "."); ok {
			k.key = rest
		}
		if len(words) == 2 {
			k.down = strings.EqualFold(words[1], "DESC")
			if !k.down && !strings.EqualFold(words[1], "ASC") {
				return nil, errs.New(errs.Invalid, "Invalid order_by clause '%s': want ASC or DESC", short(text, 200))
			}
		}
		if !g.order[k.key] {
			return nil, errs.New(errs.Invalid, "Invalid order by key '%s' specified for a %s", short(k.key, 200), g.what)
		}
		if i < len(orderBy) && slices.ContainsFunc(keys, func(o sortKey) bool { return o.key == k.key }) {
			return nil, errs.New(errs.Invalid, "`order_by` contains duplicate fields: %s", k.key)
		}
		keys = append(keys, k)
	}
	return keys, nil
}

func compare(keys []sortKey, a, b facts) int {
	for _, k := range keys {
		n := cmp.Or(cmp.Compare(a.number[k.key], b.number[k.key]), cmp.Compare(a.text[k.key], b.text[k.key]))
		if k.down {
			n = -n
		}
		if n != 0 {
			return n
		}
	}
	return 0
}

// check makes sure that a clause asks what can be asked.
func (g grammar) check(c *clause, quoted bool) error {
	wrong := func(format string, args ...any) error {
		return errs.New(errs.Invalid, "Invalid filter for a "+g.what+": "+format, args...)
	}
	switch {
	case !c.tag && !g.text[c.key] && !g.number[c.key]:
		return wrong("Invalid attribute key '%s' specified", short(c.key, 200))
	case !c.tag && g.number[c.key]:
		n, err := strconv.ParseInt(c.values[0], 10, 64)
		if err != nil || quoted || len(c.values) != 1 {
			return wrong("%s is compared with a whole number", c.key)
		}
		if c.number = n; !slices.Contains([]string{"=", "!=", "<", "<=", ">", ">="}, c.op) {
			return wrong("%s cannot be compared by %s", c.key, c.op)
		}
		return nil
	case !quoted:
		return wrong("the value of %s must be a string in quotes", short(c.key, 200))
	case strings.HasSuffix(c.op, "IN") && c.tag || !slices.Contains([]string{"=", "!=", "LIKE", "ILIKE", "IN", "NOT IN"}, c.op):
		return wrong("%s cannot be compared by %s", short(c.key, 200), c.op)
	}
	return nil
}
