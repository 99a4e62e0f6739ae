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

	payload  []byte
	squeezed bool
	room     *room
}

var errShape = errs.New(errs.Corrupt, "a block of points does not hold what it says")

// Series is what a block holds of one line in a chart, in the order it was logged. It is
// worthless after the function that received it returns.
type Series struct {
	Key     string
	Model   string // as in Point
	Dataset string
	Digest  string
	Steps   []int64
	Times   []int64 // ms since 1970
	values  []byte
}

// Value returns the value at a place.
func (s *Series) Value(i int) float64 {
	return math.Float64frombits(binary.LittleEndian.Uint64(s.values[8*i:]))
}

// Each calls fn for the points whose key is wanted, in the order they were logged
// within each series; a nil want takes all.
func (b *Block) Each(want func(key string) bool, fn func(Point)) error {
	return b.EachSeries(want, func(s *Series) {
		p := Point{Key: s.Key, Model: s.Model, Dataset: s.Dataset, Digest: s.Digest}
		for i := range s.Steps {
			p.Step, p.Time, p.Value = s.Steps[i], s.Times[i], s.Value(i)
			fn(p)
		}
	})
}

// EachSeries calls fn for the series whose key is wanted; a nil want takes all.
func (b *Block) EachSeries(want func(key string) bool, fn func(*Series)) error {
	r, values, err := b.open()
	if err != nil {
		return err
	}
	s, left := Series{}, b.Count
	for n := r.uvarint(); n > 0 && !r.bad; n-- {
		one := reader{b: r.take(r.uvarint())}
		if r.bad {
			break
		}
		count, err := one.series(&s, want, left, values)
		if err != nil {
			return err
		}
		if left -= count; len(s.Steps) > 0 {
			fn(&s)
		}
	}
	if r.bad || len(r.b) != 0 || values != nil && len(values.b) != 0 {
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
	if len(r.b) > 0 && r.b[0] < 0x80 { // as nearly all are
		v := r.b[0]
		r.b = r.b[1:]
		return uint64(v)
	}
	return r.longUvarint()
}

func (r *reader) longUvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return v
}

// varint is binary.Varint: the sign is the lowest bit.
func (r *reader) varint() int64 {
	v := r.uvarint()
	return int64(v>>1) ^ -int64(v&1)
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

// series reads one series of at most most points, whose values stand apart or, with
// values nil, behind them; of one that is not wanted no point.
func (r *reader) series(s *Series, want func(string) bool, most int, values *reader) (int, error) {
	s.Key = r.text()
	s.Model, s.Dataset, s.Digest = r.text(), r.text(), r.text()
	s.Steps, s.Times = s.Steps[:0], s.Times[:0]
	n := r.uvarint()
	least := uint64(2) // bytes that a point takes here: a step and a time
	if values == nil {
		values, least = r, 10
	}
	if r.bad || n == 0 || n > uint64(most) || n*least > uint64(len(r.b)) {
		return 0, errShape
	}
	if want != nil && !want(s.Key) {
		if values != r {
			values.take(8 * n)
		}
		return int(n), nil
	}
	s.Steps, s.Times = r.deltas(s.Steps, int(n)), r.deltas(s.Times, int(n))
	s.values = values.take(8 * n)
	if r.bad || values.bad || len(r.b) != 0 {
		return 0, errShape
	}
	return int(n), nil
}

func (r *reader) deltas(out []int64, n int) []int64 {
	var last int64
	for range n {
		last += r.varint()
		out = append(out, last)
	}
	return out
}
