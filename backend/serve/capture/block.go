// Package capture holds the files in which serving writes down what was asked and
// answered: blocks of lines, appended by one device, each block with a checksum.
// What the lines mean is serve's; docs/formats/captures.md describes the bytes.
package capture

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"sync"

	"github.com/klauspost/compress/zstd"

	"rondo/backend/errs"
)

const (
	header   = "rondo captures 1\n" // at the start of every file
	magic    = "RCB2"               // at the start of every block
	oldest   = "RCB1"               // of one whose head has no checksum of its own
	alike    = "RCB"                // what both begin with
	headSize = 24                   // of a block: magic, codec, stored size, plain size, checksum, checksum of these
	oldSize  = 20                   // of an oldest block's head

	maxStored = 80 << 20 // bytes of one block in the file
	maxPlain  = 64 << 20 // bytes of one block's lines

	plain      = 0
	compressed = 1
)

// Start is where the first block of a file lies.
const Start = int64(len(header))

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

var codec = sync.OnceValues(func() (*zstd.Encoder, *zstd.Decoder) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true))
	if err != nil {
		panic(err) // the options are constants
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(2), zstd.WithDecoderMaxMemory(maxPlain), zstd.WithDecoderLowmem(true))
	if err != nil {
		panic(err)
	}
	return enc, dec
})

const worthwhile = 512 // bytes below which compressing gains nothing

// appendBlock appends a block that holds the lines, compressed where that gains.
func appendBlock(dst, lines []byte) []byte {
	start := len(dst)
	dst = append(dst, magic...)
	dst = append(dst, make([]byte, headSize-len(magic))...)
	kind := uint32(plain)
	if len(lines) >= worthwhile {
		enc, _ := codec()
		dst = enc.EncodeAll(lines, dst)
		kind = compressed
	}
	if kind == plain || len(dst)-start-headSize >= len(lines) {
		dst, kind = append(dst[:start+headSize], lines...), plain
	}
	head := dst[start : start+headSize]
	binary.LittleEndian.PutUint32(head[4:], kind)
	binary.LittleEndian.PutUint32(head[8:], uint32(len(dst)-start-headSize))
	binary.LittleEndian.PutUint32(head[12:], uint32(len(lines)))
	binary.LittleEndian.PutUint32(head[16:], sum(head, dst[start+headSize:]))
	binary.LittleEndian.PutUint32(head[20:], crc32.Checksum(head[:20], castagnoli))
	return dst
}

func sum(head, stored []byte) uint32 {
	return crc32.Update(crc32.Checksum(head[:16], castagnoli), castagnoli, stored)
}

// blockHead is the fixed part of a block.
type blockHead struct {
	kind          uint32
	size          int64 // of the head itself
	stored, plain int64
}

// parseHead reads the fixed part; ok is false where it cannot be one.
func parseHead(b []byte) (h blockHead, ok bool) {
	switch {
	case len(b) >= headSize && string(b[:4]) == magic && crc32.Checksum(b[:20], castagnoli) == binary.LittleEndian.Uint32(b[20:]):
		h.size = headSize
	case len(b) >= oldSize && string(b[:4]) == oldest:
		h.size = oldSize
	default:
		return h, false
	}
	h.kind = binary.LittleEndian.Uint32(b[4:])
	h.stored = int64(binary.LittleEndian.Uint32(b[8:]))
	h.plain = int64(binary.LittleEndian.Uint32(b[12:]))
	return h, h.kind <= compressed && h.stored <= maxStored && h.plain <= maxPlain
}

// openBlock verifies a whole block and returns its lines.
func openBlock(b []byte) ([]byte, error) {
	h, ok := parseHead(b)
	if !ok || int64(len(b)) != h.size+h.stored {
		return nil, errs.New(errs.Corrupt, "it does not begin as a block does")
	}
	stored := b[h.size:]
	if sum(b[:h.size], stored) != binary.LittleEndian.Uint32(b[16:]) {
		return nil, errs.New(errs.Corrupt, "its checksum does not fit")
	}
	if h.kind == plain {
		if h.plain != h.stored {
			return nil, errs.New(errs.Corrupt, "its sizes do not fit")
		}
		return stored, nil
	}
	_, dec := codec()
	lines, err := dec.DecodeAll(stored, make([]byte, 0, min(h.plain, 1<<20)))
	if err != nil || int64(len(lines)) != h.plain {
		return nil, errs.New(errs.Corrupt, "it cannot be unpacked: %w", err)
	}
	return lines, nil
}

// Lines splits a block's text into its lines.
func Lines(text []byte) [][]byte {
	text = bytes.TrimSuffix(text, []byte("\n"))
	if len(text) == 0 {
		return nil
	}
	return bytes.Split(text, []byte("\n"))
}
