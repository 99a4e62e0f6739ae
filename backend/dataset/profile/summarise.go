// Package profile tells what a table holds: the type of each column, how its values are spread, which
// columns go together, and how far they lie from another table's. It reads a table once, in memory
// that does not grow with its rows, and draws no random numbers, so that the same data always has
// the same profile. Whether what it tells is good or bad is for others to judge.
package profile

import (
	"context"
	"errors"
	"io"
	"strings"

	"rondo/backend/dataset/background"
	"rondo/backend/dataset/table"
)

// Table is the summary of one table: a CSV, JSON lines or Parquet file.
type Table struct {
	Path    string   `json:"path"`
	Rows    int64    `json:"rows"`
	Columns []Column `json:"columns"`
	Problem string   `json:"problem,omitempty"` // why it is kept, but not looked into

	Faults *table.Faults `json:"faults,omitempty"` // its lines that are no rows; all else is told of the rows
	Notes  []string      `json:"notes,omitempty"`  // what a person may not expect of it
	Form   int           `json:"form,omitempty"`   // of what made it

	Associations []Association `json:"associations"` // null in profiles from before there were any
}

// Form grows when tables are read otherwise than before: profiles of an earlier one are made anew.
const Form = 2

// Summarise reads a table and describes its columns, in memory that does not grow with the
// number of rows. Lines that are no rows are counted and named beside it.
func Summarise(ctx context.Context, name string, open func() (io.ReadCloser, error)) (Table, error) {
	out := Table{Path: name, Columns: []Column{}, Associations: []Association{}, Form: Form}
	var rs *rowSample
	t, columns, rows, err := gather(ctx, name, open, func(row []string) {
		if rs == nil {
			rs = newRowSample(len(row))
		}
		rs.add(row)
	})
	out.Rows = rows
	if err != nil {
		return out, err
	}
	out.Faults, out.Notes = t.Faults(), t.Notes
	for i, c := range columns {
		column := c.column(t.Columns[i], out.Rows)
		if t.Types != nil {
			column.Declared = t.Types[i]
		}
		out.Columns = append(out.Columns, column)
	}
	if rs != nil {
		out.Associations = rs.associations(out.Columns)
	}
	return out, nil
}

// gather reads a table to its end, each column into a summary; also may see its rows. The
// table is closed.
func gather(ctx context.Context, name string, open table.Opener, also func(row []string)) (t *table.Reader, columns []*summary, rows int64, err error) {
	if t, err = table.Open(name, open); err != nil {
		return nil, nil, 0, err
	}
	defer t.Close()
	columns = make([]*summary, len(t.Columns))
	for i := range columns {
		columns[i] = newSummary(len(columns))
	}
	for {
		row, err := t.Next()
		if errors.Is(err, io.EOF) {
			return t, columns, rows, nil
		}
		if err != nil {
			return t, columns, rows, err
		}
		if rows++; rows%4096 == 0 {
			if err := background.GiveWay(ctx); err != nil {
				return t, columns, rows, err
			}
		}
		for i, v := range row {
			switch {
			case !t.Tells():
				columns[i].add(v)
			case t.Null(i) || t.Kinds[i] == table.Real && v == "NaN":
				columns[i].missing++
			default:
				columns[i].value(strings.TrimSpace(v))
			}
		}
		if also != nil {
			also(row)
		}
	}
}
