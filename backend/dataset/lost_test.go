package dataset_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rondo/backend/dataset"
	"rondo/backend/errs"
)

// afterAStart has a snapshot of two files, of which one then holds something else and looks as the
// snapshot found it, in the next start of the machine. All looks are later than a tick of the files' clock.
func afterAStart(t *testing.T, path string, now []byte) *house {
	t.Helper()
	h := openBoot(t, project(t), "one")
	write(t, h.dir, "data/a.csv", csv1)
	write(t, h.dir, "data/sub/b.csv", csv1)
	h.now = func() time.Time { return time.Now().Add(time.Second) }
	h.add(t, "d", path)
	h.snap(t, "d")
	h.close()
	rewritten(t, filepath.Join(h.dir, "data/a.csv"), now)
	h = openBoot(t, h.dir, "two")
	h.now = func() time.Time { return time.Now().Add(time.Second) }
	return h
}

// rewritten gives a file other content under its old time.
func rewritten(t *testing.T, at string, now []byte) {
	t.Helper()
	fi, err := os.Stat(at)
	must(t, err)
	f, err := os.OpenFile(at, os.O_WRONLY|os.O_TRUNC, 0)
	must(t, err)
	_, err = f.Write(now)
	must(t, err)
	must(t, f.Close())
	must(t, os.Chtimes(at, fi.ModTime(), fi.ModTime()))
}

// TestWhatADiskLostIsNoData: it is named by status, and neither a snapshot nor what reads the dataset
// takes it before somebody says so, however often it was looked at.
func TestWhatADiskLostIsNoData(t *testing.T) {
	for _, path := range []string{"data", "data/a.csv"} {
		t.Run(path, func(t *testing.T) {
			h := afterAStart(t, path, make([]byte, len(csv1)))
			for range 2 {
				st, err := h.Status(t.Context(), "d")
				if err != nil || st.State != dataset.Changed || strings.Join(st.Damaged, " ") != "data/a.csv" || !strings.Contains(st.Text, "checkout --force d@1") {
					t.Errorf("%+v %v", st, err)
				}
				h.takesNot(t, "data/a.csv")
			}
			h = h.again(t, "two")
			h.takesNot(t, "data/a.csv")
			h = h.again(t, "three")
			h.takesNot(t, "data/a.csv")
			snap, err := h.Snapshot(t.Context(), "d", dataset.Take{Force: true})
			if err != nil || snap.Number != 2 {
				t.Fatal(snap.Number, err)
			}
			must(t, h.Sound(t.Context(), func(string) bool { return true }))
			if st, err := h.Status(t.Context(), "d"); err != nil || st.State != dataset.Clean {
				t.Errorf("%+v %v", st, err)
			}
		})
	}
}

// again opens the project anew, in some start of the machine.
func (h *house) again(t *testing.T, boot string) *house {
	t.Helper()
	h.close()
	n := openBoot(t, h.dir, boot)
	n.now = h.now
	return n
}

// takesNot expects that nothing takes the files for data.
func (h *house) takesNot(t *testing.T, name string) {
	t.Helper()
	_, taken := h.Snapshot(t.Context(), "d", dataset.Take{})
	_, brought := h.Checkout(t.Context(), "d", 0, false)
	read := h.Sound(t.Context(), func(path string) bool { return strings.HasPrefix(path, "data") })
	for what, err := range map[string]error{"snapshot": taken, "checkout": brought, "a stage": read} {
		hint := errs.HintOf(err)
		if !errs.Is(err, errs.Conflict) || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "without a new time") ||
			!strings.Contains(hint, "rondo data checkout --force d@1") || !strings.Contains(hint, "rondo data snapshot --force d") {
			t.Errorf("%s: %v; %s", what, err, hint)
		}
	}
}

// TestWhatADiskLostComesBack by a checkout of it alone, as the refusal says; other files stay as they are.
func TestWhatADiskLostComesBack(t *testing.T) {
	h := afterAStart(t, "data", make([]byte, len(csv1)))
	write(t, h.dir, "data/sub/b.csv", "id\n9\n")
	_, err := h.Snapshot(t.Context(), "d", dataset.Take{})
	if !strings.Contains(errs.HintOf(err), "rondo data checkout --force d@1 a.csv;") {
		t.Fatal(err, errs.HintOf(err))
	}
	_, err = h.CheckoutWith(t.Context(), "d", 1, dataset.Bring{Force: true, Paths: []string{"a.csv"}})
	must(t, err)
	got := files(t, filepath.Join(h.dir, "data"))
	if snap := h.snap(t, "d"); snap.Number != 2 || len(got) != 2 {
		t.Errorf("%+v %v", snap, got)
	}
	if b, err := os.ReadFile(filepath.Join(h.dir, "data/a.csv")); err != nil || string(b) != csv1 {
		t.Errorf("%q %v", b, err)
	}
}

// TestWhatADiskLostIsToldFromWork: a file that was cut short and touched by nobody is lost; one that
// has a new time, or was put in its place, is work.
func TestWhatADiskLostIsToldFromWork(t *testing.T) {
	at := func(h *house) string { return filepath.Join(h.dir, "data/a.csv") }
	for what, c := range map[string]struct {
		now  []byte
		then func(t *testing.T, h *house)
		lost bool
	}{
		"the same content":  {now: []byte(csv1)},
		"zeros":             {now: make([]byte, len(csv1)), lost: true},
		"shorter by hand":   {now: []byte("id\n")},
		"longer":            {now: bytes.Repeat([]byte(csv1), 2)},
		"zeros, then work":  {make([]byte, len(csv1)), func(t *testing.T, h *house) { write(t, h.dir, "data/a.csv", csv1[:len(csv1)-1]+"\r") }, false},
		"zeros, then right": {make([]byte, len(csv1)), func(t *testing.T, h *house) { rewritten(t, at(h), []byte(csv1)) }, false},
		"zeros, then gone":  {make([]byte, len(csv1)), func(t *testing.T, h *house) { must(t, os.Remove(at(h))) }, false},
		"zeros, then touched": {make([]byte, len(csv1)), func(t *testing.T, h *house) {
			must(t, os.Chtimes(at(h), time.Now(), time.Now()))
		}, false},
	} {
		t.Run(what, func(t *testing.T) {
			h := afterAStart(t, "data", c.now)
			_, err := h.Status(t.Context(), "d")
			must(t, err)
			if c.then != nil {
				c.then(t, h)
			}
			if _, err := h.Snapshot(t.Context(), "d", dataset.Take{}); errs.Is(err, errs.Conflict) != c.lost || !c.lost && err != nil {
				t.Error(err)
			}
		})
	}
}

// TestWhatADiskLostMayLookAsItDid in every respect, and is not believed after it was looked at once.
func TestWhatADiskLostMayLookAsItDid(t *testing.T) {
	for _, path := range []string{"data", "data/a.csv"} {
		t.Run(path, func(t *testing.T) {
			h := openBoot(t, project(t), "one")
			write(t, h.dir, "data/a.csv", csv1)
			h.add(t, "d", path)
			h.snap(t, "d")
			must(t, os.WriteFile(filepath.Join(h.dir, "data/a.csv"), make([]byte, len(csv1)), 0o644))
			h.believed(t, "d", "one", 0, map[string]string{"data/a.csv": csv1})
			h.now = func() time.Time { return time.Now().Add(time.Second) }
			for range 3 {
				h = h.again(t, "two")
				h.takesNot(t, "data/a.csv")
				_, err := h.Status(t.Context(), "d")
				must(t, err)
			}
		})
	}
}
