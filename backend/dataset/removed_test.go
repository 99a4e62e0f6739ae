package dataset_test

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"rondo/backend/dataset"
	"rondo/backend/fault"
)

// TestAPointerOfAnotherDatasetStays, where somebody has put one in the place.
func TestAPointerOfAnotherDatasetStays(t *testing.T) {
	h := begun(t)
	write(t, h.dir, "other.txt", "other")
	h.add(t, "other", "other.txt")
	h.snap(t, "other")
	theirs := read(t, h.dir, "other.txt.snap")
	must(t, os.WriteFile(filepath.Join(h.dir, "big.bin.snap"), []byte(theirs), 0o644))
	_, err := h.Remove(t.Context(), "big")
	must(t, err)
	if read(t, h.dir, "big.bin.snap") != theirs {
		t.Error("the pointer of another dataset has gone")
	}
}

// TestARestoreWaitsForACollection: what it says is here stays.
func TestARestoreWaitsForACollection(t *testing.T) {
	ctx, h := t.Context(), begun(t)
	_, err := h.Remove(ctx, "big")
	must(t, err)
	h.collect(t, dataset.Collect{})
	h.hoursLater(2)
	restored := make(chan dataset.Removed, 1)
	var once sync.Once
	fault.Hook(func(point string) {
		if point != "store.condemned" {
			return
		}
		once.Do(func() {
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				r, err := h.Restore(ctx, "big")
				if err != nil {
					t.Error(err)
				}
				restored <- r
			}()
			select {
			case <-ended: // so it did not wait
			case <-time.After(100 * time.Millisecond):
			}
		})
	})
	c := h.collect(t, dataset.Collect{})
	fault.Hook(nil)
	r := <-restored
	if c.Removed == 0 || len(r.Kept)+len(r.Forgot) != 1 {
		t.Fatalf("%+v %+v", c, r)
	}
	for _, kept := range r.Kept {
		if v, err := h.Verify(ctx, "big", kept.Number); err != nil || !v.OK {
			t.Errorf("%d was said to be here: %+v %v", kept.Number, v, err)
		}
	}
}
