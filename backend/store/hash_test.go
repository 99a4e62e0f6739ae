package store_test

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"rondo/backend/ref"
	"rondo/backend/store"
)

// TestFilesThatAreHashedTogetherHaveTheirDigests: more of them than there are cores, of which
// some end long before the others and one cannot be read.
func TestFilesThatAreHashedTogetherHaveTheirDigests(t *testing.T) {
	dir, b := t.TempDir(), noise(41, 6<<20)
	var work sync.WaitGroup
	for i := range 8 * runtime.NumCPU() {
		content := b[i*1009 : len(b)>>(i%5)]
		path := filepath.Join(dir, string(rune('a'+i)))
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		work.Go(func() {
			d, n, err := store.HashFile(context.Background(), path)
			if err != nil || d != ref.Of(content) || n != int64(len(content)) {
				t.Errorf("%d bytes: %s of %d (%v), want %s", len(content), d, n, err, ref.Of(content))
			}
		})
	}
	work.Go(func() {
		if d, n, err := store.HashFile(context.Background(), dir); err == nil {
			t.Errorf("a folder has the digest %s of %d bytes", d, n)
		}
	})
	work.Wait()
}
