package rowdiff_test

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"testing"

	"rondo/backend/dataset/rowdiff"
	"rondo/backend/dataset/table"
	"rondo/backend/dataset/table/tabletest"
)

// TestManyRowsInLittleMemory compares two tables that are much larger than what is held.
func TestManyRowsInLittleMemory(t *testing.T) {
	const n = 400_000 // 13 MB of hashes a side: every part goes on in a file
	open := func(shift int) func() (io.ReadCloser, error) {
		return func() (io.ReadCloser, error) {
			r, w := io.Pipe()
			go func() {
				_, err := io.WriteString(w, "id,v\n")
				for i := 0; i < n && err == nil; i += 1000 {
					_, err = io.WriteString(w, tabletest.Lines(1000, func(k int) string { return fmt.Sprintf("%d,%d", i+k+shift, (i+k)/2) }))
				}
				w.CloseWithError(io.EOF)
			}()
			return r, nil
		}
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	tmp := t.TempDir()
	d, which, err := rowdiff.Compare(t.Context(), table.File{Path: "t.csv"}, open(0), open(1000), []string{"id"}, tmp)
	if err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(tmp); len(left) > 0 {
		t.Errorf("%d temporary files are left", len(left))
	}
	runtime.ReadMemStats(&after)
	if len(which.Changed) != rowdiff.Most || which.Changed[0] != (rowdiff.Pair{From: 1000, To: 0}) || which.Changed[rowdiff.Most-1] != (rowdiff.Pair{From: 1000 + rowdiff.Most - 1, To: rowdiff.Most - 1}) {
		t.Errorf("%d rows changed, from %v", len(which.Changed), which.Changed[:1])
	}
	if last := (rowdiff.Pair{From: rowdiff.None, To: n - 1}); len(which.Added) != 1000 || which.Added[999] != last {
		t.Errorf("%d rows were added, up to %v", len(which.Added), which.Added[len(which.Added)-1])
	}
	if first := (rowdiff.Pair{From: 0, To: rowdiff.None}); len(which.Removed) != 1000 || which.Removed[0] != first {
		t.Errorf("%d rows were removed, from %v", len(which.Removed), which.Removed[0])
	}
	if d.Added != 1000 || d.Removed != 1000 || d.Changed != n-1000 || d.Same != 0 {
		t.Errorf("%+v", d)
	}
	if grown := int64(after.HeapSys) - int64(before.HeapSys); grown > 100<<20 {
		t.Errorf("it took %d MB more", grown>>20)
	}
}
