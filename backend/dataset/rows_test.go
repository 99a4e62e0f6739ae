package dataset_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"rondo/backend/dataset"
	"rondo/backend/dataset/profile"
	"rondo/backend/errs"
)

// TestFilesThatAreNoTables are counted and named, and the others are read.
func TestFilesThatAreNoTables(t *testing.T) {
	ctx, dir := t.Context(), project(t)
	h := open(t, dir)
	write(t, dir, "d/good.csv", csv1)
	write(t, dir, "d/bad.csv", "a,b\n1,2,3\n")
	write(t, dir, "d/x.bin", "\x00\x01")
	h.add(t, "d", "d")
	s := h.snap(t, "d")
	p, err := h.Profile(ctx, s)
	if err != nil || len(p.Warnings) != 1 || !strings.Contains(p.Warnings[0], "bad.csv: line 2") || p.Rows != 2 || p.Opaque != 2 || s.Rows != 2 {
		t.Fatalf("%+v %v", p, err)
	}
	if _, err := h.Rows(ctx, s, "bad.csv", 0, 10); !errs.Is(err, errs.Precondition) {
		t.Errorf("rows of a file that is no table: %v", err)
	}
	page, err := h.Rows(ctx, s, "good.csv", 1, 10)
	if err != nil || len(page.Rows) != 1 || page.Rows[0][2] != "10.6" || page.Total != 2 {
		t.Errorf("%+v %v", page, err)
	}
}

func lines(from, to int, line func(i int) string) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		b.WriteString(line(i))
	}
	return b.String()
}

func TestRowsThatDiffer(t *testing.T) {
	ctx, dir := t.Context(), project(t)
	h := open(t, dir)
	row := func(i int) string { return fmt.Sprintf("%d,city %d,%d\n", i, i%3, i*i) }
	write(t, dir, "d.csv", "id,city,n\n"+lines(0, 1000, row))
	h.add(t, "d", "d.csv")
	h.snap(t, "d")
	changed := func(i int) string {
		if i%100 == 0 {
			return fmt.Sprintf("%d,moved,%d\n", i, i*i)
		}
		return row(i)
	}
	write(t, dir, "d.csv", "id,city,n\n"+lines(10, 1200, changed))
	h.snap(t, "d")
	d, err := h.Diff(ctx, "d", 0, 0, nil)
	must(t, err)
	got := d.Tables[0]
	if got.Added != 200 || got.Removed != 10 || got.Changed != 9 || got.Same != 981 || !slices.Equal(got.Key, []string{"id"}) || d.From != 1 || d.To != 2 {
		t.Errorf("%+v", d)
	}
	if len(d.Files) != 1 || d.Files[0].Change != dataset.FileChanged {
		t.Errorf("%+v", d.Files)
	}
	if _, err := h.Diff(ctx, "d", 1, 2, []string{"city"}); !errs.Is(err, errs.Invalid) {
		t.Errorf("a key that is not one: %v", err)
	}
	if _, err := h.Diff(ctx, "d", 1, 2, []string{"none"}); !errs.Is(err, errs.Invalid) || !strings.Contains(errs.HintOf(err), "city") {
		t.Errorf("a key that is not there: %v", err)
	}
	// Other columns, no key: rows that are there twice are counted twice.
	write(t, dir, "d.csv", "city,n,new\nx,1,1\nx,1,2\ny,2,3\n")
	h.snap(t, "d")
	write(t, dir, "d.csv", "city,n,new\nx,1,1\ny,2.5,3\ny,2.5,3\n")
	h.snap(t, "d")
	if d, err = h.Diff(ctx, "d", 2, 3, nil); err != nil || !slices.Equal(d.Tables[0].ColumnsAdded, []string{"new"}) || !slices.Equal(d.Tables[0].ColumnsRemoved, []string{"id"}) {
		t.Errorf("%+v %v", d, err)
	}
	d, err = h.Diff(ctx, "d", 3, 4, nil)
	must(t, err)
	got = d.Tables[0]
	if len(got.Key) != 0 || got.Same != 1 || got.Removed != 2 || got.Added != 2 || len(got.Types) != 1 || got.Types[0].To != profile.Number {
		t.Errorf("%+v", got)
	}
}
