//go:build linux

// Package disktest lets tests see what the disk has of a file, and what the system's memory
// has: whether what is said to be durable is.
package disktest

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Pages are those of a file that are in the system's memory (cachestat(2)).
type Pages struct {
	InMemory, Unwritten, BeingWritten uint64
	evicted, lately                   uint64
}

// Of asks for a file's pages. A test is skipped where the system does not tell.
func Of(t testing.TB, path string) (p Pages) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all [2]uint64 // from where on, and how much: up to the end
	_, _, e := unix.Syscall6(unix.SYS_CACHESTAT, f.Fd(), uintptr(unsafe.Pointer(&all)), uintptr(unsafe.Pointer(&p)), 0, 0, 0)
	if e != 0 {
		t.Skipf("the system does not say what the disk has: %v", e)
	}
	return p
}

// Unwritten lists the files of a folder, and below it, of which the disk does not have all.
func Unwritten(t testing.TB, dir string) (list []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || err == nil && !d.Type().IsRegular() {
			return nil
		}
		if err != nil {
			return err
		}
		if p := Of(t, path); p.Unwritten+p.BeingWritten > 0 {
			list = append(list, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// Tells skips a test where an unwritten file does not show, as in a file system in memory.
func Tells(t testing.TB, dir string) {
	t.Helper()
	path := filepath.Join(dir, "unwritten")
	if err := os.WriteFile(path, make([]byte, 100_000), 0o600); err != nil {
		t.Fatal(err)
	}
	defer os.Remove(path)
	if Of(t, path).Unwritten == 0 {
		t.Skip("the file system does not say what the disk has")
	}
}
