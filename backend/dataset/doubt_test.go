//go:build linux

package dataset_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"rondo/backend/atomicfile"
	"rondo/backend/atomicfile/disktest"
	"rondo/backend/dataset"
	"rondo/backend/errs"
	"rondo/backend/fault"
)

// TestADoubtOutlivesTheProgram: it is there at each of its starts, until somebody has said what
// becomes of the files.
func TestADoubtOutlivesTheProgram(t *testing.T) {
	h := twoVersions(t, "one").cut(t, 1)
	zeros(t, h.dir, "data/1.txt")
	for range 3 {
		h = openBoot(t, h.dir, "two")
		h.close()
	}
	if n := len(notes(t, h.dir)); n != 1 {
		t.Errorf("%d notes", n)
	}
	h = openBoot(t, h.dir, "two")
	if _, err := h.Snapshot(t.Context(), "d", dataset.Take{}); !errs.Is(err, errs.Conflict) {
		t.Errorf("damaged files were taken for data: %v", err)
	}
}

// TestTheProgramWasKilled: the next one asks the disk for what was on its way before the note goes.
func TestTheProgramWasKilled(t *testing.T) {
	h := twoVersions(t, "one").cut(t, 1)
	asked := -1
	fault.Fail(func(op string) error {
		if op == "syncfs" {
			asked = len(notes(t, h.dir))
		}
		return nil
	})
	openBoot(t, h.dir, "one").close()
	fault.Fail(nil)
	if asked != 1 || len(notes(t, h.dir)) != 0 {
		t.Errorf("%d notes when the disk was asked, %d after that", asked, len(notes(t, h.dir)))
	}
}

// TestADiskThatFailsLater, when the next program asks it: nothing that was remembered of the files is
// believed, nor what the system's memory shows of them.
func TestADiskThatFailsLater(t *testing.T) {
	h := twoVersions(t, "one").cut(t, 1)
	good := files(t, filepath.Join(h.dir, "data"))
	zeros(t, h.dir, "data/1.txt")
	h.believe(t, good)
	disktest.Tells(t, h.dir)
	must(t, atomicfile.SyncAll(h.dir))
	fault.Fail(func(op string) error {
		if op == "syncfs" {
			return syscall.EIO
		}
		return nil
	})
	openBoot(t, h.dir, "one").close()
	fault.Fail(nil)
	for _, name := range []string{"data/1.txt", "data/sub/large.bin"} {
		if n := disktest.Of(t, filepath.Join(h.dir, name)).InMemory; n > 0 {
			t.Errorf("%s: %d pages are asked from memory", name, n)
		}
	}
	openBoot(t, h.dir, "one").close() // which asks the disk no more: it would say now that all is well
	h = openBoot(t, h.dir, "one")
	st, err := h.Status(t.Context(), "d")
	if err != nil || !slices.Equal(st.Damaged, []string{"data/1.txt"}) || !strings.Contains(st.Text, "the disk failed to take the checkout of d@1") {
		t.Errorf("%+v %v", st, err)
	}
}

// TestADoubtIsOfOnePath: what is made of another dataset is right.
func TestADoubtIsOfOnePath(t *testing.T) {
	h := twoVersions(t, "one")
	write(t, h.dir, "other/a.txt", "a")
	h.add(t, "e", "other")
	h.snap(t, "e")
	h.cut(t, 1)
	zeros(t, h.dir, "data/1.txt")
	h = openBoot(t, h.dir, "two")
	write(t, h.dir, "other/a.txt", "b")
	if st, err := h.Status(t.Context(), "e"); err != nil || len(st.Damaged) > 0 {
		t.Errorf("%+v %v", st, err)
	}
	h.snap(t, "e")
	must(t, h.Sound(t.Context(), func(path string) bool { return path == "other" }))
}

// TestTheLastCheckoutCounts of several that the disk may not have.
func TestTheLastCheckoutCounts(t *testing.T) {
	h := twoVersions(t, "one").cut(t, 1)
	first := notes(t, h.dir)
	for name := range first {
		must(t, os.Remove(name))
	}
	openBoot(t, h.dir, "one").cut(t, 2)
	for name, text := range first {
		must(t, os.WriteFile(name, []byte(text), 0o600))
	}
	zeros(t, h.dir, "data/1.txt")
	h = openBoot(t, h.dir, "two")
	st, err := h.Status(t.Context(), "d")
	if err != nil || !slices.Equal(st.Damaged, []string{"data/1.txt"}) || !strings.Contains(st.Text, "checkout --force d@2") {
		t.Errorf("%+v %v", st, err)
	}
}

// TestManyDamagedFilesAreCounted, and the first of them named.
func TestManyDamagedFilesAreCounted(t *testing.T) {
	const count = 1500
	h := openBoot(t, project(t), "one")
	for i := range count {
		write(t, h.dir, fmt.Sprintf("data/%04d.txt", i), "text")
	}
	h.add(t, "d", "data")
	h.snap(t, "d")
	must(t, os.RemoveAll(filepath.Join(h.dir, "data")))
	h.cut(t, 1)
	for i := range count {
		must(t, os.Truncate(filepath.Join(h.dir, fmt.Sprintf("data/%04d.txt", i)), 0))
	}
	h = openBoot(t, h.dir, "two")
	st, err := h.Status(t.Context(), "d")
	named := strings.Count(st.Text, "data/")
	if err != nil || len(st.Damaged) == 0 || len(st.Damaged) >= count || named == 0 || named > 20 || !strings.Contains(st.Text, fmt.Sprintf("and %d more", count-named)) {
		t.Errorf("%d damaged, %d named: %.300s, %v", len(st.Damaged), named, st.Text, err)
	}
}

// TestNothingThereIsNotTakenForRight, and keeps nobody from other work.
func TestNothingThereIsNotTakenForRight(t *testing.T) {
	h := twoVersions(t, "one").cut(t, 1)
	good := files(t, filepath.Join(h.dir, "data"))
	must(t, os.RemoveAll(filepath.Join(h.dir, "data")))
	h = openBoot(t, h.dir, "two")
	must(t, h.Sound(t.Context(), func(string) bool { return true }))
	_, err := h.Checkout(t.Context(), "d", 1, false)
	must(t, err)
	if got := files(t, filepath.Join(h.dir, "data")); !maps.Equal(got, good) {
		t.Errorf("%d files came back", len(got))
	}
}

// TestAnEmptyFolderIsNotTakenForRight where nothing was before: all that came has gone.
func TestAnEmptyFolderIsNotTakenForRight(t *testing.T) {
	h := twoVersions(t, "one")
	must(t, os.RemoveAll(filepath.Join(h.dir, "data")))
	h.cut(t, 1)
	must(t, os.RemoveAll(filepath.Join(h.dir, "data")))
	must(t, os.Mkdir(filepath.Join(h.dir, "data"), 0o755))
	h = openBoot(t, h.dir, "two")
	if st, err := h.Status(t.Context(), "d"); err != nil || len(st.Damaged) != 7 || len(notes(t, h.dir)) != 1 {
		t.Errorf("%+v %v", st, err)
	}
}

// TestDamageIsAChange also where the files are as another snapshot has them, which the pointer names.
func TestDamageIsAChange(t *testing.T) {
	h := twoVersions(t, "one")
	second, pointer := filepath.Join(t.TempDir(), "second"), read(t, h.dir, "data.snap")
	must(t, os.CopyFS(second, os.DirFS(filepath.Join(h.dir, "data"))))
	write(t, h.dir, "data/1.txt", "neither of both")
	h.cut(t, 1)
	must(t, os.RemoveAll(filepath.Join(h.dir, "data")))
	must(t, os.CopyFS(filepath.Join(h.dir, "data"), os.DirFS(second)))
	write(t, h.dir, "data.snap", pointer)
	h = openBoot(t, h.dir, "two")
	if st, err := h.Status(t.Context(), "d"); err != nil || st.State != dataset.Changed || len(st.Damaged) == 0 {
		t.Errorf("%+v %v", st, err)
	}
}

// TestAFolderInThePlaceOfADamagedFile: its files are named.
func TestAFolderInThePlaceOfADamagedFile(t *testing.T) {
	h := openBoot(t, project(t), "one")
	for _, text := range []string{"1", "2"} {
		write(t, h.dir, "f.csv", text)
		if text == "1" {
			h.add(t, "d", "f.csv")
		}
		h.snap(t, "d")
	}
	h.cut(t, 1)
	must(t, os.Remove(filepath.Join(h.dir, "f.csv")))
	write(t, h.dir, "f.csv/x", "x")
	h = openBoot(t, h.dir, "two")
	if st, err := h.Status(t.Context(), "d"); err != nil || !slices.Contains(st.Damaged, "f.csv/x") {
		t.Errorf("%+v %v", st, err)
	}
}

// TestWhatIsFetchedAnewIsNoDamage: an update replaces all that a stop may have harmed.
func TestWhatIsFetchedAnewIsNoDamage(t *testing.T) {
	h, w := openBoot(t, project2(t), "one"), serveWeb(t)
	w.set(csv1)
	x, err := h.Import(t.Context(), dataset.Import{From: w.URL + "/moved.csv", Update: dataset.Update{Inside: true}})
	must(t, err)
	must(t, os.Remove(filepath.Join(h.dir, "data/moved.csv")))
	name := x.Snapshot.Dataset
	h.cutOf(t, name, 1)
	zeros(t, h.dir, "data/moved.csv")
	h = openBoot(t, h.dir, "two")
	w.set("x,y\n1,2\n")
	if y, err := h.Update(t.Context(), name, dataset.Update{Force: true, Inside: true}); err != nil || y.Snapshot.Number != 2 {
		t.Errorf("%+v %v", y, err)
	}
	if st, err := h.Status(t.Context(), name); err != nil || len(st.Damaged) > 0 || len(notes(t, h.dir)) > 0 {
		t.Errorf("%+v %v, %d notes", st, err, len(notes(t, h.dir)))
	}
}
