package atomicfile

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"sync/atomic"
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
	n, err := CopyBeside(w, io.LimitReader(&sender{ctx, r}, limit+1))
	if err == nil && n > limit {
		err = ErrTooLong
	}
	return n, err
}

const (
	pieceSize   = 256 << 10
	piecesAhead = 4
)

var pieces = sync.Pool{New: func() any { b := make([]byte, pieceSize); return &b }}

// CopyBeside is io.Copy where reading is work: while more is read, what has been is written,
// and the disk begins with it.
func CopyBeside(w io.Writer, r io.Reader) (int64, error) {
	if f, ok := w.(*os.File); ok {
		a := WriteAhead(f, f)
		defer a.End()
		w = a
	}
	first := pieces.Get().(*[]byte)
	n, err := fill(*first, r)
	if err != nil {
		defer pieces.Put(first)
		if err != io.EOF {
			return 0, err
		}
		n, err = w.Write((*first)[:n])
		return int64(n), err
	}
	l := &laying{w: w, full: make(chan piece, piecesAhead), ended: make(chan struct{})}
	go l.lay()
	l.full <- piece{first, n}
	err = l.read(r)
	close(l.full)
	<-l.ended
	return l.n, cmp.Or(l.err, err)
}

type piece struct {
	b *[]byte
	n int
}

// laying writes the pieces that are read meanwhile.
type laying struct {
	w      io.Writer
	full   chan piece
	ended  chan struct{}
	failed atomic.Bool
	n      int64
	err    error
}

func (l *laying) lay() {
	defer close(l.ended)
	for p := range l.full {
		if l.err == nil {
			n, err := l.w.Write((*p.b)[:p.n])
			l.n, l.err = l.n+int64(n), err
			l.failed.Store(err != nil)
		}
		pieces.Put(p.b)
	}
}

func (l *laying) read(r io.Reader) error {
	for !l.failed.Load() {
		b := pieces.Get().(*[]byte)
		n, err := fill(*b, r)
		l.full <- piece{b, n}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// fill reads until b is full. Unlike io.ReadFull it tells an end that came too early, which
// r says, from one that came before b was full.
func fill(b []byte, r io.Reader) (n int, err error) {
	for n < len(b) && err == nil {
		var k int
		k, err = r.Read(b[n:])
		n += k
	}
	if n == len(b) && err == io.EOF {
		err = nil // it is said again
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
