package query

import (
	"context"
	"slices"

	"rondo/backend/dataset/table"
)

// Numbered are some rows of a table by their numbers from 0.
type Numbered struct {
	Columns []string // none where no row was asked for
	rows    map[int64][]string
}

// At reads a table up to the last of the rows that are wanted. A number below 0 is that of no row.
func At(ctx context.Context, f table.File, open table.Opener, wanted []int64) (p Numbered, err error) {
	last := int64(-1)
	p.rows = map[int64][]string{}
	for _, n := range wanted {
		if last = max(last, n); n >= 0 {
			p.rows[n] = nil
		}
	}
	if last < 0 {
		return p, nil
	}
	t, err := table.Open(f, open)
	if err != nil {
		return p, asked(f.Path, err)
	}
	defer t.Close()
	p.Columns = slices.Clone(t.Columns)
	return p, asked(f.Path, t.Each(ctx, func(n int64, row []string) (bool, error) {
		if _, wanted := p.rows[n]; wanted {
			p.rows[n] = slices.Clone(row)
		}
		return n < last, nil
	}))
}

// Row is a row's cells in the order of some columns, which the table has; nil where it was not asked for.
func (p Numbered) Row(n int64, columns []string) []string {
	row := p.rows[n]
	if row == nil {
		return nil
	}
	cells := make([]string, len(columns))
	for i, c := range columns {
		cells[i] = row[slices.Index(p.Columns, c)]
	}
	return cells
}
