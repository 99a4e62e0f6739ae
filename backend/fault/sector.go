package fault

import (
	"io"
	"io/fs"
	"os"
	"sync/atomic"
	"syscall"
)

// Sector is a part of a file that the disk cannot read. The zero Sector is none.
type Sector struct{ From, To int64 }

var sectors atomic.Pointer[func(path string) Sector]

// Spoil lets fn say which part of a file cannot be read; nil ends that. For tests only.
func Spoil(fn func(path string) Sector) {
	if fn == nil {
		sectors.Store(nil)
		return
	}
	sectors.Store(&fn)
}

// ReaderAt is the file itself, unless Spoil was called: then its bad sector fails as one does.
func ReaderAt(f *os.File) io.ReaderAt {
	if fn := sectors.Load(); fn != nil {
		return spoiled{f, (*fn)(f.Name())}
	}
	return f
}

type spoiled struct {
	*os.File
	bad Sector
}

// ReadAt reads what lies before the bad sector.
func (s spoiled) ReadAt(b []byte, at int64) (int, error) {
	if at >= s.bad.To || at+int64(len(b)) <= s.bad.From {
		return s.File.ReadAt(b, at)
	}
	n, err := s.File.ReadAt(b[:max(0, s.bad.From-at)], at)
	if err == nil {
		err = &fs.PathError{Op: "read", Path: s.Name(), Err: syscall.EIO}
	}
	return n, err
}
