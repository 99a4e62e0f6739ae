package store_test

import (
	"os"
	"path/filepath"
	"testing"

	"rondo/backend/store"
)

// TestALargeFileIsCountedWhileItIsRead, and in all no more than once.
func TestALargeFileIsCountedWhileItIsRead(t *testing.T) {
	for _, how := range []store.Link{store.LinkCopy, store.LinkHard} {
		s, dir := mustOpen(t, t.TempDir()), t.TempDir()
		const large, small = 9 << 20, 1000
		for name, size := range map[string]int{"large": large, "small": small} {
			if err := os.WriteFile(filepath.Join(dir, name), noise(1, size), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		count, meanwhile := &store.Count{}, int64(0)
		_, err := s.Take(t.Context(), dir, store.Scan{Count: count, Link: how, Each: func(string, string, int64) { meanwhile = count.Bytes.Load() }})
		if err != nil || meanwhile < large || count.Bytes.Load() != large+small || count.Files.Load() != 2 {
			t.Errorf("%s: %d bytes before the file is done, after it %d of %d files: %v", how, meanwhile, count.Bytes.Load(), count.Files.Load(), err)
		}
	}
}
