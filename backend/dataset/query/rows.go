// Package query answers questions of tables: which rows follow each other from one on, and whatever
// can be asked in SQL. Both are bounded in rows, bytes and time. It knows files that can be opened;
// of which snapshot they are, and whether they are here, is known to who asks.
package query

import (
	"context"
	"errors"
	"slices"

	"rondo/backend/dataset/table"
	"rondo/backend/errs"
)

// Rows is a page of a table.
type Rows struct {
	File    string     `json:"file"`
	Columns []string   `json:"columns"`
	Rows    [][]string `json:"rows"`
	Offset  int64      `json:"offset"`
	Total   int64      `json:"total"` // as the profile counted them; 0 while it is being made

	Faults *table.Faults `json:"faults,omitempty"` // lines that are no rows, which are not numbered: of all of the table where it has a profile, else up to the last row here
}

const (
	maxPage      = 1000
	maxPageBytes = 8 << 20
)

// Page returns some rows of a table, from offset on: limit, or 100 where that is 0.
func Page(ctx context.Context, f table.File, open table.Opener, offset int64, limit int) (Rows, error) {
	out := Rows{File: f.Path, Columns: []string{}, Rows: [][]string{}, Offset: offset}
	if offset < 0 || limit < 0 || limit > maxPage {
		return out, errs.New(errs.Invalid, "want an offset from 0 up and a limit from 1 to %d", maxPage)
	}
	if limit == 0 {
		limit = 100
	}
	t, err := table.Open(f, open)
	if err != nil {
		return out, asked(f.Path, err)
	}
	defer t.Close()
	out.Columns = t.Columns
	err = asked(f.Path, out.fill(ctx, t, limit))
	out.Faults = t.Faults()
	return out, err
}

// asked turns a fault in a table into an answer to the one who asked for its rows.
func asked(file string, err error) error {
	if errors.Is(err, table.ErrNotTable) {
		return errs.New(errs.Precondition, "%s cannot be read as a table: %w", file, err).WithHint("%s", errs.HintOf(err))
	}
	return err
}

func (out *Rows) fill(ctx context.Context, t *table.Reader, limit int) error {
	size := 0
	return t.Each(ctx, func(n int64, row []string) (bool, error) {
		if n < out.Offset {
			return true, nil
		}
		for _, v := range row {
			size += len(v)
		}
		out.Rows = append(out.Rows, slices.Clone(row))
		return len(out.Rows) < limit && size < maxPageBytes, nil
	})
}
