// Package rowdiff counts how the rows of two tables differ. It knows rows by their hashes only, so
// that tables larger than the memory can be compared. Which rows they are it does not say, and what
// the columns hold is for package profile.
package rowdiff

import (
	"context"
	"errors"
	"hash/maphash"
	"io"
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
}

// ErrTwice says that a key does not tell all rows apart.
var ErrTwice = errs.New(errs.Invalid, "two rows have the same key")

// Compare counts how the rows of two tables differ in the columns that they share, in memory
// that is bounded: rows are dealt out by their hash into parts, which are compared one after the
// other, in temporary files in tmp where they are large. Rows are told apart by the columns of
// key; without any, a changed row counts as removed and added. A key that is not unique in both
// is ErrTwice, one that is no column an error of kind Invalid.
func Compare(ctx context.Context, name string, from, to table.Opener, key []string, tmp string) (Counts, error) {
	d := Counts{ColumnsAdded: []string{}, ColumnsRemoved: []string{}}
	shared, err := sharedColumns(&d, name, from, to)
	if err != nil {
		return d, err
	}
	for _, k := range key {
		if !slices.Contains(shared, k) {
			return d, errs.New(errs.Invalid, "there is no column %q in both snapshots of %s", k, name).
				WithHint("columns they share: %s", strings.Join(shared, ", "))
		}
	}
	hashes := [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}
	var sides [2]*parts
	for i, open := range []table.Opener{from, to} {
		sides[i] = newParts(tmp)
		defer sides[i].close()
		h := hasher{seeds: hashes, shared: shared, key: key}
		if err := h.deal(ctx, name, open, sides[i]); err != nil {
			return d, err
		}
	}
	return d, d.count(ctx, sides, len(key) > 0)
}

func sharedColumns(d *Counts, name string, from, to table.Opener) (shared []string, err error) {
	var columns [2][]string
	for i, open := range []table.Opener{from, to} {
		t, err := table.Open(name, open)
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

// deal hashes every row into its part.
func (h *hasher) deal(ctx context.Context, name string, open table.Opener, into *parts) error {
	t, err := table.Open(name, open)
	if err != nil {
		return err
	}
	defer t.Close()
	all, key := indexes(t.Columns, h.shared), indexes(t.Columns, h.key)
	for n := 1; ; n++ {
		row, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if n%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		whole := h.of(row, all)
		k := whole
		if len(key) > 0 {
			k = h.of(row, key)
		}
		if err := into.add(k, whole); err != nil {
			return err
		}
	}
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
func (d *Counts) count(ctx context.Context, sides [2]*parts, keyed bool) error {
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

func (d *Counts) countAll(old, fresh []dealt) {
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
		}
	}
	for _, n := range left {
		d.Removed += n
	}
}

func (d *Counts) countKeyed(old, fresh []dealt) error {
	before := make(map[hash]hash, len(old))
	for _, r := range old {
		before[r.key] = r.row
	}
	seen := make(map[hash]bool, len(fresh))
	for _, r := range fresh {
		was, ok := before[r.key]
		switch {
		case !ok:
			d.Added++
		case was == r.row:
			d.Same++
		default:
			d.Changed++
		}
		seen[r.key] = true
	}
	for k := range before {
		if !seen[k] {
			d.Removed++
		}
	}
	if len(before) < len(old) || len(seen) < len(fresh) {
		return ErrTwice
	}
	return nil
}
