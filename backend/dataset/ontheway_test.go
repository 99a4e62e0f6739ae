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

// slow lets whoever waits for the disk wait until it is let go, with what it is told then.
func slow(t *testing.T, told error) (begun <-chan struct{}, release func()) {
	t.Helper()
	asked, free := make(chan struct{}), make(chan struct{})
	var first, last sync.Once
	fault.Fail(func(op string) error {
		if op != "syncfs" {
			return nil
		}
		first.Do(func() { close(asked) })
		<-free
		return told
	})
	release = func() { last.Do(func() { close(free) }) }
	t.Cleanup(func() { release(); fault.Fail(nil) })
	return asked, release
}

// collectFirst forgets the first version, which no pointer names, and removes what nobody needs.
func (h *house) collectFirst(t *testing.T) {
	t.Helper()
	h.unused = true
	must(t, os.Remove(filepath.Join(h.dir, "data.snap")))
	must(t, h.Sync(t.Context(), map[string]dataset.Setting{"d": {Path: "data", Keep: &dataset.Keep{Last: 1}}}))
	r, err := h.Retain(t.Context(), dataset.Retain{})
	if err != nil || len(r[0].Forgot) != 1 {
		t.Fatalf("%+v %v", r, err)
	}
	for i := range 3 {
		h.later(time.Duration(i+1) * 48 * time.Hour)
		h.collect(t, dataset.Collect{Grace: 1})
	}
}

// TestWhatIsOnItsWayToTheDiskStays in the store, since it may have to come back: also of a snapshot that
// is forgotten meanwhile, and where the program was started again.
func TestWhatIsOnItsWayToTheDiskStays(t *testing.T) {
	for what, begin := range map[string]func(t *testing.T) (h *house, release func()){
		"while it goes": func(t *testing.T) (*house, func()) {
			h := twoVersions(t, "one")
			begun, release := slow(t, nil)
			_, err := h.Checkout(t.Context(), "d", 1, false)
			must(t, err)
			<-begun
			return h, release
		},
		"after a kill": func(t *testing.T) (*house, func()) {
			h := twoVersions(t, "one").cut(t, 1)
			begun, release := slow(t, nil)
			h = openBoot(t, h.dir, "one")
			<-begun
			return h, release
		},
	} {
		t.Run(what, func(t *testing.T) {
			h, release := begin(t)
			defer release()
			first, err := h.Find(t.Context(), "d@1")
			must(t, err)
			h.collectFirst(t)
			if !h.store.Has(first.Tree) {
				t.Error("its list is gone")
			}
			release()
			h.close()
			h = openBoot(t, h.dir, "one")
			h.unused = true
			for i := range 3 {
				h.later(time.Duration(i+5) * 48 * time.Hour)
				h.collect(t, dataset.Collect{Grace: 1})
			}
			if h.store.Has(first.Tree) {
				t.Error("it stays once the disk has it")
			}
		})
	}
}
