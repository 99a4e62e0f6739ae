package search

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

func itoa(n int) string { return strconv.Itoa(n) }

// What a clause or an order is about.
const (
	Attribute = "attribute"
	Metric    = "metric"
	Param     = "param"
	Tag       = "tag"
	Dataset   = "dataset"
)

var entities = map[string]string{
	"metric": Metric, "metrics": Metric,
	"param": Param, "params": Param, "parameter": Param, "parameters": Param,
	"tag": Tag, "tags": Tag,
	"attribute": Attribute, "attributes": Attribute, "attr": Attribute, "run": Attribute,
	"dataset": Dataset, "datasets": Dataset,
}

// Clause is one comparison of a filter.
type Clause struct {
	Entity string
	Key    string
	Op     string  // = != < <= > >= LIKE ILIKE IN "NOT IN"
	Values []Value // one, or those of a list
	Pos    int     // of the name, for errors
	opPos  int     // of the comparison
}

// Value is what a clause compares with.
type Value struct {
	Text   string
	Number float64
	IsText bool
	Pos    int
}

const maxClauses = 100

// Parse reads a filter: clauses joined by AND. An empty one selects everything.
func Parse(filter string) ([]Clause, error) {
	p, err := newParser("filter", filter)
	if err != nil || p.peek().kind == end {
		return nil, err
	}
	var list []Clause
	for {
		c, err := p.clause()
		if err != nil {
			return nil, err
		}
		if list = append(list, c); len(list) > maxClauses {
			return nil, p.bad(p.peek(), "a filter has at most %d comparisons", maxClauses)
		}
		switch t := p.next(); {
		case t.kind == end:
			return list, nil
		case t.kind == word && strings.EqualFold(t.text, "and"):
		case t.kind == word && strings.EqualFold(t.text, "or"):
			return nil, p.bad(t, "OR is not known; only AND joins comparisons")
		default:
			return nil, p.bad(t, "want AND or the end, not %.40s", t)
		}
	}
}

type parser struct {
	what string
	list []token
	at   int
}

func newParser(what, in string) (*parser, error) {
	list, err := lex(what, in)
	return &parser{what: what, list: list}, err
}

func (p *parser) peek() token { return p.list[p.at] }

func (p *parser) next() token {
	t := p.list[p.at]
	if t.kind != end {
		p.at++
	}
	return t
}

func (p *parser) bad(t token, format string, args ...any) error {
	return fault(p.what, t.pos, format, args...)
}

// name reads [entity.]key.
func (p *parser) name() (entity, key string, err error) {
	t := p.next()
	switch t.kind {
	case quoted, either:
		return Attribute, t.text, nil
	case word:
	default:
		return "", "", p.bad(t, "want a name such as metrics.loss, not %.40s", t)
	}
	head, rest, dotted := strings.Cut(t.text, ".")
	if !dotted {
		return Attribute, p.spaced(t.text), nil
	}
	entity, known := entities[strings.ToLower(head)]
	if !known {
		return "", "", p.bad(t, "%.40s is none of metrics, params, tags, attributes and datasets", head)
	}
	if n := p.peek(); rest == "" && n.joined && (n.kind == quoted || n.kind == either) {
		rest = p.next().text
	}
	if rest == "" {
		return "", "", p.bad(t, "a name must follow %.40s.", head)
	}
	return entity, rest, nil
}

// spaced joins `run name`, which MLflow allows in two words.
func (p *parser) spaced(first string) string {
	if n := p.peek(); strings.EqualFold(first, "run") && n.kind == word && strings.EqualFold(n.text, "name") {
		p.next()
		return "run name"
	}
	return first
}

var symbols = map[string]string{"=": "=", "==": "=", "!=": "!=", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}

func (p *parser) op() (string, error) {
	t := p.next()
	if t.kind == symbol && symbols[t.text] != "" {
		return symbols[t.text], nil
	}
	if t.kind == word {
		switch upper := strings.ToUpper(t.text); upper {
		case "LIKE", "ILIKE", "IN":
			return upper, nil
		case "NOT":
			if n := p.next(); n.kind == word && strings.EqualFold(n.text, "in") {
				return "NOT IN", nil
			}
		}
	}
	return "", p.bad(t, "want a comparison (= != < <= > >= LIKE ILIKE IN), not %.40s", t)
}

func (p *parser) clause() (c Clause, err error) {
	c.Pos = p.peek().pos
	if c.Entity, c.Key, err = p.name(); err != nil {
		return c, err
	}
	c.opPos = p.peek().pos
	if c.Op, err = p.op(); err != nil {
		return c, err
	}
	if c.Op == "IN" || c.Op == "NOT IN" {
		c.Values, err = p.values()
		return c, err
	}
	v, err := p.value()
	c.Values = []Value{v}
	return c, err
}

func (p *parser) value() (Value, error) {
	t := p.next()
	switch t.kind {
	case text, either:
		return Value{Text: t.text, IsText: true, Pos: t.pos}, nil
	case word:
		if x, err := strconv.ParseFloat(t.text, 64); err == nil && !math.IsNaN(x) {
			return Value{Text: t.text, Number: x, Pos: t.pos}, nil
		}
		return Value{}, p.bad(t, "%.40s is neither a number nor a text in quotes", t)
	}
	return Value{}, p.bad(t, "want a number or a text in quotes, not %.40s", t)
}

const maxList = 1000

func (p *parser) values() (list []Value, err error) {
	if t := p.next(); t.text != "(" || t.kind != symbol {
		return nil, p.bad(t, "want ( and a list, not %.40s", t)
	}
	for {
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		if list = append(list, v); len(list) > maxList {
			return nil, p.bad(p.peek(), "a list has at most %d values", maxList)
		}
		switch t := p.next(); {
		case t.kind == symbol && t.text == ")":
			return list, nil
		case t.kind == symbol && t.text == ",":
		default:
			return nil, p.bad(t, "want , or ) in the list, not %.40s", t)
		}
	}
}

// Order is one key to sort by.
type Order struct {
	Entity, Key string
	Desc        bool
	Pos         int
	Among       SQL // in place of the space's table, where only some of its rows count
}

const maxOrders = 20

// ParseOrders reads what to sort by: each is [entity.]key with ASC or DESC.
func ParseOrders(in []string) (list []Order, err error) {
	if len(in) > maxOrders {
		return nil, fault("order_by", 1, "%d keys are over the limit of %d", len(in), maxOrders)
	}
	for _, s := range in {
		o, err := parseOrder(s)
		if err != nil {
			return nil, err
		}
		list = append(list, o)
	}
	return list, Distinct(list)
}

// Distinct refuses to sort by the same twice.
func Distinct(list []Order) error {
	for i, o := range list {
		same := func(p Order) bool {
			return p.Entity == o.Entity && p.Key == o.Key && p.Among.Text == o.Among.Text && slices.Equal(p.Among.Args, o.Among.Args)
		}
		if slices.ContainsFunc(list[:i], same) {
			return fault("order_by", o.Pos, "`order_by` contains duplicate fields: %.80q", o.Entity+"."+o.Key)
		}
	}
	return nil
}

func parseOrder(s string) (o Order, err error) {
	p, err := newParser("order_by", s)
	if err != nil {
		return o, err
	}
	o.Pos = p.peek().pos
	if o.Entity, o.Key, err = p.name(); err != nil {
		return o, err
	}
	t := p.next()
	if t.kind == word && (strings.EqualFold(t.text, "asc") || strings.EqualFold(t.text, "desc")) {
		o.Desc = strings.EqualFold(t.text, "desc")
		t = p.next()
	}
	if t.kind != end {
		return o, p.bad(t, "want ASC, DESC or the end, not %.40s", t)
	}
	return o, nil
}
