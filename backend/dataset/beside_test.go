package dataset_test

import (
	"io/fs"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"rondo/backend/atomicfile"
	"rondo/backend/dataset"
	"rondo/backend/fault"
)

// TestNothingIsHalfWrittenAmongFiles: what a kill leaves at any moment lies in Rondo's own folder.
func TestNothingIsHalfWrittenAmongFiles(t *testing.T) {
	ctx := t.Context()
	h := open(t, project(t))
	must(t, lay(filepath.Join(h.dir, "data/in"), small(0)))
	var asked atomic.Int64 // by several at once
	fault.Fail(func(string) error {
		asked.Add(1)
		return filepath.WalkDir(h.dir, func(at string, e fs.DirEntry, err error) error {
			if err == nil && atomicfile.IsTemporary(e.Name()) && !strings.Contains(at, ".rondo") {
				t.Errorf("half written: %s", at)
			}
			return nil
		})
	})
	defer fault.Fail(nil)
	_, err := h.Add(ctx, "d", "data/in", "")
	must(t, err)
	_, err = h.Snapshot(ctx, "d", dataset.Take{})
	must(t, err)
	must(t, lay(filepath.Join(h.dir, "data/in"), small(1)))
	_, err = h.Snapshot(ctx, "d", dataset.Take{})
	must(t, err)
	_, err = h.Checkout(ctx, "d", 1, false)
	must(t, err)
	if asked.Load() == 0 {
		t.Error("nothing was written")
	}
}
