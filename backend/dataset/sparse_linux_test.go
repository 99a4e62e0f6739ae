package dataset_test

import (
	"crypto/sha256"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestASparseFileComesBackSparse: what it holds is the same, and its long runs of zeros take no
// room, also of a file that is written past the system's memory.
func TestASparseFileComesBackSparse(t *testing.T) {
	h := open(t, project(t))
	path := filepath.Join(h.dir, "sparse.bin")
	f, err := os.Create(path)
	must(t, err)
	for _, at := range []int64{0, 10_000_001, 40 << 20} {
		_, err := f.WriteAt([]byte(noise(100_000)), at)
		must(t, err)
	}
	must(t, f.Truncate(64<<20+17))
	must(t, f.Close())
	was, taken := sumOf(t, path)
	if taken > 2<<20 {
		t.Skip("this file system has no holes")
	}
	h.add(t, "s", "sparse.bin")
	h.snap(t, "s")
	must(t, os.Remove(path))
	if _, err := h.Checkout(t.Context(), "s", 1, false); err != nil {
		t.Fatal(err)
	}
	if now, took := sumOf(t, path); now != was || took > 4*taken {
		t.Errorf("the same: %t; it takes %d bytes, and took %d", now == was, took, taken)
	}
}

// sumOf is what a file holds, and how many bytes it takes on the disk.
func sumOf(t *testing.T, path string) (sum [32]byte, taken int64) {
	t.Helper()
	f, err := os.Open(path)
	must(t, err)
	defer f.Close()
	s := sha256.New()
	_, err = io.Copy(s, f)
	must(t, err)
	must(t, f.Sync())
	fi, err := f.Stat()
	must(t, err)
	return [32]byte(s.Sum(nil)), fi.Sys().(*syscall.Stat_t).Blocks * 512
}
