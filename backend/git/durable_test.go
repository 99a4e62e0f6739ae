//go:build linux

package git_test

import (
	"path/filepath"
	"testing"
	"time"

	"rondo/backend/atomicfile"
	"rondo/backend/atomicfile/disktest"
	"rondo/backend/git"
)

// settled is a repository of which the disk has all.
func settled(t *testing.T) (dir string) {
	t.Helper()
	dir, _ = repository(t, "")
	disktest.Tells(t, dir)
	if err := atomicfile.SyncAll(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// durable complains about what git's own folder has and the disk has not.
func durable(t *testing.T, what, dir string) {
	t.Helper()
	if list := disktest.Unwritten(t, filepath.Join(dir, ".git")); len(list) > 0 {
		t.Errorf("%s: the disk does not have all of %v", what, list)
	}
}

// TestWhatIsCommittedTheDiskHas: a branch that names a commit of which the disk has nothing is
// a repository that git cannot read.
func TestWhatIsCommittedTheDiskHas(t *testing.T) {
	dir := settled(t)
	write(t, dir, "data/deep/w.csv.snap", "rondo snapshot 1\n")
	now := time.Now()
	if _, err := open(t, dir).Commit([]string{"data/deep/w.csv.snap"}, "v1", now); err != nil {
		t.Fatal(err)
	}
	durable(t, "a commit", dir)
	write(t, dir, "train.py", "changed\n")
	write(t, dir, "new.py", "new\n")
	kept, err := lay(t, dir).Keep("refs/stash", "kept", now)
	if err != nil || kept == "" {
		t.Fatal(err)
	}
	durable(t, "what is kept", dir)
	write(t, dir, "train.py", "changed again\n")
	saved, err := lay(t, dir).Save("saved", []string{"new.py"}, now)
	if err != nil {
		t.Fatal(err)
	}
	if err := open(t, dir).SetRef("refs/exps/one", saved.Commit, "saved", now); err != nil {
		t.Fatal(err)
	}
	durable(t, "what is saved", dir)
	run(t, dir, "fsck", "--strict")
}

// lay compares what is checked out with what lies there.
func lay(t *testing.T, dir string) *git.Laying {
	t.Helper()
	l, err := open(t, dir).Lay(t.Context(), run(t, dir, "rev-parse", "HEAD"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}
