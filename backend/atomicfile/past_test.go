//go:build unix

package atomicfile_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"rondo/backend/atomicfile"
	"rondo/backend/fault"
)

const mib = 1 << 20

// noise returns n bytes that are the same each time.
func noise(n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{1}).Read(b)
	return b
}

// writePast writes content in pieces of a size, and commits.
func writePast(path string, content []byte, size int, past bool) error {
	f, err := atomicfile.Create(path, 0o644)
	if err != nil {
		return err
	}
	defer f.Close()
	p := atomicfile.WritePast(f, f.File)
	if past {
		p.Bypass()
	}
	for b := content; len(b) > 0; {
		n := min(size, len(b))
		if _, err := p.Write(b[:n]); err != nil {
			if p.End() == nil {
				return errors.New("the end says that all is well")
			}
			return err
		}
		b = b[n:]
	}
	if err := p.End(); err != nil {
		return err
	}
	return f.Commit()
}

// places are folders of file systems that let one write past the memory of files, or may not.
func places(t *testing.T) []string {
	list := []string{t.TempDir()}
	if dir, err := os.MkdirTemp("/dev/shm", "past"); err == nil {
		t.Cleanup(func() { os.RemoveAll(dir) })
		list = append(list, dir)
	}
	return list
}

// TestWhatGoesPastTheMemoryIsWhole, of sizes around that of a piece and of a disk's part.
func TestWhatGoesPastTheMemoryIsWhole(t *testing.T) {
	all := noise(17 * mib)
	for _, dir := range places(t) {
		for _, n := range []int{0, 1, 4095, 4096, 4*mib - 1, 4 * mib, 4*mib + 1, 8 * mib, 12*mib + 4097, len(all)} {
			for _, size := range []int{1000, 4096, mib + 1, 9 * mib} {
				path := filepath.Join(dir, "file")
				must(t, writePast(path, all[:n], size, n%2 == 0 || size%2 == 0))
				got, err := os.ReadFile(path)
				must(t, err)
				if !bytes.Equal(got, all[:n]) {
					t.Fatalf("%s: of %d bytes, written by %d, %d came, or others", dir, n, size, len(got))
				}
			}
		}
	}
}

// TestAFullDiskIsToldByWhoeverWritesPastTheMemory, whichever write it is that fails; and
// nothing has the name then.
func TestAFullDiskIsToldByWhoeverWritesPastTheMemory(t *testing.T) {
	full := errors.New("the disk is full")
	content := noise(13*mib + 5)
	for _, dir := range places(t) {
		for nth := 1; nth <= 4; nth++ {
			at := 0
			fault.Fail(func(op string) error {
				if op != "write" {
					return nil
				}
				if at++; at == nth {
					return full
				}
				return nil
			})
			path := filepath.Join(dir, "file")
			err := writePast(path, content, mib, true)
			fault.Fail(nil)
			if !errors.Is(err, full) || at < nth {
				t.Errorf("%s: write %d of %d failed: %v", dir, nth, at, err)
			}
			if _, err := os.Stat(path); err == nil {
				t.Errorf("%s: what was cut off has its name", dir)
			}
		}
	}
}

// TestNothingGoesOnAfterTheEnd: nobody asks the disk for anything of a file that is closed by then.
func TestNothingGoesOnAfterTheEnd(t *testing.T) {
	before := runtime.NumGoroutine()
	path := filepath.Join(t.TempDir(), "file")
	for range 20 {
		must(t, writePast(path, noise(17*mib), 9*mib, false))
	}
	for wait := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before+5; runtime.Gosched() {
		if time.Now().After(wait) {
			t.Fatalf("%d goroutines, and %d before", runtime.NumGoroutine(), before)
		}
	}
}
