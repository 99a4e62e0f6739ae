package run_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"rondo/backend/run"
)

// copyDir copies the files of a folder.
func copyDir(t *testing.T, from, to string) {
	t.Helper()
	list, err := os.ReadDir(from)
	must(t, err)
	must(t, os.RemoveAll(to))
	must(t, os.MkdirAll(to, 0o755))
	for _, e := range list {
		b, err := os.ReadFile(filepath.Join(from, e.Name()))
		must(t, err)
		must(t, os.WriteFile(filepath.Join(to, e.Name()), b, 0o600))
	}
}

// TestWhatTheIndexMissedIsFound: the points of a run are on disk, and the index is one
// that has not seen them, as after a power cut. What tells so is the mark.
func TestWhatTheIndexMissedIsFound(t *testing.T) {
	for _, mark := range []string{"another boot\n", "", "\x00\x00"} {
		h := open(t, t.TempDir())
		id := h.run(t, run.Create{}).ID
		must(t, h.Log(t.Context(), id, run.Batch{Points: []run.Point{{Key: "loss", Value: 1}}}))
		device := filepath.Dir(indexPath(h.dir))
		h.close()
		if _, err := os.Stat(filepath.Join(device, "points-open")); !os.IsNotExist(err) {
			t.Fatalf("the mark is still there after a good end: %v", err)
		}
		old := filepath.Join(h.dir, "old")
		copyDir(t, device, old)
		h = open(t, h.dir)
		must(t, h.Log(t.Context(), id, run.Batch{Points: []run.Point{{Key: "loss", Value: 2, Step: 1}}}))
		if _, err := os.Stat(filepath.Join(device, "points-open")); err != nil {
			t.Fatalf("no mark while points are logged: %v", err)
		}
		h.close()
		copyDir(t, old, device)
		must(t, os.WriteFile(filepath.Join(device, "points-open"), []byte(mark), 0o600))
		h = open(t, h.dir)
		if r, err := h.Get(t.Context(), id); err != nil || r.Metrics["loss"].Value != 2 || r.Metrics["loss"].Count != 2 {
			t.Errorf("mark %q: the index says %+v, %v", mark, r.Metrics["loss"], err)
		}
		h.close()
	}
}

// TestPointsOfAnotherDeviceAreFound: more runs than are looked at before the project is
// open, and a file from elsewhere for the oldest and the newest of them.
func TestPointsOfAnotherDeviceAreFound(t *testing.T) {
	h := open(t, t.TempDir())
	old := h.run(t, run.Create{}).ID
	must(t, h.Log(t.Context(), old, run.Batch{Points: []run.Point{{Key: "loss", Value: 1}}}))
	for i := range 2100 {
		h.run(t, run.Create{Name: fmt.Sprint(i)})
	}
	last := h.run(t, run.Create{}).ID
	h.close()
	b, err := os.ReadFile(filepath.Join(h.dir, ".rondo", "runs", old, "metrics", "laptop.points"))
	must(t, err)
	must(t, os.MkdirAll(filepath.Join(h.dir, ".rondo", "journal", "tower"), 0o755))
	for _, id := range []string{old, last} {
		dir := filepath.Join(h.dir, ".rondo", "runs", id, "metrics")
		must(t, os.MkdirAll(dir, 0o755))
		must(t, os.WriteFile(filepath.Join(dir, "tower.points"), b, 0o644))
	}
	h = open(t, h.dir)
	if r, err := h.Get(t.Context(), last); err != nil || r.Metrics["loss"].Count != 1 {
		t.Errorf("the newest run has %+v, %v", r.Metrics, err)
	}
	before := h.dump(t) // waits for the rest
	if r, err := h.Get(t.Context(), old); err != nil || r.Metrics["loss"].Count != 2 {
		t.Errorf("the oldest run has %+v, %v", r.Metrics, err)
	}
	h.close()
	must(t, os.RemoveAll(filepath.Dir(indexPath(h.dir))))
	h = open(t, h.dir)
	if after := h.dump(t); after != before {
		t.Error("a rebuild gives other rows")
	}
}
