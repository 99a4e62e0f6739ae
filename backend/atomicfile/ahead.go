package atomicfile

import (
	"io"
	"os"
)

// Ahead writes to a file and lets the disk begin meanwhile, so that less is left for the
// sync at the end. It promises nothing: only that sync does, and it says what went wrong.
type Ahead struct {
	w          io.Writer
	f          *os.File
	come, told int64         // bytes
	parts      chan part     // that the disk is to begin with
	ended      chan struct{} // closed when nothing is asked of the disk any more
}

type part struct{ at, n int64 }

const aheadPart = 8 << 20

// WriteAhead writes by w to what f is.
func WriteAhead(w io.Writer, f *os.File) *Ahead { return &Ahead{w: w, f: f} }

// Write implements io.Writer.
func (a *Ahead) Write(b []byte) (int, error) {
	n, err := a.w.Write(b)
	if a.come += int64(n); a.come-a.told < aheadPart {
		return n, err
	}
	if a.parts == nil {
		a.parts, a.ended = make(chan part, 1), make(chan struct{})
		go a.begin()
	}
	select {
	case a.parts <- part{a.told, a.come - a.told}:
		a.told = a.come
	default: // the disk has enough to do, and whoever writes need not wait for it
	}
	return n, err
}

func (a *Ahead) begin() {
	defer close(a.ended)
	for p := range a.parts {
		startWriting(a.f, p.at, p.n)
	}
}

// End is to be called before the file is synced or closed, and nothing is written after it.
func (a *Ahead) End() {
	if a.parts != nil {
		close(a.parts)
		<-a.ended
		a.parts = nil
	}
}
