package search

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"rondo/backend/errs"
)

// Space says what can be searched, in SQL. All its texts come from the program.
type Space struct {
	Plural     string                                 // such as "runs", for errors
	ID         string                                 // expression of a row's id, such as r.id
	Owner      string                                 // column of the tables below that holds the id
	Attributes map[string]Column                      // by every name they may have
	Metrics    SQL                                    // table of key and value, or a query of one in parentheses; empty: there are none
	Measured   func(Clause) (ids []string, err error) // finds rows by a metric; nil: Metrics does
	Params     string
	Tags       string
	Datasets   string            // table of name, digest, context
	TagColumns map[string]Column // tags that are kept in the row itself
}

// Column is an expression over a row.
type Column struct {
	Expr   string
	Number bool
}

// SQL is a piece of a statement with the values it binds.
type SQL struct {
	Text string
	Args []any
}

func (s *SQL) add(text string, args ...any) {
	s.Text += text
	s.Args = append(s.Args, args...)
}

// Where turns clauses into a condition that begins with AND, or nothing.
func (s Space) Where(list []Clause) (out SQL, err error) {
	for _, c := range list {
		one, err := s.clause(c)
		if err != nil {
			return out, err
		}
		out.add(" AND "+one.Text, one.Args...)
	}
	return out, nil
}

func (s Space) table(entity string) SQL {
	if entity == Metric {
		return s.Metrics
	}
	return SQL{Text: map[string]string{Param: s.Params, Tag: s.Tags, Dataset: s.Datasets}[entity]}
}

func (s Space) clause(c Clause) (out SQL, err error) {
	if c.Entity == Attribute {
		col, ok := s.Attributes[c.Key]
		if !ok {
			return out, s.unknown("filter", c.Pos, c.Key)
		}
		return c.compare(col)
	}
	if col, ok := s.TagColumns[c.Key]; ok && c.Entity == Tag {
		return c.compare(col)
	}
	table := s.table(c.Entity)
	if table.Text == "" {
		return out, fault("filter", c.Pos, "%s have no %ss to search by", s.Plural, c.Entity)
	}
	if c.Entity == Dataset {
		return s.dataset(c, table.Text)
	}
	cmp, err := c.compare(Column{Expr: "x.value", Number: c.Entity == Metric})
	if err != nil {
		return out, err
	}
	if c.Entity == Metric && s.Measured != nil {
		return s.measured(c)
	}
	out.add(s.ID+" IN (SELECT x."+s.Owner+" FROM "+table.Text+" x WHERE x.key=? AND ", append(slices.Clone(table.Args), c.Key)...)
	out.add(cmp.Text+")", cmp.Args...)
	return out, nil
}

func (s Space) measured(c Clause) (out SQL, err error) {
	ids, err := s.Measured(c)
	if err != nil {
		return out, err
	}
	b, err := json.Marshal(ids)
	out.add(s.ID+" IN (SELECT value FROM json_each(?))", string(b))
	return out, err
}

func (s Space) dataset(c Clause, table string) (out SQL, err error) {
	if c.Key != "name" && c.Key != "digest" && c.Key != "context" {
		return out, fault("filter", c.Pos, "a dataset has name, digest and context to search by, not %.40q", c.Key)
	}
	cmp, err := c.compare(Column{Expr: "x." + c.Key})
	if err != nil {
		return out, err
	}
	out.add(s.ID+" IN (SELECT x."+s.Owner+" FROM "+table+" x WHERE "+cmp.Text+")", cmp.Args...)
	return out, nil
}

func (s Space) unknown(what string, pos int, key string) error {
	names := slices.Sorted(maps.Keys(s.Attributes))
	return fault(what, pos, "%s have no attribute %.40q; they have %s", s.Plural, key, strings.Join(names, ", "))
}

// compare makes a condition on a column. NaN is kept as NULL, which is unequal to
// every number and in no other relation to any.
func (c Clause) compare(col Column) (out SQL, err error) {
	for _, v := range c.Values {
		if v.IsText == col.Number {
			want := "a text in quotes"
			if col.Number {
				want = "a number"
			}
			return out, fault("filter", v.Pos, "%.80q is compared with %s only", c.Key, want)
		}
	}
	if col.Number {
		return c.number(col)
	}
	switch c.Op {
	case "=", "LIKE":
		out.add(col.Expr+" "+c.Op+" ?", c.Values[0].Text)
	case "!=":
		out.add(col.Expr+" <> ?", c.Values[0].Text)
	case "ILIKE":
		out.add("lower("+col.Expr+") LIKE lower(?)", c.Values[0].Text)
	case "IN", "NOT IN":
		list := make([]string, len(c.Values))
		for i, v := range c.Values {
			list[i] = v.Text
		}
		b, err := json.Marshal(list)
		if err != nil {
			return out, errs.New(errs.Invalid, "filter: %w", err)
		}
		out.add(col.Expr+" "+c.Op+" (SELECT value FROM json_each(?))", string(b))
	default:
		return out, fault("filter", c.opPos, "%s compares numbers; a text wants = != LIKE ILIKE IN", c.Op)
	}
	return out, checkPattern(c)
}

const maxPattern = 5000 // bytes: SQLite refuses long ones, and they are slow

func checkPattern(c Clause) error {
	if strings.HasSuffix(c.Op, "LIKE") && len(c.Values[0].Text) > maxPattern {
		return fault("filter", c.Values[0].Pos, "a pattern has at most %d bytes", maxPattern)
	}
	return nil
}

func (c Clause) number(col Column) (out SQL, err error) {
	switch c.Op {
	case "=", "<", "<=", ">", ">=":
		out.add(col.Expr+" "+c.Op+" ?", c.Values[0].Number)
	case "!=":
		out.add("("+col.Expr+" IS NULL OR "+col.Expr+" <> ?)", c.Values[0].Number)
	default:
		return out, fault("filter", c.opPos, "%s compares texts; a number wants = != < <= > >=", c.Op)
	}
	return out, nil
}

// OrderBy turns orders into joins and a list to sort by, which ends in a comma unless
// it is empty. Missing values come last and NaN before them, in both directions.
func (s Space) OrderBy(list []Order) (join, by SQL, err error) {
	for i, o := range list {
		direction := " ASC, "
		if o.Desc {
			direction = " DESC, "
		}
		if col, ok := s.column(o); ok {
			by.add(col.Expr + " IS NULL, " + col.Expr + direction)
			continue
		}
		table := s.table(o.Entity)
		if o.Among.Text != "" {
			table = o.Among
		}
		switch {
		case o.Entity == Attribute:
			return join, by, s.unknown("order_by", o.Pos, o.Key)
		case table.Text == "" || o.Entity == Dataset:
			return join, by, fault("order_by", o.Pos, "%s cannot be ordered by %ss", s.Plural, o.Entity)
		}
		x := "o" + itoa(i)
		join.add(" LEFT JOIN "+table.Text+" "+x+" ON "+x+"."+s.Owner+"="+s.ID+" AND "+x+".key=?", append(slices.Clone(table.Args), o.Key)...)
		by.add(x + ".key IS NULL, " + x + ".value IS NULL, " + x + ".value" + direction)
	}
	return join, by, nil
}

// column finds what is kept in the row itself.
func (s Space) column(o Order) (col Column, ok bool) {
	switch o.Entity {
	case Attribute:
		col, ok = s.Attributes[o.Key]
	case Tag:
		col, ok = s.TagColumns[o.Key]
	}
	return col, ok
}
