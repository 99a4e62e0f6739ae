package dataset

import (
	"cmp"
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"rondo/backend/dataset/profile"
	"rondo/backend/dataset/rowdiff"
	"rondo/backend/dataset/table"
	"rondo/backend/errs"
)

// TableDiff counts how the rows of a table differ between two snapshots.
type TableDiff struct {
	Path string   `json:"path"`
	Key  []string `json:"key"` // columns that tell rows apart; without any a changed row counts as removed and added
	rowdiff.Counts
	Types   []Retype        `json:"types"`            // columns whose type is another now
	Shifts  []profile.Shift `json:"shifts,omitempty"` // how the values of the columns that both have are spread now and were before
	Problem string          `json:"problem,omitempty"`
}

// Retype is a column whose type changed.
type Retype struct {
	Column string `json:"column"`
	From   string `json:"from"`
	To     string `json:"to"`
}

// rows compares the rows of one file, by a key where one is given or found.
func (c *comparing) rows(ctx context.Context, f FileDiff, a, b Snapshot, key []string) (TableDiff, rowdiff.Which, error) {
	s := c.Service
	if err := cmp.Or(s.whatCame(a, f.From), s.whatCame(b, f.To)); err != nil {
		return TableDiff{Path: f.Path, Types: []Retype{}, Problem: err.Error() + "; " + errs.HintOf(err)}, rowdiff.Which{}, nil
	}
	from, to := c.opener(ctx, f.Path, f.From.Digest), c.opener(ctx, f.Path, f.To.Digest)
	types, candidates, err := s.columnsOf(ctx, f.Path, a, b)
	if err != nil {
		return TableDiff{}, rowdiff.Which{}, err
	}
	tries := append(candidates, nil)
	if len(key) > 0 {
		tries = [][]string{key}
	}
	for i, k := range tries {
		if i > 0 {
			c.again(f)
		}
		d := TableDiff{Path: f.Path, Key: append([]string{}, k...), Types: types}
		var which rowdiff.Which
		var err error
		d.Counts, which, err = rowdiff.Compare(ctx, c.file(f), from, to, k, filepath.Join(s.opts.Device, "tmp"))
		switch {
		case errors.Is(err, rowdiff.ErrTwice) && len(key) > 0:
			return d, which, errs.New(errs.Invalid, "%s does not tell the rows of %s apart: some have the same", strings.Join(key, ", "), f.Path).
				WithHint("name more columns, or none to compare whole rows")
		case errors.Is(err, rowdiff.ErrTwice):
			continue
		case errors.Is(err, table.ErrNotTable):
			d.Problem = err.Error()
		case err != nil:
			return d, which, err
		}
		return d, which, nil
	}
	return TableDiff{}, rowdiff.Which{}, errs.New(errs.Internal, "no way to compare %s", f.Path)
}

// columnsOf compares the types of the columns, and finds those that may be a key: all
// values differ in both profiles, ids first.
func (s *Service) columnsOf(ctx context.Context, file string, a, b Snapshot) (types []Retype, keys [][]string, err error) {
	types = []Retype{}
	before, err := s.tableProfile(ctx, a, file)
	if err != nil {
		return types, nil, err
	}
	after, err := s.tableProfile(ctx, b, file)
	if err != nil {
		return types, nil, err
	}
	was := map[string]profile.Column{}
	for _, c := range before.Columns {
		was[c.Name] = c
	}
	for _, c := range after.Columns {
		old, ok := was[c.Name]
		if from, to, other := retyped(old, c); ok && other {
			types = append(types, Retype{c.Name, from, to})
		}
		if ok && maybeKey(old) && maybeKey(c) {
			keys = append(keys, []string{c.Name})
		}
	}
	slices.SortStableFunc(keys, func(x, y []string) int { return idLike(y[0]) - idLike(x[0]) })
	return types, keys[:min(len(keys), 2)], nil
}

func (s *Service) tableProfile(ctx context.Context, snap Snapshot, file string) (profile.Table, error) {
	p, err := s.Profile(ctx, snap)
	if err != nil {
		return profile.Table{}, err
	}
	for _, t := range p.Tables {
		if t.Path == file || snap.Single {
			return t, nil
		}
	}
	return profile.Table{}, nil
}
