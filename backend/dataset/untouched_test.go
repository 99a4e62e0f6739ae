package dataset_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"rondo/backend/dataset"
	"rondo/backend/errs"
	"rondo/backend/fault"
)

// when does something once, the first time that a moment comes.
func when(t *testing.T, moment string, do func()) {
	t.Helper()
	var once sync.Once
	fault.Hook(func(point string) {
		if point == moment {
			once.Do(do)
		}
	})
	t.Cleanup(func() { fault.Hook(nil) })
}

// TestWorkDoneWhileACheckoutIsMadeReadyStays: what is written once the files were looked at, and before
// others take their place, is as much work as what was there before.
func TestWorkDoneWhileACheckoutIsMadeReadyStays(t *testing.T) {
	for what, work := range map[string]struct {
		do    func(dir string) error
		stays string
	}{
		"edited":        {func(dir string) error { return os.WriteFile(filepath.Join(dir, "d/a"), []byte("two!"), 0o644) }, "d/a"},
		"to be removed": {func(dir string) error { return os.WriteFile(filepath.Join(dir, "d/new"), []byte("mine"), 0o644) }, "d/new"},
		"made where one comes": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "d/old"), []byte("mine"), 0o644)
		}, "d/old"},
	} {
		t.Run(what, func(t *testing.T) {
			h := open(t, project(t))
			write(t, h.dir, "d/a", "one")
			write(t, h.dir, "d/old", "of the first")
			h.add(t, "d", "d")
			h.snap(t, "d")
			write(t, h.dir, "d/a", "two")
			write(t, h.dir, "d/new", "of the second")
			must(t, os.Remove(filepath.Join(h.dir, "d/old")))
			h.snap(t, "d")
			when(t, "dataset.staged", func() { must(t, work.do(h.dir)) })
			_, err := h.Checkout(t.Context(), "d", 1, false)
			if !errs.Is(err, errs.Conflict) || !strings.Contains(err.Error(), work.stays) {
				t.Errorf("%v", err)
			}
			if got := read(t, h.dir, work.stays); got != "two!" && got != "mine" {
				t.Errorf("%s holds %q", work.stays, got)
			}
			if got := read(t, h.dir, "d.snap"); !strings.Contains(got, "number: 2") {
				t.Errorf("the pointer:\n%s", got)
			}
			must(t, work.do(h.dir))
			if _, err := h.Checkout(t.Context(), "d", 1, true); err != nil {
				t.Error(err)
			}
			if got := read(t, h.dir, "d/a") + read(t, h.dir, "d/old"); got != "oneof the first" {
				t.Errorf("by force: %q", got)
			}
		})
	}
}

// TestNothingDoneMeanwhileIsNoWork: files that were written just before, as by a checkout, are replaced.
func TestNothingDoneMeanwhileIsNoWork(t *testing.T) {
	h := open(t, project(t))
	write(t, h.dir, "d/a", "one")
	h.add(t, "d", "d")
	h.snap(t, "d")
	write(t, h.dir, "d/a", "two")
	write(t, h.dir, "d/b", "two")
	h.snap(t, "d")
	for i := range 20 {
		if _, err := h.Checkout(t.Context(), "d", i%2+1, false); err != nil {
			t.Fatal(err)
		}
	}
	when(t, "dataset.staged", func() { write(t, h.dir, "d/a", "one") }) // as it is to be
	if _, err := h.Checkout(t.Context(), "d", 1, false); err != nil {
		t.Error(err)
	}
}

// TestALinkThatComesInBetweenIsNotFollowed: what was a folder when it was asked is opened as one, through
// the project's own folder.
func TestALinkThatComesInBetweenIsNotFollowed(t *testing.T) {
	h := open(t, project(t))
	write(t, h.dir, "in/d/a", "ours")
	h.add(t, "d", "in/d")
	outside := t.TempDir()
	write(t, outside, "d/secret", "theirs")
	when(t, "dataset.opening", func() {
		must(t, os.Rename(filepath.Join(h.dir, "in"), filepath.Join(h.dir, "was")))
		must(t, os.Symlink(outside, filepath.Join(h.dir, "in")))
	})
	if s, err := h.Snapshot(t.Context(), "d", dataset.Take{}); err == nil {
		list, _ := h.Files(t.Context(), s)
		t.Errorf("%+v", list)
	}
}
