//go:build linux

package atomicfile_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"rondo/backend/atomicfile"
	"rondo/backend/atomicfile/disktest"
)

// TestWhatIsCommittedTheDiskHas: of none of its bytes the system's memory has the only copy.
func TestWhatIsCommittedTheDiskHas(t *testing.T) {
	dir := t.TempDir()
	disktest.Tells(t, dir)
	root, err := os.OpenRoot(dir)
	must(t, err)
	defer root.Close()
	content := noise(9*mib + 5)
	for name, write := range map[string]func(path string) error{
		"at once":         func(path string) error { return atomicfile.WriteFile(path, content, 0o644) },
		"in pieces":       func(path string) error { return writePast(path, content, mib, false) },
		"past the memory": func(path string) error { return writePast(path, content, mib, true) },
		"received": func(path string) error {
			_, err := atomicfile.Receive(t.Context(), root, filepath.Base(path), bytes.NewReader(content), int64(len(content)))
			return err
		},
	} {
		must(t, write(filepath.Join(dir, name)))
	}
	if list := disktest.Unwritten(t, dir); len(list) > 0 {
		t.Errorf("the disk does not have all of %q", list)
	}
}

// TestOnlyWhatIsToGoesPastTheMemory: whole pieces do, where the file system lets them.
func TestOnlyWhatIsToGoesPastTheMemory(t *testing.T) {
	dir := t.TempDir()
	disktest.Tells(t, dir)
	if f, err := os.OpenFile(dir, unix.O_TMPFILE|os.O_RDWR|unix.O_DIRECT, 0o600); err != nil {
		t.Skipf("the file system has no way past: %v", err)
	} else {
		f.Close()
	}
	for name, past := range map[string]bool{"past": true, "through": false} {
		path := filepath.Join(dir, name)
		must(t, writePast(path, noise(8*mib+4096), mib, past))
		kept := disktest.Of(t, path).InMemory * uint64(os.Getpagesize())
		if past && kept > mib || !past && kept < 8*mib {
			t.Errorf("%s the memory: it has %d bytes", name, kept)
		}
	}
}
