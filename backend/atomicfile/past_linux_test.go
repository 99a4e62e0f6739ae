package atomicfile_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"rondo/backend/atomicfile"
)

// refusing is a file of a file system that says only at the first write that nothing goes past its memory.
type refusing struct {
	*os.File
	refused int
}

func (r *refusing) Write(b []byte) (int, error) {
	flags, err := unix.FcntlInt(r.Fd(), unix.F_GETFL, 0)
	if err != nil {
		return 0, err
	}
	if flags&unix.O_DIRECT == 0 {
		return r.File.Write(b)
	}
	r.refused++
	n, err := r.File.Write(b[:len(b)/2])
	if err == nil {
		err = unix.EINVAL
	}
	return n, err
}

// TestWhatIsRefusedOnTheWayPastTheMemoryGoesThroughIt, from where it was refused on.
func TestWhatIsRefusedOnTheWayPastTheMemoryGoesThroughIt(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "file"))
	must(t, err)
	defer f.Close()
	w, all := &refusing{File: f}, noise(13*mib+5)
	p := atomicfile.WritePast(w, f)
	p.Bypass()
	_, err = p.Write(all)
	must(t, err)
	must(t, p.End())
	if w.refused == 0 {
		t.Skip("this file system has no way past its memory")
	}
	if got, err := os.ReadFile(f.Name()); err != nil || !bytes.Equal(got, all) || w.refused != 1 {
		t.Errorf("%d of %d bytes, %v; refused %d times", len(got), len(all), err, w.refused)
	}
}
