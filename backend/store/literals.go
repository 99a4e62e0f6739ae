package store

import (
	"encoding/binary"
	"errors"
	"sync"

	"github.com/klauspost/compress/huff0"
)

// Digits, hashes and other text without repetitions shrink by their letters' frequencies
// alone, and looking for repetitions takes most of the time that compressing does. So such
// content becomes a frame of zstd whose blocks have literals and no sequences, which every
// decoder reads (RFC 8878, 3.1.1).

const (
	literalBlock = 128 << 10 // Block_Maximum_Size
	fourStreams  = 1 << 10   // bytes from which a block's literals are in four streams
)

// Types of blocks (3.1.1.2.2).
const (
	rawBlock = iota
	rleBlock
	compressedBlock
)

var scratches = sync.Pool{New: func() any { return &huff0.Scratch{Reuse: huff0.ReusePolicyNone} }}

// spell compresses without looking for repetitions.
func spell(b []byte) []byte {
	s := scratches.Get().(*huff0.Scratch)
	defer scratches.Put(s)
	out := append(make([]byte, 0, len(b)*3/4+64), 0x28, 0xb5, 0x2f, 0xfd)
	out = append(out, 2<<6|1<<5) // of four bytes of Frame_Content_Size, Single_Segment_flag
	out = binary.LittleEndian.AppendUint32(out, uint32(len(b)))
	for {
		n := min(len(b), literalBlock)
		out = spellBlock(out, b[:n], n == len(b), s)
		if b = b[n:]; len(b) == 0 {
			return out
		}
	}
}

func spellBlock(out, b []byte, last bool, s *huff0.Scratch) []byte {
	z, err := []byte(nil), huff0.ErrIncompressible
	if len(b) >= fourStreams {
		z, _, err = huff0.Compress4X(b, s)
	}
	switch {
	case errors.Is(err, huff0.ErrUseRLE):
		return append(blockHeader(out, rleBlock, len(b), last), b[0])
	case err != nil || len(z)+literalsHeader+1 >= len(b):
		return append(blockHeader(out, rawBlock, len(b), last), b...)
	}
	out = blockHeader(out, compressedBlock, literalsHeader+len(z)+1, last)
	h := binary.LittleEndian.AppendUint64(nil, huffman|eighteenBits<<2|uint64(len(b))<<4|uint64(len(z))<<22)
	out = append(append(out, h[:literalsHeader]...), z...)
	return append(out, 0) // Number_of_Sequences
}

// The header of literals in four streams whose sizes take 18 bits each (3.1.1.3.1.1).
const (
	literalsHeader = 5 // bytes
	huffman        = 2 // Literals_Block_Type
	eighteenBits   = 3 // Size_Format
)

func blockHeader(out []byte, kind, size int, last bool) []byte {
	h := uint32(size)<<3 | uint32(kind)<<1
	if last {
		h |= 1
	}
	return append(out, byte(h), byte(h>>8), byte(h>>16))
}
