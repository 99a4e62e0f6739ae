//go:build linux

package atomicfile_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"rondo/backend/atomicfile"
)

// TestWhatIsReplacedGoesLater: a file that lost its name is there until nobody waits, and not
// for ever.
func TestWhatIsReplacedGoesLater(t *testing.T) {
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	must(t, err)
	defer root.Close()
	must(t, root.WriteFile("old", []byte("old"), 0o644))
	must(t, root.WriteFile("new", []byte("new"), 0o644))
	replaced := atomicfile.Replacing(root, "old")
	must(t, root.Rename("new", "old"))
	if !holds(t, dir) {
		t.Fatal("what was replaced was given up by the rename")
	}
	replaced()
	for deadline := time.Now().Add(10 * time.Second); holds(t, dir); {
		if time.Now().After(deadline) {
			t.Fatal("what was replaced is still held")
		}
	}
	atomicfile.Replacing(root, "not there")()
}

// holds reports whether this process has a file of the folder open that has no name any more.
func holds(t *testing.T, dir string) bool {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	must(t, err)
	for _, e := range all {
		if at, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && strings.HasPrefix(at, dir) && strings.HasSuffix(at, " (deleted)") {
			return true
		}
	}
	return false
}
