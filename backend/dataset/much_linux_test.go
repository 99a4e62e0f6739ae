package dataset_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"rondo/backend/atomicfile"
)

// cached is the share of a file that the system has in memory.
func cached(t *testing.T, path string) float64 {
	t.Helper()
	f, err := os.Open(path)
	must(t, err)
	defer f.Close()
	fi, err := f.Stat()
	must(t, err)
	var fs unix.Statfs_t
	must(t, unix.Fstatfs(int(f.Fd()), &fs))
	var has unix.Cachestat_t
	err = unix.Cachestat(uint(f.Fd()), &unix.CachestatRange{}, &has, 0)
	if errors.Is(err, unix.ENOSYS) || fs.Type == unix.TMPFS_MAGIC {
		t.Skip("this system does not say what it has in memory, or has all there")
	}
	must(t, err)
	return float64(has.Cache) * float64(os.Getpagesize()) / float64(fi.Size())
}

// TestMuchIsBroughtBackPastTheMemory and is what it was; what is less stays there.
func TestMuchIsBroughtBackPastTheMemory(t *testing.T) {
	crowd := atomicfile.Crowd
	t.Cleanup(func() { atomicfile.Crowd = crowd })
	dir := project(t)
	h := open(t, dir)
	for name, n := range map[string]int{"small": 1000, "large": 1500_000, "larger": 13_000_001} {
		write(t, dir, "data/"+name, noise(n))
	}
	h.add(t, "data", "data")
	h.snap(t, "data")
	want := files(t, filepath.Join(dir, "data"))
	for _, much := range []bool{false, true} {
		if atomicfile.Crowd = crowd; much {
			atomicfile.Crowd = 14_000_000
		}
		must(t, os.RemoveAll(filepath.Join(dir, "data")))
		_, err := h.Checkout(t.Context(), "data", 0, false)
		must(t, err)
		if share := cached(t, filepath.Join(dir, "data/larger")); much != (share < 0.5) {
			t.Errorf("much: %v, and %.0f %% are in memory", much, 100*share)
		}
		if got := files(t, filepath.Join(dir, "data")); !maps.Equal(got, want) {
			t.Errorf("much: %v, and other files came back", much)
		}
	}
}
