// Package rowdiff counts how the rows of two tables differ, and says by their numbers which the first
// of them are. It knows rows by their hashes only, so that tables larger than the memory can be
// compared. What the columns hold is for package profile.
package rowdiff

import (
	"context"
	"hash/maphash"
	"slices"
	"strings"

	"rondo/backend/dataset/table"
	"rondo/backend/errs"
)

// Counts say how the rows of a table differ from those of another.
type Counts struct {
	Added          int64    `json:"added"`
	Removed        int64    `json:"removed"`
	Changed        int64    `json:"changed"`
	Same           int64    `json:"same"`
	ColumnsAdded   []string `json:"columns_added"`
	ColumnsRemoved []string `json:"columns_removed"`

	FaultsFrom *table.Faults `json:"faults_from,omitempty"` // lines that are no rows, which are not compared
	FaultsTo   *table.Faults `json:"faults_to,omitempty"`
}

// ErrTwice says that a key does not tell all rows apart.
var ErrTwice = errs.New(errs.Invalid, "two rows have the same key")

// Compare counts how the rows of two tables differ in the columns that they share, in memory
// that is bounded: rows are dealt out by their hash into parts, which are compared one after the
// other, in temporary files in tmp where they are large. Rows are told apart by the columns of
// key; without any, a changed row counts as removed and added. A key that is not unique in both
// is ErrTwice, one that is no column an error of kind Invalid.
func Compare(ctx context.Context, f table.File, from, to table.Opener, key []string, tmp string) (Counts, Which, error) {
	d := comparison{Counts: Counts{ColumnsAdded: []string{}, ColumnsRemoved: []string{}}}
	err := d.compare(ctx, f, from, to, key, tmp)
	return d.Counts, d.which(), err
}

// comparison is what two tables have been found to differ in so far.
type comparison struct {
	Counts
	added, removed, changed firsts
}

func (d *comparison) compare(ctx context.Context, f table.File, from, to table.Opener, key []string, tmp string) error {
	shared, err := sharedColumns(&d.Counts, f, from, to)
	if err != nil {
		return err
	}
	for _, k := range key {
		if !slices.Contains(shared, k) {
			return errs.New(errs.Invalid, "there is no column %q in both snapshots of %s", k, f.Path).
				WithHint("columns they share: %s", strings.Join(shared, ", "))
		}
	}
	hashes := [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}
	var sides [2]*parts
	var faults [2]*table.Faults
	for i, open := range []table.Opener{from, to} {
		sides[i] = newParts(tmp)
		defer sides[i].close()
		h := hasher{seeds: hashes, shared: shared, key: key}
		if faults[i], err = h.deal(ctx, f, open, sides[i]); err != nil {
			return err
		}
	}
	d.FaultsFrom, d.FaultsTo = faults[0], faults[1]
	return d.count(ctx, sides, len(key) > 0)
}

func sharedColumns(d *Counts, f table.File, from, to table.Opener) (shared []string, err error) {
	var columns [2][]string
	for i, open := range []table.Opener{from, to} {
		t, err := table.Open(f, open)
		if err != nil {
			return nil, err
		}
		t.Close()
		columns[i] = t.Columns
	}
	for _, c := range columns[0] {
		if slices.Contains(columns[1], c) {
			shared = append(shared, c)
		} else {
			d.ColumnsRemoved = append(d.ColumnsRemoved, c)
		}
	}
	for _, c := range columns[1] {
		if !slices.Contains(columns[0], c) {
			d.ColumnsAdded = append(d.ColumnsAdded, c)
		}
	}
	return shared, nil
}

// hash is 128 bits of a row; two rows share one by accident once in 2⁶⁴ rows.
type hash [2]uint64

type hasher struct {
	seeds       [2]maphash.Seed
	shared, key []string
	buffer      []byte
}

// deal hashes every row into its part, and returns the lines that are none.
func (h *hasher) deal(ctx context.Context, f table.File, open table.Opener, into *parts) (*table.Faults, error) {
	t, err := table.Open(f, open)
	if err != nil {
		return nil, err
	}
	defer t.Close()
	all, key := indexes(t.Columns, h.shared), indexes(t.Columns, h.key)
	err = t.Each(ctx, func(n int64, row []string) (bool, error) {
		whole := h.of(row, all)
		k := whole
		if len(key) > 0 {
			k = h.of(row, key)
		}
		return true, into.add(dealt{k, whole, n})
	})
	return t.Faults(), err
}

func indexes(columns, wanted []string) []int {
	list := make([]int, len(wanted))
	for i, w := range wanted {
		list[i] = slices.Index(columns, w)
	}
	return list
}

// of hashes fields so that ["a","bc"] and ["ab","c"] differ.
func (h *hasher) of(row []string, fields []int) hash {
	h.buffer = h.buffer[:0]
	for _, i := range fields {
		h.buffer = append(h.buffer, row[i]...)
		h.buffer = append(h.buffer, 0xff) // in no UTF-8 text
	}
	return hash{maphash.Bytes(h.seeds[0], h.buffer), maphash.Bytes(h.seeds[1], h.buffer)}
}

// count compares the parts one by one.
func (d *comparison) count(ctx context.Context, sides [2]*parts, keyed bool) error {
	for i := range partCount {
		if err := ctx.Err(); err != nil {
			return err
		}
		old, err := sides[0].load(i)
		if err != nil {
			return err
		}
		fresh, err := sides[1].load(i)
		if err != nil {
			return err
		}
		if !keyed {
			d.countAll(old, fresh)
		} else if err := d.countKeyed(old, fresh); err != nil {
			return err
		}
	}
	return nil
}

func (d *comparison) countAll(old, fresh []dealt) {
	left := make(map[hash]int64, len(old))
	for _, r := range old {
		left[r.row]++
	}
	for _, r := range fresh {
		if left[r.row] > 0 {
			left[r.row]--
			d.Same++
		} else {
			d.Added++
			d.added.add(Pair{None, r.number})
		}
	}
	for _, r := range old {
		if left[r.row] > 0 {
			left[r.row]--
			d.Removed++
			d.removed.add(Pair{r.number, None})
		}
	}
}

func (d *comparison) countKeyed(old, fresh []dealt) error {
	before := make(map[hash]int, len(old)) // the place in old
	for i, r := range old {
		before[r.key] = i
	}
	seen := make(map[hash]bool, len(fresh))
	for _, r := range fresh {
		i, ok := before[r.key]
		switch {
		case !ok:
			d.Added++
			d.added.add(Pair{None, r.number})
		case old[i].row == r.row:
			d.Same++
		default:
			d.Changed++
			d.changed.add(Pair{old[i].number, r.number})
		}
		seen[r.key] = true
	}
	for k, i := range before {
		if !seen[k] {
			d.Removed++
			d.removed.add(Pair{old[i].number, None})
		}
	}
	if len(before) < len(old) || len(seen) < len(fresh) {
		return ErrTwice
	}
	return nil
}
