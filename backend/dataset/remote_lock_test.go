package dataset_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"rondo/backend/dataset"
	"rondo/backend/dataset/far"
	"rondo/backend/errs"
	"rondo/backend/fault"
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

// TestTwoCollectionsWhoseClocksDiffer: by how many hours ever, the second waits for the first; and where
// it takes it for dead all the same, the first removes nothing more.
func TestTwoCollectionsWhoseClocksDiffer(t *testing.T) {
	address := filepath.Join(t.TempDir(), "remote")
	h := withRemote(t, address)
	for _, name := range []string{"d", "e"} {
		write(t, h.dir, name+".bin", name+noise(300_000))
		h.add(t, name, name+".bin")
		snap := h.snap(t, name)
		h.push(t)
		forgetThere(t, h, snap.ID)
	}
	one, two := withRemote(t, address), withRemote(t, address)
	gc := func(h *house, ahead time.Duration) error {
		h.now = func() time.Time { return time.Now().Add(ahead) }
		_, err := h.CollectRemote(t.Context(), dataset.CollectRemote{Grace: 1})
		return err
	}
	must(t, gc(one, 0)) // marks
	var met []string
	fault.Hook(func(point string) {
		if point != "store.far-sweeping" || len(met) > 0 {
			return
		}
		met = append(met, point)
		for _, ahead := range []time.Duration{0, 5 * time.Hour, 20 * time.Hour, -5 * time.Hour} {
			other := withRemote(t, address) // whose clock is and was so
			if err := gc(other, ahead); !errs.Is(err, errs.Conflict) {
				t.Errorf("one whose clock is %v ahead: %v", ahead, err)
			}
			if _, err := other.Push(t.Context(), dataset.Exchange{}); !errs.Is(err, errs.Conflict) {
				t.Errorf("a push whose clock is %v ahead: %v", ahead, err)
			}
		}
		if err := gc(two, 0); !errs.Is(err, errs.Conflict) {
			t.Error(err)
		}
		must(t, gc(two, 61*time.Minute)) // the first has not said for an hour that it goes on
	})
	defer fault.Hook(nil)
	if err := gc(one, 0); !errs.Is(err, errs.Conflict) || errs.HintOf(err) == "" || len(met) == 0 {
		t.Errorf("the one that was taken for dead: %v; %s", err, errs.HintOf(err))
	}
	if _, err := os.Stat(filepath.Join(address, "gc/lock")); !os.IsNotExist(err) {
		t.Errorf("a lock is left: %v", err)
	}
	must(t, gc(one, 0))
}
