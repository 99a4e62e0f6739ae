package dataset_test

import (
	"fmt"
	"io"
	"os"
	"runtime"
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

// TestManyRowsInLittleMemory compares two tables that are much larger than what is held.
func TestManyRowsInLittleMemory(t *testing.T) {
	const n = 400_000 // 13 MB of hashes a side: every part goes on in a file
	open := func(shift int) func() (io.ReadCloser, error) {
		return func() (io.ReadCloser, error) {
			r, w := io.Pipe()
			go func() {
				_, err := io.WriteString(w, "id,v\n")
				for i := 0; i < n && err == nil; i += 1000 {
					_, err = io.WriteString(w, lines(i, i+1000, func(i int) string { return fmt.Sprintf("%d,%d\n", i+shift, i/2) }))
				}
				w.CloseWithError(io.EOF)
			}()
			return r, nil
		}
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	tmp := t.TempDir()
	d, err := dataset.DiffRows(t.Context(), "t.csv", open(0), open(1000), []string{"id"}, tmp)
	must(t, err)
	if left, _ := os.ReadDir(tmp); len(left) > 0 {
		t.Errorf("%d temporary files are left", len(left))
	}
	runtime.ReadMemStats(&after)
	if d.Added != 1000 || d.Removed != 1000 || d.Changed != n-1000 || d.Same != 0 {
		t.Errorf("%+v", d)
	}
	if grown := int64(after.HeapSys) - int64(before.HeapSys); grown > 100<<20 {
		t.Errorf("it took %d MB more", grown>>20)
	}
}

// FuzzPointer: what is read writes the same again, and what is written is read.
func FuzzPointer(f *testing.F) {
	f.Add("rondo snapshot 1\ndataset: w\nfiles: 1\nid: x\nnumber: 2\npath: w.csv\nsize: 3\ntree: " + strings.Repeat("0f", 32) + "\n")
	f.Add("rondo snapshot 1\n<<<<<<< HEAD\n")
	f.Add("rondo snapshot 2\n")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := dataset.ParsePointer(text)
		if err != nil {
			if !errs.Is(err, errs.Invalid) {
				t.Fatalf("%v is %s", err, errs.KindOf(err))
			}
			return
		}
		p.Checked = true
		again, err := dataset.ParsePointer(p.String())
		if err != nil || again != p {
			t.Fatalf("%+v came back as %+v, %v", p, again, err)
		}
	})
}
