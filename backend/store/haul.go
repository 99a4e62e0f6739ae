package store

import (
	"sync"

	"rondo/backend/atomicfile"
	"rondo/backend/fault"
)

const haulBytes = 2 << 20 // of a pack, and of what its chunks hold, that are read at once

// haul are chunks of a list that follow each other in a pack and are read with one call.
type haul struct {
	parts []part
	piece *[]byte       // that they were read into
	wide  []byte        // what they hold, one after the other, where it has to be unpacked
	ready chan struct{} // closed when all of them are unpacked
}

// part is a chunk on its way to whoever reads.
type part struct {
	chunk
	at  place
	b   []byte // as it is stored, then what it holds
	err error
}

var hauled = sync.Pool{New: func() any { return &haul{} }}

func (h *haul) release() {
	if h.piece != nil {
		atomicfile.Release(h.piece)
	}
	clear(h.parts[:cap(h.parts)]) // what they refer to may go
	*h = haul{parts: h.parts[:0], wide: h.wide[:0]}
	hauled.Put(h)
}

// unpack replaces what is stored by what it holds.
func (h *haul) unpack() {
	defer close(h.ready)
	for i := range h.parts {
		p := &h.parts[i]
		if p.err != nil || p.at.form != squeezed {
			continue
		}
		begun := len(h.wide)
		wide, err := unsqueeze(p.b, h.wide)
		if err != nil {
			p.err = corrupt(p.digest, p.at.pack.name, err.Error())
			continue
		}
		h.wide, p.b = wide, wide[begun:]
	}
}

// read fills the haul from the pack that is open, in which its chunks lie. What is cut short
// is told by its digest, like all that is other than it was.
func (h *haul) read(o *opener) error {
	last := h.parts[len(h.parts)-1].at
	start := h.parts[0].at.offset
	n := int(last.offset - start + int64(last.stored))
	if err := fault.Check("read"); err != nil {
		return diskError(err)
	}
	h.piece = atomicfile.Piece()
	b, err := atomicfile.ReadPast(o.f, *h.piece, start, n)
	if err != nil {
		return diskError(err)
	}
	for i := range h.parts {
		p := &h.parts[i]
		from := min(int(p.at.offset-start), len(b))
		p.b = b[from:min(from+int(p.at.stored), len(b))]
	}
	return nil
}
