package dataset_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"rondo/backend/dataset"
	"rondo/backend/dataset/far"
	"rondo/backend/errs"
)

// TestALockFromATimeToCome: a collection of another device whose clock was wrong keeps nobody
// waiting for longer than an hour after it last said that it goes on.
func TestALockFromATimeToCome(t *testing.T) {
	h := open(t, project(t))
	must(t, lay(filepath.Join(h.dir, "data"), map[string]string{"a": "1"}))
	_, err := h.Add(t.Context(), "d", "data", "")
	must(t, err)
	_, err = h.Snapshot(t.Context(), "d", dataset.Take{})
	must(t, err)
	address := t.TempDir()
	must(t, h.SetRemote(far.Remote{Name: "disk", Address: address}))
	_, err = h.Push(t.Context(), dataset.Exchange{})
	must(t, err)
	began := time.Now()
	says := func(at time.Duration) {
		t.Helper()
		must(t, os.MkdirAll(filepath.Join(address, "gc"), 0o755))
		must(t, os.WriteFile(filepath.Join(address, "gc/lock"), []byte(began.Add(at).UTC().Format(time.RFC3339Nano)+"\n"), 0o644))
	}
	pushes := func(after time.Duration, want bool) {
		t.Helper()
		h.now = func() time.Time { return began.Add(after) }
		_, err := h.Push(t.Context(), dataset.Exchange{})
		if want != (err == nil) || err != nil && !errs.Is(err, errs.Conflict) {
			t.Errorf("after %v: %v", after, err)
		}
	}
	says(48 * time.Hour)
	pushes(0, false)
	pushes(59*time.Minute, false)
	says(49 * time.Hour) // it goes on
	pushes(61*time.Minute, false)
	pushes(0, false) // the clock here is set back, which begins anew
	pushes(59*time.Minute, false)
	pushes(61*time.Minute, true)
}
