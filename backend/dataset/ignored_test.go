package dataset_test

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"rondo/backend/dataset"
	"rondo/backend/errs"
)

// TestWhatIsIgnoredIsNoDataset: it is not kept, not told as a change, and stays where it is.
func TestWhatIsIgnoredIsNoDataset(t *testing.T) {
	h := open(t, project(t))
	write(t, h.dir, "d/a", "one")
	write(t, h.dir, "d/sub/b", "one")
	write(t, h.dir, "d/sub/b.tmp", "mine")
	must(t, os.Symlink("/", filepath.Join(h.dir, "d/out.tmp")))
	write(t, h.dir, ".rondoignore", "*.tmp\n")
	h.add(t, "d", "d")
	if snap := h.snap(t, "d"); snap.Files != 2 {
		t.Errorf("the snapshot has %d files", snap.Files)
	}
	write(t, h.dir, "d/sub/b.tmp", "mine still")
	st, err := h.Status(t.Context(), "d")
	if must(t, err); st.State != dataset.Clean {
		t.Errorf("%+v", st)
	}
	write(t, h.dir, "d/c", "two")
	must(t, os.Remove(filepath.Join(h.dir, "d/sub/b")))
	h.snap(t, "d")
	for _, number := range []int{1, 2} {
		_, err := h.Checkout(t.Context(), "d", number, true)
		must(t, err)
		if got := read(t, h.dir, "d/sub/b.tmp"); got != "mine still" {
			t.Errorf("after the checkout of %d it holds %q", number, got)
		}
	}
	st, err = h.Status(t.Context(), "d")
	if must(t, err); st.State != dataset.Clean {
		t.Errorf("%+v", st)
	}
}

// TestASnapshotComesBackWholeThoughItsFilesAreIgnoredNow, but for those in whose places something lies.
func TestASnapshotComesBackWholeThoughItsFilesAreIgnoredNow(t *testing.T) {
	h := open(t, project(t))
	for _, name := range []string{"a", "b.tmp", "c.tmp", "t.tmp/x"} {
		write(t, h.dir, "d/"+name, name)
	}
	h.add(t, "d", "d")
	h.snap(t, "d")
	write(t, h.dir, ".rondoignore", "*.tmp\n")
	write(t, h.dir, "d/b.tmp", "mine")
	must(t, os.Remove(filepath.Join(h.dir, "d/c.tmp")))
	must(t, os.RemoveAll(filepath.Join(h.dir, "d/t.tmp")))
	write(t, h.dir, "d/t.tmp", "a file now")
	st, err := h.Status(t.Context(), "d")
	if must(t, err); st.State != dataset.Changed || !slices.Equal(st.Ignored, []string{"b.tmp", "c.tmp", "t.tmp/x"}) || len(st.Removed) > 0 || st.Count != 0 || st.Text != "3 files of d@1 are ignored now (.rondoignore): the next snapshot is without them" {
		t.Errorf("%+v", st)
	}
	write(t, h.dir, "d/new", "new")
	st, err = h.Status(t.Context(), "d")
	if must(t, err); st.Count != 1 || st.Text != "1 file differs from d@1; 3 files of d@1 are ignored now (.rondoignore): the next snapshot is without them" {
		t.Errorf("beside one that differs: %+v", st)
	}
	done, err := h.CheckoutWith(t.Context(), "d", 1, dataset.Bring{Force: true})
	must(t, err)
	if !slices.Equal(done.Left, []string{"d/b.tmp", "d/t.tmp/x"}) || read(t, h.dir, "d/b.tmp") != "mine" || read(t, h.dir, "d/c.tmp") != "c.tmp" || read(t, h.dir, "d/t.tmp") != "a file now" {
		t.Errorf("left were %v", done.Left)
	}
	write(t, h.dir, "d/b.tmp", "b.tmp")
	done, err = h.CheckoutWith(t.Context(), "d", 1, dataset.Bring{})
	if must(t, err); !slices.Equal(done.Left, []string{"d/t.tmp/x"}) {
		t.Errorf("left were %v, though b.tmp is as the snapshot has it", done.Left)
	}
	if snap := h.snap(t, "d"); snap.Number != 2 || snap.Files != 1 {
		t.Errorf("%+v", snap)
	}
}

// TestAFolderOfWhatIsIgnoredGivesWayToNoFile: nothing is touched then.
func TestAFolderOfWhatIsIgnoredGivesWayToNoFile(t *testing.T) {
	h := open(t, project(t))
	write(t, h.dir, "d", "a file")
	h.add(t, "d", "d")
	h.snap(t, "d")
	must(t, os.Remove(filepath.Join(h.dir, "d")))
	write(t, h.dir, "d/a", "one")
	write(t, h.dir, "d/b.tmp", "mine")
	write(t, h.dir, ".rondoignore", "*.tmp\n")
	h.snap(t, "d")
	_, err := h.Checkout(t.Context(), "d", 1, true)
	if !errs.Is(err, errs.Conflict) || !strings.Contains(err.Error(), "d/b.tmp") || read(t, h.dir, "d/a") != "one" {
		t.Errorf("%v", err)
	}
}

// TestAStatusTellsWhichRuleLeavesWhatOut, where it is asked, and by names alone.
func TestAStatusTellsWhichRuleLeavesWhatOut(t *testing.T) {
	h := open(t, project(t))
	for _, name := range []string{"a", "b.tmp", "keep.tmp", "venv/x", "venv/y.tmp", "sub/c.tmp", "sub/d.log", "sub/deep/d.log"} {
		write(t, h.dir, "data/d/"+name, name)
	}
	write(t, h.dir, ".rondoignore", "# by machines\nvenv/\n*.tmp\n!keep.tmp\n/other\n")
	write(t, h.dir, "data/d/sub/.rondoignore", "*.log\n")
	h.add(t, "d", "data/d")
	h.snap(t, "d")
	st, err := h.StatusRuled(t.Context(), "d")
	must(t, err)
	want := &dataset.LeftOut{Files: 4, Folders: 1, Rules: []dataset.Rule{
		{File: ".rondoignore", Line: 2, Text: "venv/", Folders: 1, Such: []string{"venv/"}},
		{File: ".rondoignore", Line: 3, Text: "*.tmp", Files: 2, Such: []string{"b.tmp", "sub/c.tmp"}},
		{File: "data/d/sub/.rondoignore", Line: 1, Text: "*.log", Files: 2, Such: []string{"sub/d.log", "sub/deep/d.log"}},
	}}
	if st.State != dataset.Clean || !reflect.DeepEqual(st.LeftOut, want) {
		t.Errorf("%+v\n%+v", st, st.LeftOut)
	}
	if st, err = h.Status(t.Context(), "d"); err != nil || st.LeftOut != nil {
		t.Errorf("nobody asked: %+v %v", st.LeftOut, err)
	}
	must(t, os.Remove(filepath.Join(h.dir, ".rondoignore")))
	must(t, os.Remove(filepath.Join(h.dir, "data/d/sub/.rondoignore")))
	if st, err = h.StatusRuled(t.Context(), "d"); err != nil || st.LeftOut != nil {
		t.Errorf("there is no rule: %+v %v", st.LeftOut, err)
	}
}
