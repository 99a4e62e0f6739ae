//go:build linux

package remote_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"rondo/backend/atomicfile/disktest"
	"rondo/backend/fault"
	"rondo/backend/remote"
	"rondo/backend/remote/remotetest"
)

// TestWhatIsStoredTheDiskHas: the content before it has its name, and the names of it and of
// the folders that are new for it.
func TestWhatIsStoredTheDiskHas(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	disktest.Tells(t, dir)
	r := open(t, dir)
	var mu sync.Mutex
	var done []string
	fault.Fail(func(op string) error {
		mu.Lock()
		defer mu.Unlock()
		done = append(done, op)
		return nil
	})
	defer fault.Fail(nil)
	said := func(what string, err error, want ...string) {
		t.Helper()
		must(t, err)
		if list := disktest.Unwritten(t, dir); len(list) > 0 {
			t.Errorf("%s: the disk does not have all of %v", what, list)
		}
		if done = slices.DeleteFunc(done, func(op string) bool { return op == "create" || op == "write" }); !slices.Equal(done, want) {
			t.Errorf("%s: %v, want %v", what, done, want)
		}
		done = nil
	}
	_, err := r.Put(ctx, "new/folders/a", remote.Content(noise(100_000)))
	said("put", err, "mkdir", "syncdir", "syncdir", "sync", "link", "syncdir")
	said("replace", r.Replace(ctx, "new/folders/a", remote.Content(noise(200_000))), "sync", "rename", "syncdir")
}

// TestWhatIsStoredOnAnotherComputerItsDiskHas, where its sshd lets one wait for that.
func TestWhatIsStoredOnAnotherComputerItsDiskHas(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	disktest.Tells(t, dir)
	r := open(t, remotetest.StartSSHD(t).Address(dir))
	_, err := r.Put(ctx, "a", remote.Content(noise(100_000)))
	must(t, err)
	must(t, r.Replace(ctx, "b", remote.Content(noise(100_000))))
	if list := disktest.Unwritten(t, dir); len(list) > 0 {
		t.Errorf("the disk does not have all of %v", list)
	}
}
