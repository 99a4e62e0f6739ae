package dataset

import (
	"context"
	"slices"

	"rondo/backend/dataset/query"
	"rondo/backend/dataset/rowdiff"
	"rondo/backend/dataset/table"
	"rondo/backend/errs"
	"rondo/backend/store"
)

const (
	maxChanges      = 1000    // rows of a page
	maxChangesBytes = 8 << 20 // of what their cells hold
)

// AskRows asks for rows of a table that differ between two snapshots.
type AskRows struct {
	From, To int      // as Diff has them
	Path     string   // of the table
	Key      []string // columns that tell rows apart; none: they are looked for
	Change   string   // changed, added or removed
	Offset   int64
	Limit    int // at most 1,000; 0: 100
}

// RowChanges are rows of one sort, in the order of the table now, or before where they are gone.
type RowChanges struct {
	Path    string      `json:"path"`
	Key     []string    `json:"key"`
	Change  string      `json:"change"`
	Columns []string    `json:"columns"` // those of the side that the rows are of; of changed ones those that both have; none where there are no rows
	Total   int64       `json:"total"`   // how many there are; the first 10,000 can be asked for
	Offset  int64       `json:"offset"`
	Rows    []RowChange `json:"rows"`

	FaultsFrom *table.Faults `json:"faults_from,omitempty"` // lines of either side that are no rows, which are not compared or numbered
	FaultsTo   *table.Faults `json:"faults_to,omitempty"`
}

// RowChange is one row, now and before.
type RowChange struct {
	Number  int64    `json:"number"`         // from 1, in the table now, or before where it is gone
	From    []string `json:"from,omitempty"` // none of one that was added
	To      []string `json:"to,omitempty"`   // none of one that is gone
	Differs []int    `json:"differs"`        // the columns whose cells are not the same, from 0
}

// RowChanges tells which rows of a table differ, cell by cell.
func (s *Service) RowChanges(ctx context.Context, name string, in AskRows) (out RowChanges, err error) {
	if in.Offset < 0 || in.Limit < 0 || in.Limit > maxChanges {
		return out, errs.New(errs.Invalid, "want an offset from 0 up and a limit from 1 to %d", maxChanges)
	}
	a, b, err := s.twoSnapshots(ctx, name, in.From, in.To)
	if err != nil {
		return out, err
	}
	f, err := s.inBoth(ctx, a, b, in.Path)
	if err != nil {
		return out, err
	}
	c := s.comparing(name, []FileDiff{f})
	defer s.follow("diff", name, &c.count, &c.of)()
	t, err := c.table(ctx, f, a, b, in.Key)
	if err != nil {
		return out, err
	}
	if t.Problem != "" {
		return out, errs.New(errs.Precondition, "%s: %s", f.Path, t.Problem)
	}
	pairs, total, err := t.sort(in.Change)
	if err != nil {
		return out, err
	}
	out = RowChanges{Path: f.Path, Key: t.Key, Change: in.Change, Total: total, Offset: in.Offset, Rows: []RowChange{}, FaultsFrom: t.FaultsFrom, FaultsTo: t.FaultsTo}
	from := min(in.Offset, int64(len(pairs)))
	limit := in.Limit
	if limit == 0 {
		limit = 100
	}
	return out, out.fill(ctx, c, f, pairs[from:min(from+int64(limit), int64(len(pairs)))])
}

// sort are the rows of one sort that are known by their numbers, and how many there are.
func (t compared) sort(change string) ([]rowdiff.Pair, int64, error) {
	switch change {
	case FileChanged:
		return t.which.Changed, t.Changed, nil
	case FileAdded:
		return t.which.Added, t.Added, nil
	case FileRemoved:
		return t.which.Removed, t.Removed, nil
	}
	return nil, 0, errs.New(errs.Invalid, "rows are changed, added or removed, and not %q", change)
}

// inBoth finds a table that both snapshots have.
func (s *Service) inBoth(ctx context.Context, a, b Snapshot, path string) (f FileDiff, err error) {
	var files [2]store.TreeFile
	for i, snap := range []Snapshot{a, b} {
		l, err := s.comparable(ctx, snap)
		if err != nil {
			return f, err
		}
		file, ok, err := l.Find(ctx, path)
		if err != nil {
			return f, err
		}
		if !ok || !table.Is(path) {
			return f, errs.New(errs.NotFound, "%s has no table %q", snap.Ref(), path).WithHint("rows are compared of tables that both snapshots have")
		}
		files[i] = file
	}
	return FileDiff{Path: path, Change: FileChanged, From: files[0], To: files[1]}, nil
}

// fill reads the rows and compares their cells.
func (out *RowChanges) fill(ctx context.Context, c *comparing, f FileDiff, pairs []rowdiff.Pair) error {
	var from, to []int64
	for _, p := range pairs {
		from, to = append(from, p.From), append(to, p.To)
	}
	before, err := query.At(ctx, c.file(f), c.Service.opener(ctx, f.From.Digest), from)
	if err != nil {
		return err
	}
	now, err := query.At(ctx, c.file(f), c.Service.opener(ctx, f.To.Digest), to)
	if err != nil {
		return err
	}
	out.Columns = sharedOf(before.Columns, now.Columns)
	size := 0
	for _, p := range pairs {
		row := RowChange{Number: 1 + p.From, From: before.Row(p.From, out.Columns), To: now.Row(p.To, out.Columns), Differs: []int{}}
		if p.To != rowdiff.None {
			row.Number = 1 + p.To
		}
		for i := range out.Columns {
			if row.From != nil && row.To != nil && row.From[i] != row.To[i] {
				row.Differs = append(row.Differs, i)
			}
		}
		if size += bytesOf(row.From) + bytesOf(row.To); size > maxChangesBytes && len(out.Rows) > 0 {
			return nil // the next page goes on here
		}
		out.Rows = append(out.Rows, row)
	}
	return nil
}

// sharedOf are the columns that both sides have, in the order of now; of one side alone all of it.
func sharedOf(before, now []string) []string {
	switch {
	case now == nil:
		return slices.Concat([]string{}, before)
	case before == nil:
		return slices.Concat([]string{}, now)
	}
	return slices.DeleteFunc(slices.Clone(now), func(c string) bool { return !slices.Contains(before, c) })
}

// bytesOf is how much the cells of a row hold.
func bytesOf(row []string) (n int) {
	for _, v := range row {
		n += len(v)
	}
	return n
}
