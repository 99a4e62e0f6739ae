// Package points keeps the metric points of runs in files: one per run and device,
// made of blocks that are only ever appended, each with a checksum. Concurrent
// writers share one sync. docs/formats/runs.md describes the bytes; what a point
// means is backend/run's.
package points

import (
	"encoding/binary"
	"hash/crc32"
	"math"
	"strings"

	"rondo/backend/errs"
)

const (
	header   = "rondo points 2\n" // at the start of every file
	oldest   = "rondo points 1\n" // of one that has no squeezed blocks
	magic    = "RPB1"             // at the start of every block
	headSize = 32                 // magic, flags, payload size, points, durable, checksum of these or zero, checksum

	maxPayload = 32 << 20 // bytes of one block's points
	pending    = 1        // flag: the block counts only where a record of the journal says so
	squeezed   = 2        // flag: see squeeze.go
)

// MaxBatch is how many points one block may hold.
const MaxBatch = 100_000

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Point is one logged value with all that places it.
type Point struct {
	Key     string
	Model   string // logged model it belongs to, or empty
	Dataset string // name and digest of the dataset it was computed on, or empty
	Digest  string
	Step    int64
	Time    int64 // ms since 1970
	Value   float64
}

// series is what points of one line in a chart share.
type series struct{ key, model, dataset, digest string }

func (p *Point) series() series { return series{p.Key, p.Model, p.Dataset, p.Digest} }

// encode returns a block with the head left open: the writer fills it in when it
// knows what is on disk by then. A plain one is not squeezed, however large it is.
func encode(list []Point, plain bool) (b []byte, flags uint32, err error) {
	if len(list) == 0 || len(list) > MaxBatch {
		return nil, 0, errs.New(errs.TooLarge, "a batch holds %d metric points, over the limit of %d", len(list), MaxBatch).
			WithHint("log them in several calls")
	}
	plain = plain || len(list) < fewPoints
	b = appendPayload(make([]byte, headSize, headSize+24*len(list)), list, plain)
	if len(b)-headSize > maxPayload {
		return nil, 0, errs.New(errs.TooLarge, "a batch of metric points takes %d bytes, over the limit of %d", len(b)-headSize, maxPayload).
			WithHint("log them in several calls")
	}
	if !plain {
		if small := squeeze(b); len(small)-headSize <= maxPayload {
			b, flags = small, squeezed
		}
	}
	binary.LittleEndian.PutUint32(b[12:], uint32(len(list)))
	return b, flags, nil
}

func appendPayload(b []byte, list []Point, plain bool) []byte {
	order, groups := group(list)
	b = binary.AppendUvarint(b, uint64(len(order)))
	var one []byte
	for g, s := range order {
		one = appendSeries(one[:0], s, list, groups[g], plain)
		b = binary.AppendUvarint(b, uint64(len(one)))
		b = append(b, one...)
	}
	if !plain {
		b = appendPlanes(b, list, groups)
	}
	return b
}

// group collects the positions of each series, series in the order they first come.
func group(list []Point) (order []series, groups [][]int32) {
	known := make(map[series]int32, min(len(list), 1024))
	of, sizes := make([]int32, len(list)), []int32{}
	for i := range list {
		s := list[i].series()
		if i > 0 && s == order[of[i-1]] { // points of one series mostly come together
			of[i] = of[i-1]
		} else {
			g, is := known[s]
			if !is {
				g = int32(len(order))
				known[s], order, sizes = g, append(order, s), append(sizes, 0)
			}
			of[i] = g
		}
		sizes[of[i]]++
	}
	room := make([]int32, len(list))
	groups = make([][]int32, len(order))
	for g, n := range sizes {
		groups[g], room = room[:0:n], room[n:]
	}
	for i, g := range of {
		groups[g] = append(groups[g], int32(i))
	}
	return order, groups
}

func appendSeries(b []byte, s series, list []Point, at []int32, values bool) []byte {
	for _, text := range []string{s.key, s.model, s.dataset, s.digest} {
		b = binary.AppendUvarint(b, uint64(len(text)))
		b = append(b, text...)
	}
	b = binary.AppendUvarint(b, uint64(len(at)))
	var last int64
	for _, i := range at {
		b = binary.AppendVarint(b, list[i].Step-last)
		last = list[i].Step
	}
	last = 0
	for _, i := range at {
		b = binary.AppendVarint(b, list[i].Time-last)
		last = list[i].Time
	}
	for _, i := range at {
		if values {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(list[i].Value))
		}
	}
	return b
}

// seal fills in the head: durable is how much of the file is known to be on disk.
func seal(b []byte, flags uint32, durable int64) {
	copy(b, magic)
	binary.LittleEndian.PutUint32(b[4:], flags)
	binary.LittleEndian.PutUint32(b[8:], uint32(len(b)-headSize))
	binary.LittleEndian.PutUint64(b[16:], uint64(durable))
	binary.LittleEndian.PutUint32(b[24:], headSum(b))
	binary.LittleEndian.PutUint32(b[28:], sum(b[:headSize], b[headSize:]))
}

func sum(head, payload []byte) uint32 {
	return crc32.Update(crc32.Checksum(head[:28], castagnoli), castagnoli, payload)
}

// headSum is the checksum of a head without its checksums. In older files there is zero in its place.
func headSum(head []byte) uint32 { return crc32.Checksum(head[:24], castagnoli) }

// begun reports whether what lies at the end of a file, b of size bytes, can be a block that
// was not written to its end.
func begun(b []byte, size int64) bool {
	if len(b) < headSize {
		return strings.HasPrefix(magic, string(b[:min(len(b), len(magic))]))
	}
	h, ok := parseHead(b)
	own := binary.LittleEndian.Uint32(b[24:])
	return ok && (own == 0 || own == headSum(b)) && headSize+h.size > size
}

// head is the fixed part of a block.
type head struct {
	flags   uint32
	size    int64 // of the payload
	points  int
	durable int64
}

// parseHead reads the fixed part; ok is false where it cannot be one.
func parseHead(b []byte) (h head, ok bool) {
	if len(b) < headSize || string(b[:4]) != magic {
		return h, false
	}
	h.flags = binary.LittleEndian.Uint32(b[4:])
	h.size = int64(binary.LittleEndian.Uint32(b[8:]))
	h.points = int(binary.LittleEndian.Uint32(b[12:]))
	h.durable = int64(binary.LittleEndian.Uint64(b[16:]))
	return h, h.flags <= pending|squeezed && h.size <= maxPayload && h.points > 0 && h.points <= MaxBatch && h.durable >= 0
}

// whole verifies head and payload against the checksum.
func whole(b []byte) bool {
	h, ok := parseHead(b)
	return ok && int64(len(b)) == headSize+h.size && sum(b[:headSize], b[headSize:]) == binary.LittleEndian.Uint32(b[28:])
}
