package atomicfile

import (
	"context"
	"errors"
	"io"
	"os"
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
	if f, ok := w.(*os.File); ok {
		w = &early{f: f}
	}
	n, err := io.CopyBuffer(w, io.LimitReader(&sender{ctx, r}, limit+1), make([]byte, 128<<10))
	if err == nil && n > limit {
		err = ErrTooLong
	}
	return n, err
}

// early lets the system begin to write to the disk what has come, so that less is left
// for the sync at the end.
type early struct {
	f          *os.File
	come, told int64 // bytes
}

const earlyPiece = 8 << 20

func (e *early) Write(b []byte) (int, error) {
	n, err := e.f.Write(b)
	if e.come += int64(n); e.come-e.told >= earlyPiece {
		beginWriting(e.f, e.told, e.come-e.told)
		e.told = e.come
	}
	return n, err
}

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
