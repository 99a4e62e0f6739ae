package query

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"rondo/backend/dataset/profile"
	"rondo/backend/dataset/table"
	"rondo/backend/errs"
	"rondo/backend/index"
)

const looked = 100 // rows by which it is guessed what a column holds

// asking is a table of which a question speaks.
type asking struct {
	Table
	name    string
	columns []string
	kinds   []table.Kind // what the columns hold: as the file or the profile says, else by the first rows
	exact   bool         // what the wanted columns hold is no guess
	wanted  []int        // the columns of which the question speaks
}

func askingOf(f Table, name, question string) (a asking, err error) {
	a = asking{Table: f, name: name}
	open, err := a.guess()
	if err != nil {
		return a, asked(f.Path, err)
	}
	apart(a.columns)
	a.wanted = namedIn(question, a.columns)
	a.exact = !slices.ContainsFunc(a.wanted, func(i int) bool { return open[i] })
	return a, nil
}

// apart tells columns apart whose names SQLite takes for the same.
func apart(columns []string) {
	taken := map[string]bool{}
	for _, c := range columns {
		taken[c] = true
	}
	seen := map[string]bool{}
	for i, c := range columns {
		for n := 2; seen[strings.ToLower(columns[i])]; n++ {
			if fresh := fmt.Sprintf("%s_%d", c, n); !taken[fresh] {
				columns[i] = fresh
			}
		}
		seen[strings.ToLower(columns[i])] = true
	}
}

// shape is what SQLite has of the table.
func (a asking) shape() index.ScratchTable {
	s := index.ScratchTable{Name: a.name}
	for _, i := range a.wanted {
		s.Columns = append(s.Columns, index.ScratchColumn{Name: a.columns[i], Type: affinities[a.kinds[i]]})
	}
	return s
}

// guess looks at the first rows. What a column holds is open where neither the file nor the profile says it.
func (a *asking) guess() (open []bool, err error) {
	t, err := table.Open(a.File, a.Open)
	if err != nil {
		return nil, err
	}
	defer t.Close()
	a.columns, a.kinds, open = slices.Clone(t.Columns), make([]table.Kind, len(t.Columns)), make([]bool, len(t.Columns))
	copy(a.kinds, t.Kinds)
	for i := range open {
		open[i] = a.kinds[i] == table.Unknown
	}
	for range looked {
		row, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		for i, v := range row {
			if open[i] && !t.Null(i) {
				a.kinds[i] = wider(a.kinds[i], profile.Value(t.Plain(v)))
			}
		}
	}
	for i := range open {
		if open[i] && a.Known != nil && i < len(a.Known.Columns) && a.Known.Columns[i].Name == a.columns[i] {
			if k, sure := kindOf(a.Known.Columns[i]); sure {
				a.kinds[i], open[i] = k, false
			}
		}
	}
	return open, nil
}

// kindOf is what a column holds by its profile, where that is sure.
func kindOf(c profile.Column) (table.Kind, bool) {
	least, small := c.Min.(float64)
	most, large := c.Max.(float64)
	switch {
	case c.Type == profile.Integer:
		return table.Integer, small && large && least > -exact && most < exact
	case c.Type == profile.Number:
		return table.Real, true
	case c.Type == profile.Boolean: // of which 1 and 0 are some
		digit := func(v profile.Category) bool { return v.Value == "0" || v.Value == "1" }
		return table.Boolean, len(c.Categories) > 0 && !slices.ContainsFunc(c.Categories, digit)
	case c.Type == profile.Empty:
		return table.Unknown, true
	}
	return table.Text, true
}

// wider is the kind of a column that also holds a value: numbers of both kinds are real, other mixtures text.
func wider(k table.Kind, value any) table.Kind {
	var other table.Kind
	switch value.(type) {
	case nil:
		return k
	case int64:
		other = table.Integer
	case float64:
		other = table.Real
	case bool:
		other = table.Boolean
	default:
		other = table.Text
	}
	switch {
	case k == table.Unknown || k == other:
		return other
	case k == table.Boolean || other == table.Boolean || k == table.Text || other == table.Text:
		return table.Text
	}
	return table.Real
}

// affinities are the types of SQLite: a number that is compared with a text column is compared as text,
// and the other way round. Flags are 1 and 0, as true and false are.
var affinities = map[table.Kind]string{table.Integer: "INTEGER", table.Real: "REAL", table.Boolean: "INTEGER", table.Text: "TEXT"}

// loading is one pass through a table.
type loading struct {
	asking
	t    *table.Reader
	now  []table.Kind // what all columns hold by now
	open []bool       // columns that may hold something else than they do by now
	rows int

	other bool // now is not what it was at the beginning
}

func (a asking) loading() (*loading, error) {
	t, err := table.Open(a.File, a.Open)
	if err != nil {
		return nil, err
	}
	l := &loading{asking: a, t: t, now: slices.Clone(a.kinds), open: make([]bool, len(a.kinds))}
	for i := range l.open {
		l.open[i] = t.Kinds == nil || t.Kinds[i] == table.Unknown
	}
	return l, nil
}

// take puts what is wanted of the next row into values.
func (l *loading) take(values []any) error {
	row, err := l.t.Next()
	if err != nil {
		return err
	}
	l.rows++
	for at, i := range l.wanted {
		values[at] = nil
		switch v := row[i]; {
		case l.t.Null(i):
		case l.now[i] == table.Text: // where the file tells null, no text is missing
			if l.t.Tells() || !profile.Missing(v) {
				values[at] = v
			}
		default:
			plain := l.t.Plain(v)
			value := profile.Value(plain)
			if l.open[i] {
				l.widen(i, value)
			}
			values[at] = as(l.now[i], plain, value)
		}
	}
	return nil
}

func (l *loading) widen(i int, value any) {
	if k := wider(l.now[i], value); k != l.now[i] {
		l.now[i], l.other = k, true
	}
}

// as is a value as SQLite takes it in a column of a kind.
func as(k table.Kind, v string, value any) any {
	switch {
	case value == nil:
		return nil
	case k == table.Text:
		return v
	case k != table.Real:
		return value
	}
	if n, ok := value.(int64); ok {
		return float64(n)
	}
	if _, ok := value.(float64); !ok {
		if f, err := strconv.ParseFloat(v, 64); err == nil { // Inf, which is no word of CSV
			return f
		}
	}
	return value
}

// fill loads the table. One that goes on otherwise than it began is loaded anew, so that all values of
// a column are of one kind.
func (a asking) fill(ctx context.Context, db *index.Scratch) (faults *table.Faults, err error) {
	for {
		l, err := a.loading()
		if err == nil {
			faults, err = l.fill(ctx, db)
		}
		if err != nil || !l.other {
			return faults, asked(a.Path, err)
		}
		if err = db.Drop(ctx, a.name); err != nil {
			return nil, err
		}
		a.kinds = l.now
	}
}

func (l *loading) fill(ctx context.Context, db *index.Scratch) (*table.Faults, error) {
	rows, stop := ahead(ctx, len(l.wanted), func(values []any) error {
		for {
			if err := l.take(values); err != nil {
				return err
			}
			if l.rows > maxLoaded {
				return errs.New(errs.TooLarge, "%s has more than %d rows", l.Path, maxLoaded).WithHint("ask DuckDB or pandas of the file itself: rondo data checkout")
			}
			if !l.other {
				return nil
			}
			if err := ctx.Err(); err != nil { // what comes now is only looked at
				return err
			}
		}
	})
	err := db.Fill(ctx, l.shape(), rows)
	stop()
	l.t.Close()
	return l.t.Faults(), err
}
