package dataset_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"rondo/backend/dataset"
	"rondo/backend/errs"
	"rondo/backend/remote/remotetest"
)

// TestGarbageOfARemoteGoes: what an interrupted push and a record that was removed have left
// goes in two steps; what any snapshot there needs stays, also of a pack that goes.
func TestGarbageOfARemoteGoes(t *testing.T) {
	t.Run("folder", func(t *testing.T) { collectThere(t, filepath.Join(t.TempDir(), "remote")) })
	t.Run("sftp", func(t *testing.T) {
		collectThere(t, remotetest.StartSSHD(t).Address(filepath.Join(t.TempDir(), "remote")))
	})
	t.Run("s3", func(t *testing.T) { collectThere(t, remotetest.StartS3(t)) })
}

func collectThere(t *testing.T, address string) {
	ctx := t.Context()
	h := withRemote(t, address)
	write(t, h.dir, "data/shared.bin", noise(3<<20))
	write(t, h.dir, "data/old.bin", noise(5<<20))
	h.add(t, "d", "data")
	h.add(t, "e", writeIn(t, h, "other/x.bin", noise(2<<20)))
	h.snap(t, "e")
	first := h.snap(t, "d")
	h.push(t)
	must(t, os.Remove(filepath.Join(h.dir, "data/old.bin")))
	write(t, h.dir, "data/new.bin", noise(1<<20))
	h.snap(t, "d")
	h.push(t)
	gc := func(in dataset.CollectRemote) dataset.CollectedRemote {
		t.Helper()
		c, err := h.CollectRemote(ctx, in)
		must(t, err)
		return c
	}
	if c := gc(dataset.CollectRemote{}); c.Objects > 0 || c.Snapshots != 3 || c.Needed < 100 {
		t.Fatalf("all is needed, and it says %+v", c)
	}
	forgetThere(t, h, first.ID)
	if c := gc(dataset.CollectRemote{Grace: 1}); c.Objects > 0 {
		t.Fatalf("the project has the snapshot, and it says %+v", c)
	}
	// A project that knows nothing but the remote.
	h = withRemote(t, address)
	dry := gc(dataset.CollectRemote{Dry: true})
	if dry.Objects < 20 || dry.Bytes < 1<<20 || dry.Waiting != dry.Objects || dry.Removed > 0 {
		t.Fatalf("the dry run: %+v", dry)
	}
	if c := gc(dataset.CollectRemote{}); c.Waiting != dry.Objects || c.Removed > 0 {
		t.Fatalf("the first one: %+v", c)
	}
	if c := gc(dataset.CollectRemote{}); c.Removed > 0 {
		t.Fatalf("an hour later: %+v", c)
	}
	h.now = func() time.Time { return time.Now().Add(25 * time.Hour) }
	if c := gc(dataset.CollectRemote{Dry: true}); c.Waiting > 0 || c.Removed > 0 {
		t.Fatalf("a dry run a day later: %+v", c)
	}
	if c := gc(dataset.CollectRemote{}); c.Removed != dry.Objects || c.Freed != dry.Bytes {
		t.Fatalf("a day later: %+v, wanted %+v", c, dry)
	}
	if c := gc(dataset.CollectRemote{}); c.Objects > 0 {
		t.Fatalf("after that: %+v", c)
	}
	_, err := h.Fetch(ctx, dataset.Exchange{})
	must(t, err)
	for _, name := range []string{"d", "e"} {
		if v, err := h.Verify(ctx, name, 0); err != nil || !v.OK {
			t.Errorf("%s: %+v %v", name, v.Problems, err)
		}
	}
}

func writeIn(t *testing.T, h *house, name, text string) string {
	t.Helper()
	write(t, h.dir, name, text)
	return filepath.Dir(name)
}

// forgetThere removes a snapshot's record from a remote.
func forgetThere(t *testing.T, h *house, id string) {
	t.Helper()
	r := h.openRemote(t)
	defer r.Close()
	must(t, r.Delete(t.Context(), "snapshots/"+id+".json"))
}

// TestAPushKeepsWhatItCountsOn: it takes the marks away, and does not begin while a gc goes on.
func TestAPushKeepsWhatItCountsOn(t *testing.T) {
	address := filepath.Join(t.TempDir(), "remote")
	h := withRemote(t, address)
	write(t, h.dir, "data/big.bin", noise(3<<20))
	h.add(t, "d", "data")
	one := h.snap(t, "d")
	h.push(t)
	forgetThere(t, h, one.ID)
	other := withRemote(t, address)
	c, err := other.CollectRemote(t.Context(), dataset.CollectRemote{})
	if err != nil || c.Waiting == 0 {
		t.Fatalf("%+v %v", c, err)
	}
	h.push(t)
	forgetThere(t, h, one.ID)
	other.now = func() time.Time { return time.Now().Add(25 * time.Hour) }
	if c, err := other.CollectRemote(t.Context(), dataset.CollectRemote{}); err != nil || c.Removed > 0 || c.Waiting == 0 {
		t.Errorf("the marks are still there after a push: %+v %v", c, err)
	}
	lock := filepath.Join(address, "gc/lock")
	must(t, os.WriteFile(lock, []byte(time.Now().UTC().Format(time.RFC3339)), 0o644))
	if _, err := h.Push(t.Context(), dataset.Exchange{}); !errs.Is(err, errs.Conflict) {
		t.Errorf("a push beside a gc: %v", err)
	}
	if _, err := h.CollectRemote(t.Context(), dataset.CollectRemote{}); !errs.Is(err, errs.Conflict) {
		t.Errorf("a gc beside a gc: %v", err)
	}
	must(t, os.WriteFile(lock, []byte(time.Now().Add(-25*time.Hour).UTC().Format(time.RFC3339)), 0o644))
	h.push(t)
	if v, err := h.CollectRemote(t.Context(), dataset.CollectRemote{}); err != nil || v.Snapshots != 1 {
		t.Errorf("beside one that has died: %+v %v", v, err)
	}
	if _, err := os.Stat(lock); !os.IsNotExist(err) {
		t.Errorf("the lock is left: %v", err)
	}
	// While something that a snapshot needs is missing there, nothing is removed.
	packs, _ := filepath.Glob(filepath.Join(address, "objects/packs/*.pack"))
	must(t, os.Remove(packs[0]))
	if _, err := other.CollectRemote(t.Context(), dataset.CollectRemote{Grace: 1}); !errs.Is(err, errs.Precondition) {
		t.Errorf("with a pack that is missing: %v", err)
	}
}
