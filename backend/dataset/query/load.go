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

// fill loads a table. What a column holds is guessed by the first rows where the file does not say
// it; a table that goes on otherwise is loaded anew, so that all values of a column are of one kind.
func fill(ctx context.Context, db *index.Scratch, name string, f Table) error {
	kinds, err := guess(f)
	for err == nil {
		l := &loading{path: f.Path, kinds: slices.Clone(kinds)}
		if err = l.fill(ctx, db, name, f.Open, kinds); err != nil || slices.Equal(l.kinds, kinds) {
			break
		}
		kinds, err = l.kinds, db.Drop(ctx, name)
	}
	return asked(f.Path, err)
}

func guess(f Table) ([]table.Kind, error) {
	t, err := table.Open(f.Path, f.Open)
	if err != nil {
		return nil, err
	}
	defer t.Close()
	kinds := make([]table.Kind, len(t.Columns))
	copy(kinds, t.Kinds)
	for range looked {
		row, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		for i, v := range row {
			kinds[i] = wider(kinds[i], v, t.Null(i))
		}
	}
	return kinds, nil
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
	path  string
	kinds []table.Kind // what its columns hold by now
	rows  int
}

// affinities are the types of SQLite: a number that is compared with a text column is compared as text,
// and the other way round. Flags are 1 and 0, as true and false are.
var affinities = map[table.Kind]string{table.Integer: "INTEGER", table.Real: "REAL", table.Boolean: "INTEGER", table.Text: "TEXT"}

func (l *loading) fill(ctx context.Context, db *index.Scratch, name string, open table.Opener, kinds []table.Kind) error {
	t, err := table.Open(l.path, open)
	if err != nil {
		return err
	}
	defer t.Close()
	columns := make([]index.ScratchColumn, len(t.Columns))
	for i, c := range t.Columns {
		columns[i] = index.ScratchColumn{Name: c, Type: affinities[kinds[i]]}
	}
	values := make([]any, len(columns))
	return db.Fill(ctx, name, columns, func() ([]any, error) {
		for {
			row, err := t.Next()
			if err != nil {
				return nil, err
			}
			if l.rows++; l.rows > maxLoaded {
				return nil, errs.New(errs.TooLarge, "%s has more than %d rows", l.path, maxLoaded).WithHint("ask DuckDB or pandas of the file itself: rondo data checkout")
			}
			for i, v := range row {
				if t.Kinds == nil || t.Kinds[i] == table.Unknown {
					l.kinds[i] = wider(l.kinds[i], v, t.Null(i))
				}
				values[i] = valueOf(l.kinds[i], v, t.Tells(), t.Null(i))
			}
			if slices.Equal(l.kinds, kinds) {
				return values, nil
			}
			if err := ctx.Err(); err != nil { // what comes now is only looked at
				return nil, err
			}
		}
	})
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
