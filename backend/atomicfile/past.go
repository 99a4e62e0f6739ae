package atomicfile

import (
	"io"
	"os"
	"sync"
	"unsafe"
)

// Past writes a file, and does so past the system's memory of files if Bypass was called and
// the system lets it: the copy into that memory is most of what writing costs a processor, and
// what is written once and seldom read pushes out what is in use. A file shorter than a piece
// is written as any other. Like Ahead it promises nothing: only the sync at the end does.
type Past struct {
	w     io.Writer
	f     *os.File
	ahead *Ahead
	past  bool    // asked for
	piece *[]byte // being filled
	n     int     // bytes of it
	on    bool    // pieces go past the memory
	full  chan *[]byte
	free  chan *[]byte
	ended chan error
}

const (
	pastPiece = 4 << 20 // bytes written at once
	pastAlign = 4096    // that a disk takes parts in, of memory as of the file
)

// Crowd is how many bytes, written through the system's memory of files, would push out much of
// what is in use there. Tests change it.
var Crowd = crowd()

var pastPieces = sync.Pool{New: func() any { b := aligned(pastPiece); return &b }}

// aligned returns n bytes that begin where a disk can take them from.
func aligned(n int) []byte {
	b := make([]byte, n+pastAlign)
	off := int(-uintptr(unsafe.Pointer(unsafe.SliceData(b))) & (pastAlign - 1))
	return b[off : off+n : off+n]
}

// WritePast writes by w to what f is, to which nothing was written yet. End is to be called
// before f is committed or closed.
func WritePast(w io.Writer, f *os.File) *Past { return &Past{w: w, f: f, ahead: WriteAhead(w, f)} }

// Bypass asks for it, and is of use before the first piece is full.
func (p *Past) Bypass() { p.past = true }

// Write implements io.Writer. What goes wrong with the disk a later call says, or End.
func (p *Past) Write(b []byte) (int, error) {
	all := len(b)
	for len(b) > 0 {
		if p.piece == nil {
			p.piece = pieces.Get().(*[]byte)
		}
		n := copy((*p.piece)[p.n:], b)
		p.n, b = p.n+n, b[n:]
		switch p.n {
		case pieceSize:
			p.grow()
		case pastPiece:
			if err := p.hand(); err != nil {
				return all - len(b), err
			}
		}
	}
	return all, nil
}

// grow goes on with a whole piece what began in a small one, in which most files end.
func (p *Past) grow() {
	if small := p.piece; len(*small) == pieceSize {
		p.piece = Piece()
		copy(*p.piece, *small)
		pieces.Put(small)
	}
}

// hand lets a full piece be written while the next is filled.
func (p *Past) hand() error {
	if p.full == nil {
		p.full, p.free, p.ended = make(chan *[]byte), make(chan *[]byte, 2), make(chan error, 1)
		p.free <- Piece()
		go p.write(p.past)
	}
	select {
	case p.full <- p.piece:
		p.piece, p.n = <-p.free, 0
		return nil
	case err := <-p.ended:
		p.ended <- err
		return err
	}
}

func (p *Past) write(past bool) {
	var err error
	defer func() { p.ended <- err }()
	p.on = past && bypass(p.f, true) == nil
	for b := range p.full {
		err = p.writePiece(*b)
		p.free <- b
		if err != nil {
			return
		}
	}
}

func (p *Past) writePiece(b []byte) error {
	if p.on {
		n, err := p.w.Write(b)
		if err == nil || !refusesBypass(err) {
			return err
		}
		p.on, b = false, b[n:] // some file systems say so only now
		if err := bypass(p.f, false); err != nil {
			return err
		}
	}
	_, err := p.ahead.Write(b)
	return err
}

// End writes the rest, which need not be a whole piece.
func (p *Past) End() (err error) {
	defer p.release()
	if p.full != nil {
		close(p.full)
		err, p.full = <-p.ended, nil
		if err == nil && p.on {
			err = bypass(p.f, false)
		}
	}
	if err == nil && p.n > 0 {
		_, err = p.w.Write((*p.piece)[:p.n])
	}
	p.ahead.End()
	return err
}

func (p *Past) release() {
	switch {
	case p.piece == nil:
	case len(*p.piece) == pieceSize:
		pieces.Put(p.piece)
	default:
		Release(p.piece)
	}
	for len(p.free) > 0 {
		Release(<-p.free)
	}
	p.piece, p.n = nil, 0
}

var _ io.Writer = (*Past)(nil)
