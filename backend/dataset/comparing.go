package dataset

import (
	"context"
	"errors"

	"rondo/backend/dataset/profile"
	"rondo/backend/dataset/table"
	"rondo/backend/ref"
	"rondo/backend/store"
)

// comparing is a comparison of tables that tells how far it has come. A table is read as often
// as its rows are tried by a key, and once for how its values are spread.
type comparing struct {
	*Service
	header table.Header
	count  store.Count
	of     total
	done   int64 // bytes of the readings that have ended
}

func (s *Service) comparing(name string, tables []FileDiff) *comparing {
	c := &comparing{Service: s, header: s.headerOf(name)}
	for _, f := range tables {
		c.of.more(1, bothSides(f)*c.readings())
	}
	return c
}

// readings is how often a table is read at least.
func (c *comparing) readings() int64 {
	if c.opts.Compare == nil {
		return 1
	}
	return 2
}

func bothSides(f FileDiff) int64 { return f.From.Size + f.To.Size }

// again says that a table must be read once more.
func (c *comparing) again(f FileDiff) {
	c.of.more(0, bothSides(f))
	c.read(f)
}

// read says that a table was read, of which some formats need not every byte.
func (c *comparing) read(f FileDiff) {
	c.done += bothSides(f)
	c.count.Bytes.Store(c.done)
}

// table compares one table: its rows, its columns, and how the values of those are spread.
func (c *comparing) table(ctx context.Context, f FileDiff, a, b Snapshot, key []string) (compared, error) {
	defer c.count.Add(1, 0)
	id := comparisonOf(c.file(f), f, key)
	if known, ok := c.compared.get(id); ok {
		c.read(f)
		return known, nil
	}
	t, err := c.whole(ctx, f, a, b, key)
	if err == nil && t.Problem == "" {
		c.compared.put(id, t)
	}
	return t, err
}

func (c *comparing) whole(ctx context.Context, f FileDiff, a, b Snapshot, key []string) (t compared, err error) {
	t.TableDiff, t.which, err = c.rows(ctx, f, a, b, key)
	c.read(f)
	if err != nil || c.opts.Compare == nil {
		return t, err
	}
	defer c.read(f)
	if t.Problem == "" {
		t.Shifts, err = c.shifts(ctx, f)
	}
	return t, err
}

// file is the table's, whose path both snapshots have.
func (c *comparing) file(f FileDiff) table.File { return table.File{Path: f.Path, Header: c.header} }

// opener opens a table's file and counts what is read of it.
func (c *comparing) opener(ctx context.Context, name string, d ref.Digest) table.Opener {
	return counting(&c.count, name, c.Service.opener(ctx, d))
}

// shifts says how far the columns that both forms of a table have moved; a file that is no table
// after all has none.
func (c *comparing) shifts(ctx context.Context, f FileDiff) ([]profile.Shift, error) {
	list, err := profile.Spreads(ctx, c.file(f), c.opener(ctx, f.Path, f.From.Digest), c.opener(ctx, f.Path, f.To.Digest))
	if errors.Is(err, table.ErrNotTable) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return c.opts.Compare(list), nil
}
