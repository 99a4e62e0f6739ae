// Package seals writes down, beside a folder that others fill with files, what each file
// held when it came, so that a bit that changes later is found and never passed on. Each
// device appends to a file of its own; docs/formats/runs.md describes it.
package seals

import (
	"hash"

	"rondo/backend/ref"
)

// Block is how many bytes one digest of a seal stands for: what has to be read before the
// first of them can be passed on.
const Block = 4 << 20

// Seal is what a file held: the SHA-256 of each of its blocks. A file of one block or none
// has one.
type Seal struct {
	Size   int64
	Blocks []ref.Digest
}

// blocksOf is how many blocks a file of n bytes has.
func blocksOf(n int64) int { return int(max(1, (n+Block-1)/Block)) }

// Hash makes the seal of what is written to it.
type Hash struct {
	seal Seal
	h    hash.Hash
	in   int // bytes of the block that is not full
}

// NewHash begins a seal.
func NewHash() *Hash { return &Hash{h: ref.NewHash()} }

// Write implements io.Writer and never fails.
func (h *Hash) Write(b []byte) (int, error) {
	n := len(b)
	h.seal.Size += int64(n)
	for len(b) > 0 {
		part := b[:min(len(b), Block-h.in)]
		h.h.Write(part)
		if h.in, b = h.in+len(part), b[len(part):]; h.in == Block {
			h.end()
		}
	}
	return n, nil
}

func (h *Hash) end() {
	h.seal.Blocks = append(h.seal.Blocks, ref.Sum(h.h))
	h.h.Reset()
	h.in = 0
}

// Seal ends it.
func (h *Hash) Seal() Seal {
	if h.in > 0 || len(h.seal.Blocks) == 0 {
		h.end()
	}
	return h.seal
}
