package atomicfile

import (
	"bytes"
	"io"
	"os"
)

// holeSize is the least run of zeros that is not written, and where one begins: more than the
// blocks of any usual file system, and so much that finding out costs nothing beside writing.
const holeSize = 64 << 10

var zeros [holeSize]byte

// Holes writes a file to which nothing was written yet, and leaves out long runs of zeros: the
// file reads the same, and takes no room for them where the file system has holes.
type Holes struct {
	f    *os.File
	at   int64
	open bool // it ends in a run that was left out
}

// WriteHoles writes to f. End is to be called before f is committed or closed.
func WriteHoles(f *os.File) *Holes { return &Holes{f: f} }

// Write implements io.Writer.
func (h *Holes) Write(b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		var m int
		if run := h.zeros(b[n:]); run > 0 {
			m, err = run, h.skip(run)
		} else {
			m, err = h.f.Write(b[n : n+h.full(b[n:])])
			h.open = false
		}
		n += m
		h.at += int64(m)
	}
	return n, err
}

// zeros is how long a run begins here that can be left out.
func (h *Holes) zeros(b []byte) (n int) {
	if h.at%holeSize != 0 {
		return 0
	}
	for len(b)-n >= holeSize && b[n] == 0 && bytes.Equal(b[n:n+holeSize], zeros[:]) {
		n += holeSize
	}
	return n
}

// full is how many bytes come before the next such run.
func (h *Holes) full(b []byte) int {
	n := int(holeSize - h.at%holeSize)
	for len(b)-n >= holeSize && (b[n] != 0 || !bytes.Equal(b[n:n+holeSize], zeros[:])) {
		n += holeSize
	}
	if len(b)-n < holeSize {
		return len(b)
	}
	return n
}

func (h *Holes) skip(n int) error {
	_, err := h.f.Seek(int64(n), io.SeekCurrent)
	h.open = true
	return err
}

// End gives the file the length that it has with the run it ends in.
func (h *Holes) End() error {
	if !h.open {
		return nil
	}
	return h.f.Truncate(h.at)
}
