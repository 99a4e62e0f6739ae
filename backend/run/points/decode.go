package points

import (
	"encoding/binary"
	"math"

	"rondo/backend/errs"
)

// Block is one verified block of a file.
type Block struct {
	At, End int64 // where it lies
	Pending bool  // counts only where a record says so
	Count   int   // points in it
	payload []byte
}

var errShape = errs.New(errs.Corrupt, "a block of points does not hold what it says")

// Each calls fn for the points whose key is wanted, in the order they were logged
// within each series; a nil want takes all.
func (b *Block) Each(want func(key string) bool, fn func(Point)) error {
	r := reader{b: b.payload}
	left := b.Count
	for n := r.uvarint(); n > 0 && !r.bad; n-- {
		one := reader{b: r.take(r.uvarint())}
		if r.bad {
			break
		}
		count, err := one.series(want, left, fn)
		if err != nil {
			return err
		}
		left -= count
	}
	if r.bad || len(r.b) != 0 {
		return errShape
	}
	return nil
}

// reader walks over bytes and remembers when they did not fit.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) fail() {
	r.b, r.bad = nil, true
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) take(n uint64) []byte {
	if n > uint64(len(r.b)) {
		r.fail()
		return nil
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

func (r *reader) text() string { return string(r.take(r.uvarint())) }

// series reads one series of at most most points.
func (r *reader) series(want func(string) bool, most int, fn func(Point)) (int, error) {
	p := Point{Key: r.text()}
	p.Model, p.Dataset, p.Digest = r.text(), r.text(), r.text()
	n := r.uvarint()
	if r.bad || n == 0 || n > uint64(most) || n*10 > uint64(len(r.b)) { // a point takes 1+1+8 bytes at least
		return 0, errShape
	}
	if want != nil && !want(p.Key) {
		return int(n), nil
	}
	steps, times := r.deltas(int(n)), r.deltas(int(n))
	values := r.take(8 * n)
	if r.bad || len(r.b) != 0 {
		return 0, errShape
	}
	for i := range steps {
		p.Step, p.Time = steps[i], times[i]
		p.Value = math.Float64frombits(binary.LittleEndian.Uint64(values[8*i:]))
		fn(p)
	}
	return int(n), nil
}

func (r *reader) deltas(n int) []int64 {
	out := make([]int64, n)
	var last int64
	for i := range out {
		last += r.varint()
		out[i] = last
	}
	return out
}
