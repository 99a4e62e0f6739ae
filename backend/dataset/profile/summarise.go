// Package profile tells what a table holds: the type of each column, how its values are spread, which
// columns go together, and how far they lie from another table's. It reads a table once, in memory
// that does not grow with its rows, and draws no random numbers, so that the same data always has
// the same profile. Whether what it tells is good or bad is for others to judge.
package profile

import (
	"context"
	"fmt"
	"io"

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
	Header table.Header  `json:"header,omitempty"` // first or none: what was known of its first line

	Associations []Association `json:"associations"` // null in profiles from before there were any
}

// Form grows when tables are read otherwise than before: profiles of an earlier one are made anew.
const Form = 3

// Current reports whether a summary tells of rows as they are read now.
func (t Table) Current(header table.Header) bool { return t.Form == Form && t.Header == header }

// Summarise reads a table and describes its columns, in memory that does not grow with the
// number of rows. Lines that are no rows are counted and named beside it.
func Summarise(ctx context.Context, f table.File, open func() (io.ReadCloser, error)) (Table, error) {
	out := Table{Path: f.Path, Header: f.Header, Columns: []Column{}, Associations: []Association{}, Form: Form}
	var rs *rowSample
	t, columns, rows, err := gather(ctx, f, open, func(t *table.Reader, row []string) {
		if rs == nil {
			rs = newRowSample(len(row), t.Plain)
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
		if c.written != "" && (column.Type == Integer || column.Type == Number) {
			out.Notes = append(out.Notes, fmt.Sprintf("numbers of %s are taken as people write them: %q is %s", column.Name, c.written, t.Plain(c.written)))
		}
	}
	if rs != nil {
		out.Associations = rs.associations(out.Columns)
	}
	return out, nil
}
