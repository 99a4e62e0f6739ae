//go:build linux

package dataset_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"rondo/backend/dataset"
	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/folder"
	"rondo/backend/ref"
)

// twoVersions is a dataset of files, small and large, whose two versions share some.
func twoVersions(t *testing.T, boot string) *house {
	t.Helper()
	h := openBoot(t, project(t), boot)
	for version := 1; version <= 2; version++ {
		for i := range 6 {
			write(t, h.dir, fmt.Sprintf("data/%d.txt", i), fmt.Sprintf("version %d of %d", version*min(i, 1), i))
		}
		write(t, h.dir, "data/sub/large.bin", noise(1_300_000+version))
		if version == 1 {
			h.add(t, "d", "data")
		}
		h.snap(t, "d")
	}
	return h
}

// cut checks a version out and lets the machine stop before the disk has it: the note is
// there as it was then, and the next start of the machine is another.
func (h *house) cut(t *testing.T, number int) *house {
	t.Helper()
	return h.cutOf(t, "d", number)
}

// cutOf is cut of any dataset.
func (h *house) cutOf(t *testing.T, name string, number int) *house {
	t.Helper()
	var mu sync.Mutex
	var kept map[string]string
	fault.Fail(func(op string) error {
		if op == "syncfs" {
			mu.Lock()
			defer mu.Unlock()
			kept = notes(t, h.dir)
		}
		return nil
	})
	_, err := h.Checkout(t.Context(), name, number, true)
	h.close()
	fault.Fail(nil)
	must(t, err)
	if len(kept) != 1 || len(notes(t, h.dir)) != 0 {
		t.Fatalf("%d notes while it was on its way to the disk, and %d when it had come there", len(kept), len(notes(t, h.dir)))
	}
	for name, text := range kept {
		must(t, os.WriteFile(name, []byte(text), 0o600))
	}
	return h
}

// zeros gives a file as many zeros as it had bytes, and its time.
func zeros(t *testing.T, dir, name string) {
	t.Helper()
	path := filepath.Join(dir, name)
	fi, err := os.Stat(path)
	must(t, err)
	must(t, os.WriteFile(path, make([]byte, fi.Size()), fi.Mode().Perm()))
	must(t, os.Chtimes(path, fi.ModTime(), fi.ModTime()))
}

// believe makes what the device remembers say that a dataset's files, as they look, hold
// what a version of them holds: a stop of the machine can leave them so.
func (h *house) believe(t *testing.T, good map[string]string) {
	t.Helper()
	m := folder.Recall(filepath.Join(h.device, "stat", ref.Of([]byte("d")).String()[:32]+".stat"), "one")
	for _, name := range slices.Sorted(maps.Keys(good)) {
		if fi, err := os.Stat(filepath.Join(h.dir, "data", name)); err == nil {
			known := m.Find("", name)
			m.Add("", name, folder.Row{Stamp: folder.StampOf(fi), Digest: ref.Of([]byte(strings.TrimPrefix(good[name], "false")))}, known)
		}
	}
	must(t, m.Save())
}

// TestAStopOfTheMachineIsNoticed: whatever it has left of the files, they are named and not
// taken for data, and each way out that is offered leads out.
func TestAStopOfTheMachineIsNoticed(t *testing.T) {
	ctx := t.Context()
	for what, harm := range map[string]func(h *house) []string{
		"nothing in it": func(h *house) []string {
			must(t, os.Truncate(filepath.Join(h.dir, "data/3.txt"), 0))
			return []string{"data/3.txt"}
		},
		"zeros": func(h *house) []string { zeros(t, h.dir, "data/sub/large.bin"); return []string{"data/sub/large.bin"} },
		"zeros in all that changed": func(h *house) []string {
			zeros(t, h.dir, "data/1.txt")
			zeros(t, h.dir, "data/5.txt")
			return []string{"data/1.txt", "data/5.txt"}
		},
		"gone": func(h *house) []string {
			must(t, os.Remove(filepath.Join(h.dir, "data/4.txt")))
			return []string{"data/4.txt"}
		},
		"come back": func(h *house) []string { write(t, h.dir, "data/old.txt", "of before"); return []string{"data/old.txt"} },
	} {
		t.Run(what, func(t *testing.T) {
			h := twoVersions(t, "one").cut(t, 1)
			good := files(t, filepath.Join(h.dir, "data"))
			want := harm(h)
			h.believe(t, good)
			h = openBoot(t, h.dir, "two")
			for range 2 { // it is told as often as it is asked for
				st, err := h.Status(ctx, "d")
				if err != nil || st.State != dataset.Changed || !slices.Equal(st.Damaged, want) ||
					!strings.Contains(st.Text, "the machine stopped before the checkout of d@1 was on the disk") || !strings.Contains(st.Text, want[0]) {
					t.Fatalf("%+v %v", st, err)
				}
			}
			for verb, err := range map[string]error{
				"snapshot": func() error { _, err := h.Snapshot(ctx, "d", dataset.Take{}); return err }(),
				"use":      h.Sound(ctx, func(path string) bool { return path == "data" }),
			} {
				if !errs.Is(err, errs.Conflict) || !strings.Contains(err.Error(), want[0]) ||
					!strings.Contains(errs.HintOf(err), "rondo data checkout --force d@1") || !strings.Contains(errs.HintOf(err), "rondo data snapshot --force d") {
					t.Errorf("%s: %v (%s)", verb, err, errs.HintOf(err))
				}
			}
			must(t, h.Sound(ctx, func(string) bool { return false }))
			h.close()
			h = openBoot(t, h.dir, "three")
			if _, err := h.Checkout(ctx, "d", 1, true); err != nil {
				t.Fatal(err)
			}
			if st, err := h.Status(ctx, "d"); err != nil || st.State != dataset.Clean || len(st.Damaged) > 0 {
				t.Errorf("brought back: %+v %v", st, err)
			}
			h.close()
			if got := files(t, filepath.Join(h.dir, "data")); !maps.Equal(got, good) || len(notes(t, h.dir)) > 0 {
				t.Errorf("brought back are %d files, and %d notes are left", len(got), len(notes(t, h.dir)))
			}
		})
	}
}

// TestFilesThatAreMeantSo: an edit of a person is like damage until it is said that it is none.
func TestFilesThatAreMeantSo(t *testing.T) {
	ctx := t.Context()
	h := twoVersions(t, "one").cut(t, 1)
	write(t, h.dir, "data/2.txt", "written by hand")
	h = openBoot(t, h.dir, "two")
	if _, err := h.Checkout(ctx, "d", 1, false); !errs.Is(err, errs.Conflict) || !strings.Contains(err.Error(), "the machine stopped") {
		t.Errorf("a checkout over it: %v", err)
	}
	snap, err := h.Snapshot(ctx, "d", dataset.Take{Force: true})
	if err != nil || snap.Number != 3 {
		t.Fatalf("%+v %v", snap, err)
	}
	if st, err := h.Status(ctx, "d"); err != nil || st.State != dataset.Clean || len(notes(t, h.dir)) > 0 {
		t.Errorf("%+v %v, %d notes", st, err, len(notes(t, h.dir)))
	}
}

// TestNothingWasLost: where all is as the snapshot has it, or as it was before, or nothing is
// there at all, the note goes and nobody is troubled.
func TestNothingWasLost(t *testing.T) {
	ctx := t.Context()
	for what, c := range map[string]struct {
		change func(h *house)
		state  string
	}{
		"all there": {func(*house) {}, dataset.Clean},
		"as before": {func(h *house) { // neither a name nor the pointer had changed
			_, err := h.Checkout(ctx, "d", 2, true)
			must(t, err)
		}, dataset.Clean},
		"nothing there": {func(h *house) { must(t, os.RemoveAll(filepath.Join(h.dir, "data"))) }, dataset.Missing},
	} {
		t.Run(what, func(t *testing.T) {
			h := twoVersions(t, "one").cut(t, 1)
			kept := notes(t, h.dir)
			for name := range kept {
				must(t, os.Remove(name))
			}
			o := openBoot(t, h.dir, "one")
			c.change(o)
			o.close()
			for name, text := range kept {
				must(t, os.WriteFile(name, []byte(text), 0o600))
			}
			h = openBoot(t, h.dir, "two")
			if len(notes(t, h.dir)) != 1 {
				t.Fatal("it is not noticed")
			}
			st, err := h.Status(ctx, "d")
			if err != nil || st.State != c.state || len(st.Damaged) > 0 || len(notes(t, h.dir)) > 0 {
				t.Errorf("%+v %v, %d notes", st, err, len(notes(t, h.dir)))
			}
		})
	}
}

// TestOneFileThatIsADataset is found damaged and brought back like one of many.
func TestOneFileThatIsADataset(t *testing.T) {
	h := openBoot(t, project(t), "one")
	write(t, h.dir, "t.csv", "a,b\n1,2\n")
	h.add(t, "d", "t.csv")
	h.snap(t, "d")
	must(t, os.Remove(filepath.Join(h.dir, "t.csv")))
	h.cut(t, 1)
	zeros(t, h.dir, "t.csv")
	h = openBoot(t, h.dir, "two")
	if st, err := h.Status(t.Context(), "d"); err != nil || !slices.Equal(st.Damaged, []string{"t.csv"}) {
		t.Errorf("%+v %v", st, err)
	}
	_, err := h.Checkout(t.Context(), "d", 0, true)
	must(t, err)
	if got := read(t, h.dir, "t.csv"); got != "a,b\n1,2\n" {
		t.Errorf("%q", got)
	}
}

// TestOnlyTheProgramEnded: the system has every byte, so it is asked to write them, and
// nobody is troubled.
func TestOnlyTheProgramEnded(t *testing.T) {
	h := twoVersions(t, "one").cut(t, 1)
	write(t, h.dir, "data/2.txt", "written by hand")
	h = openBoot(t, h.dir, "one")
	snap := h.snap(t, "d")
	h.close()
	if snap.Number != 3 || len(notes(t, h.dir)) > 0 {
		t.Errorf("snapshot %d, %d notes", snap.Number, len(notes(t, h.dir)))
	}
}

// TestTheAnswerComesBeforeTheDisk, and the end of the program after it.
func TestTheAnswerComesBeforeTheDisk(t *testing.T) {
	h := twoVersions(t, "one")
	begun, release := make(chan struct{}), make(chan struct{})
	var first sync.Once
	fault.Fail(func(op string) error {
		if op == "syncfs" {
			first.Do(func() { close(begun) })
			<-release
		}
		return nil
	})
	defer fault.Fail(nil)
	_, err := h.Checkout(t.Context(), "d", 1, false)
	must(t, err)
	<-begun
	if st, err := h.Status(t.Context(), "d"); err != nil || st.State != dataset.Clean {
		t.Errorf("%+v %v", st, err)
	}
	_, err = h.Checkout(t.Context(), "d", 2, false) // while the one before is on its way
	must(t, err)
	ended := make(chan struct{})
	go func() { h.close(); close(ended) }()
	if n := len(notes(t, h.dir)); n != 2 {
		t.Errorf("%d notes of two checkouts that the disk does not have", n)
	}
	select {
	case <-ended:
		t.Error("the program ended before the disk had all")
	case <-time.After(50 * time.Millisecond):
	}
	close(release)
	<-ended
	if n := len(notes(t, h.dir)); n != 0 {
		t.Errorf("%d notes are left", n)
	}
}

// TestWithoutBootsTheDiskIsWaitedFor: no note is made where it could not be judged.
func TestWithoutBootsTheDiskIsWaitedFor(t *testing.T) {
	h := twoVersions(t, "")
	var synced atomic.Int64
	fault.Fail(func(op string) error {
		if op == "sync" || op == "syncdir" {
			synced.Add(1)
		}
		return nil
	})
	_, err := h.Checkout(t.Context(), "d", 1, false)
	fault.Fail(nil)
	if _, e := os.Stat(filepath.Join(h.device, "unsettled")); err != nil || synced.Load() < 7 || e == nil {
		t.Errorf("%v, %d syncs, %v", err, synced.Load(), e)
	}
}

// TestADiskThatFailsAfterTheAnswer: what it could not write is not believed any more, also
// where only the program has ended since.
func TestADiskThatFailsAfterTheAnswer(t *testing.T) {
	ctx := t.Context()
	h := twoVersions(t, "one")
	fault.Fail(func(op string) error {
		if op == "syncfs" {
			return syscall.EIO
		}
		return nil
	})
	_, err := h.Checkout(ctx, "d", 1, false)
	must(t, err)
	h.close()
	fault.Fail(nil)
	if said := h.log.String(); !strings.Contains(said, "the disk failed to take the checkout of d@1") || !strings.Contains(said, "rondo data checkout --force d@1") {
		t.Errorf("logged: %s", said)
	}
	zeros(t, h.dir, "data/1.txt")
	h = openBoot(t, h.dir, "one")
	if _, err := h.Snapshot(ctx, "d", dataset.Take{}); !errs.Is(err, errs.Conflict) || !strings.Contains(err.Error(), "data/1.txt") || !strings.Contains(err.Error(), syscall.EIO.Error()) {
		t.Errorf("%v", err)
	}
	_, err = h.Checkout(ctx, "d", 1, true)
	must(t, err)
	h.close()
	if n := len(notes(t, h.dir)); n != 0 {
		t.Errorf("%d notes are left", n)
	}
}

// TestNoNoteNoCheckout: what cannot be noted is not begun.
func TestNoNoteNoCheckout(t *testing.T) {
	h := twoVersions(t, "one")
	before := files(t, filepath.Join(h.dir, "data"))
	write(t, h.device, "unsettled", "a file in the folder's place")
	_, err := h.Checkout(t.Context(), "d", 1, false)
	if !errs.Is(err, errs.Unavailable) {
		t.Errorf("%v", err)
	}
	if got := files(t, filepath.Join(h.dir, "data")); !maps.Equal(got, before) {
		t.Error("the files have changed")
	}
}

// TestNotesOfAnotherCopy of the project are left to it, and unreadable ones are told of.
func TestNotesOfAnotherCopy(t *testing.T) {
	h := twoVersions(t, "one").cut(t, 1)
	other := project(t)
	must(t, os.MkdirAll(filepath.Join(other, ".rondo"), 0o755))
	for name, text := range notes(t, h.dir) {
		var u map[string]any
		must(t, json.Unmarshal([]byte(text), &u))
		u["folder"] = other
		b, err := json.Marshal(u)
		must(t, err)
		must(t, os.WriteFile(name, b, 0o600))
		must(t, os.WriteFile(filepath.Join(filepath.Dir(name), "damaged.json"), b[:20], 0o600))
	}
	zeros(t, h.dir, "data/1.txt")
	h = openBoot(t, h.dir, "two")
	if st, err := h.Status(t.Context(), "d"); err != nil || len(st.Damaged) > 0 || len(st.Changed) != 1 {
		t.Errorf("%+v %v", st, err)
	}
	if !strings.Contains(h.log.String(), "damaged.json") {
		t.Errorf("logged: %s", h.log.String())
	}
	must(t, os.RemoveAll(other)) // so it was moved to here
	h.close()
	h = openBoot(t, h.dir, "two")
	if st, err := h.Status(t.Context(), "d"); err != nil || len(st.Damaged) != 1 {
		t.Errorf("%+v %v", st, err)
	}
}

// TestWhatMayHaveToComeBackStays: gc keeps the content of a checkout that may be damaged,
// also of a snapshot that is forgotten and that no pointer names.
func TestWhatMayHaveToComeBackStays(t *testing.T) {
	ctx := t.Context()
	h := twoVersions(t, "one").cut(t, 1)
	must(t, os.Remove(filepath.Join(h.dir, "data.snap")))
	zeros(t, h.dir, "data/sub/large.bin")
	h = openBoot(t, h.dir, "two")
	h.unused = true
	must(t, h.Sync(ctx, map[string]dataset.Setting{"d": {Path: "data", Keep: &dataset.Keep{Last: 1}}}))
	r, err := h.Retain(ctx, dataset.Retain{})
	if err != nil || len(r[0].Forgot) != 1 {
		t.Fatalf("%+v %v", r, err)
	}
	for i := range 3 {
		h.later(time.Duration(i+1) * 48 * time.Hour)
		_, err := h.Collect(ctx, dataset.Collect{Grace: 1})
		must(t, err)
	}
	st, err := h.Status(ctx, "d")
	if err != nil || !slices.Contains(st.Damaged, "data/sub/large.bin") {
		t.Errorf("%+v %v", st, err)
	}
}
