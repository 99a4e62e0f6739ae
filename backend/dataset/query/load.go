package query

import (
	"context"
	"errors"
	"io"
	"slices"
	"strconv"

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
	kinds   []table.Kind // what the columns hold, by the first rows where the file does not say it
	wanted  []int        // the columns of which the question speaks
}

func askingOf(f Table, name, question string) (a asking, err error) {
	a = asking{Table: f, name: name}
	a.columns, a.kinds, err = guess(f)
	a.wanted = namedIn(question, a.columns)
	return a, asked(f.Path, err)
}

// shape is what SQLite has of the table.
func (a asking) shape() index.ScratchTable {
	s := index.ScratchTable{Name: a.name}
	for _, i := range a.wanted {
		s.Columns = append(s.Columns, index.ScratchColumn{Name: a.columns[i], Type: affinities[a.kinds[i]]})
	}
	return s
}

// fill loads the table. One that goes on otherwise than it began is loaded anew, so that all values of
// a column are of one kind.
func (a asking) fill(ctx context.Context, db *index.Scratch) (err error) {
	for {
		l := &loading{asking: a, now: slices.Clone(a.kinds)}
		if err = l.fill(ctx, db); err != nil || slices.Equal(l.now, a.kinds) {
			return asked(a.Path, err)
		}
		if err = db.Drop(ctx, a.name); err != nil {
			return err
		}
		a.kinds = l.now
	}
}

func guess(f Table) (columns []string, kinds []table.Kind, err error) {
	t, err := table.Open(f.Path, f.Open)
	if err != nil {
		return nil, nil, err
	}
	defer t.Close()
	columns, kinds = slices.Clone(t.Columns), make([]table.Kind, len(t.Columns))
	copy(kinds, t.Kinds)
	for range looked {
		row, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, err
		}
		for i, v := range row {
			kinds[i] = wider(kinds[i], v, t.Null(i))
		}
	}
	return columns, kinds, nil
}

// wider is the kind of a column that also holds v: numbers of both kinds are real, other mixtures text.
func wider(k table.Kind, v string, null bool) table.Kind {
	if null || k == table.Text {
		return k
	}
	var other table.Kind
	switch profile.Value(v).(type) {
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
	case k == table.Boolean || other == table.Boolean || other == table.Text:
		return table.Text
	}
	return table.Real
}

// loading is one pass through a table.
type loading struct {
	asking
	now  []table.Kind // what all columns hold by now
	rows int
}

// affinities are the types of SQLite: a number that is compared with a text column is compared as text,
// and the other way round. Flags are 1 and 0, as true and false are.
var affinities = map[table.Kind]string{table.Integer: "INTEGER", table.Real: "REAL", table.Boolean: "INTEGER", table.Text: "TEXT"}

func (l *loading) fill(ctx context.Context, db *index.Scratch) error {
	t, err := table.Open(l.Path, l.Open)
	if err != nil {
		return err
	}
	defer t.Close()
	values := make([]any, len(l.wanted))
	return db.Fill(ctx, l.shape(), func() ([]any, error) {
		for {
			row, err := t.Next()
			if err != nil {
				return nil, err
			}
			if l.rows++; l.rows > maxLoaded {
				return nil, errs.New(errs.TooLarge, "%s has more than %d rows", l.Path, maxLoaded).WithHint("ask DuckDB or pandas of the file itself: rondo data checkout")
			}
			l.take(t, row, values)
			if slices.Equal(l.now, l.kinds) {
				return values, nil
			}
			if err := ctx.Err(); err != nil { // what comes now is only looked at
				return nil, err
			}
		}
	})
}

// take puts what is wanted of a row into values.
func (l *loading) take(t *table.Reader, row []string, values []any) {
	for at, i := range l.wanted {
		v, null := row[i], t.Null(i)
		if t.Kinds == nil || t.Kinds[i] == table.Unknown {
			l.now[i] = wider(l.now[i], v, null)
		}
		values[at] = valueOf(l.now[i], v, t.Tells(), null)
	}
}

// valueOf is a field as SQLite takes it. Where the file tells null, no text is missing.
func valueOf(k table.Kind, v string, tells, null bool) any {
	value := profile.Value(v)
	if null || value == nil && (k != table.Text || !tells) {
		return nil
	}
	if k == table.Text {
		return v
	}
	if k == table.Real {
		if f, err := strconv.ParseFloat(v, 64); err == nil { // also Inf, which is no word of CSV
			return f
		}
		if n, ok := value.(int64); ok {
			return float64(n)
		}
	}
	return value
}
