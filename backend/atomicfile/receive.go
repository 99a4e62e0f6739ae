package atomicfile

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
)

// ErrTooLong is what Receive returns for more than it was to take.
var ErrTooLong = errors.New("more than may be received")

// Unsent is an error of whoever sends, not of the disk.
type Unsent struct{ error }

func (u *Unsent) Unwrap() error { return u.error }

// Receive writes what r gives durably into a file of root that is not there yet, and
// returns its bytes. It ends with ctx, and with ErrTooLong after limit bytes; where r
// fails the error is an *Unsent. The file is left for the caller to rename or remove.
func Receive(ctx context.Context, root *os.Root, name string, r io.Reader, limit int64) (int64, error) {
	f, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return 0, err
	}
	n, err := Copy(ctx, f, r, limit)
	if err == nil {
		err = f.Sync()
	}
	return n, errors.Join(err, f.Close())
}

// Copy does the same with a file that is open, and leaves making it durable to the caller.
func Copy(ctx context.Context, w io.Writer, r io.Reader, limit int64) (int64, error) {
	n, err := CopyAhead(w, io.LimitReader(&sender{ctx, r}, limit+1))
	if err == nil && n > limit {
		err = ErrTooLong
	}
	return n, err
}

// pieceSize is what stays in a core's own cache between being read and written. To have
// another core write it was tried: it took the system twice as long.
const pieceSize = 128 << 10

var pieces = sync.Pool{New: func() any { b := make([]byte, pieceSize); return &b }}

// CopyAhead is io.Copy; where w is a file, the disk begins with what has come.
func CopyAhead(w io.Writer, r io.Reader) (int64, error) {
	if f, ok := w.(*os.File); ok {
		a := WriteAhead(f, f)
		defer a.End()
		w = a
	}
	piece := pieces.Get().(*[]byte)
	defer pieces.Put(piece)
	return io.CopyBuffer(onlyWriter{w}, r, *piece)
}

type onlyWriter struct{ io.Writer }

// sender ends reading with the request, and marks its errors.
type sender struct {
	ctx context.Context
	r   io.Reader
}

func (s *sender) Read(b []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, &Unsent{err}
	}
	n, err := s.r.Read(b)
	if err != nil && err != io.EOF {
		err = &Unsent{err}
	}
	return n, err
}
