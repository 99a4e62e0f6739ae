package cli

import (
	"context"
	"net/url"
	"slices"
	"strconv"

	"rondo/app/client"
	"rondo/backend/dataset"
	"rondo/backend/errs"
)

const maxRows = 1000 // of a sort, in one answer

// diffRows is data diff with the rows of each table that differ.
func (c *call) diffRows(ctx context.Context, name string, q url.Values) error {
	n, err := strconv.Atoi(c.value("rows"))
	if err != nil || n < 1 || n > maxRows {
		return errs.New(errs.Invalid, "--rows %s cannot be shown", c.value("rows")).WithHint("give a number from 1 to %d", maxRows)
	}
	api, err := c.api(ctx)
	if err != nil {
		return err
	}
	var d dataset.Diff
	err = c.followed(ctx, "data.progress", dataLine, func() error { return api.Get(ctx, dataPath(name, "diff")+"?"+q.Encode(), &d) })
	if err != nil {
		return err
	}
	q.Set("limit", strconv.Itoa(n))
	all := []dataset.RowChanges{}
	for _, t := range d.Tables {
		list, err := rowsOf(ctx, api, name, q, t)
		if err != nil {
			return err
		}
		all = append(all, list...)
	}
	if c.json {
		return c.sayJSON(all)
	}
	c.sayDiff(d)
	for _, r := range all {
		c.sayChangedRows(r)
	}
	return nil
}

// rowsOf asks for the rows of one table, of each sort that there is.
func rowsOf(ctx context.Context, api *client.Client, name string, q url.Values, t dataset.TableDiff) (all []dataset.RowChanges, err error) {
	for _, sort := range []struct {
		name string
		rows int64
	}{{dataset.FileChanged, t.Changed}, {dataset.FileAdded, t.Added}, {dataset.FileRemoved, t.Removed}} {
		if sort.rows == 0 {
			continue
		}
		q.Set("path", t.Path)
		q.Set("change", sort.name)
		var r dataset.RowChanges
		if err := api.Get(ctx, dataPath(name, "diff", "rows")+"?"+q.Encode(), &r); err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}

// sayChangedRows shows rows: of those that changed the key and the cells that differ.
func (c *call) sayChangedRows(r dataset.RowChanges) {
	c.say("\n%s, rows %s: %d of %d", shown(r.Path), r.Change, len(r.Rows), r.Total)
	columns := columnsToShow(r)
	head := []string{"  ROW"}
	for _, i := range columns {
		head = append(head, shown(r.Columns[i]))
	}
	rows := [][]string{head}
	for _, row := range r.Rows {
		line := []string{"  " + strconv.FormatInt(row.Number, 10)}
		for _, i := range columns {
			line = append(line, cellOf(row, i))
		}
		rows = append(rows, line)
	}
	c.table(rows)
}

// columnsToShow are all of them, or of rows that changed those of the key and those that differ in any.
func columnsToShow(r dataset.RowChanges) (list []int) {
	for i, name := range r.Columns {
		differs := func(row dataset.RowChange) bool { return slices.Contains(row.Differs, i) }
		if r.Change != dataset.FileChanged || slices.Contains(r.Key, name) || slices.ContainsFunc(r.Rows, differs) {
			list = append(list, i)
		}
	}
	return list
}

func cellOf(row dataset.RowChange, i int) string {
	cell := func(v string) string { return shown(clipped(v, maxCell)) }
	switch {
	case slices.Contains(row.Differs, i):
		return cell(row.From[i]) + " → " + cell(row.To[i])
	case row.To != nil:
		return cell(row.To[i])
	}
	return cell(row.From[i])
}
