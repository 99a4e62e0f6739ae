package run

import (
	"cmp"
	"encoding/binary"
	"maps"
	"math"
	"slices"
	"strings"

	"rondo/backend/errs"
)

// The index keeps the params, the tags and the summaries of a run each as one value,
// sorted by key: a run with a thousand metrics is then a few pages and not a thousand
// rows in two trees. The bytes depend on nothing but what they hold.

var errPacked = errs.New(errs.Corrupt, "the index holds a row that it did not write").
	WithHint("stop Rondo and delete index.db in the device's folder; it is made anew from the project")

// unpacker walks over packed bytes and remembers when they did not fit.
type unpacker struct {
	b   []byte
	bad bool
}

func (u *unpacker) more() bool { return len(u.b) > 0 && !u.bad }

func (u *unpacker) err() error {
	if u.bad {
		return errPacked
	}
	return nil
}

func (u *unpacker) uvarint() uint64 {
	if len(u.b) > 0 && u.b[0] < 0x80 { // as nearly all are
		v := u.b[0]
		u.b = u.b[1:]
		return uint64(v)
	}
	return u.longUvarint()
}

func (u *unpacker) longUvarint() uint64 {
	v, n := binary.Uvarint(u.b)
	if n <= 0 {
		u.b, u.bad = nil, true
		return 0
	}
	u.b = u.b[n:]
	return v
}

// varint is binary.Varint: the sign is the lowest bit.
func (u *unpacker) varint() int64 {
	v := u.uvarint()
	return int64(v>>1) ^ -int64(v&1)
}

func (u *unpacker) take(n uint64) []byte {
	if n > uint64(len(u.b)) {
		u.b, u.bad = nil, true
		return nil
	}
	out := u.b[:n]
	u.b = u.b[n:]
	return out
}

func (u *unpacker) text() string { return string(u.take(u.uvarint())) }

func (u *unpacker) float() float64 {
	b := u.take(8)
	if b == nil {
		return 0
	}
	return math.Float64frombits(binary.LittleEndian.Uint64(b))
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendFloat(b []byte, v float64) []byte {
	return binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
}

// packPairs packs params or tags: key and value, one after the other.
func packPairs(pairs map[string]string) []byte {
	b := []byte{}
	for _, k := range slices.Sorted(maps.Keys(pairs)) {
		b = appendText(appendText(b, k), pairs[k])
	}
	return b
}

// pairsIn walks over packed pairs; those that are kept apart are not among them.
func pairsIn(b []byte) unpacker {
	if _, apart := unpackApart(b); apart {
		return unpacker{}
	}
	return unpacker{b: b}
}

func unpackPairs(b []byte, into map[string]string) error {
	u := pairsIn(b)
	for u.more() {
		k := u.text()
		into[k] = u.text()
	}
	return u.err()
}

// eachPair calls fn for every key and value, which are worthless after it returns.
func eachPair(b []byte, fn func(key, value []byte)) error {
	u := pairsIn(b)
	for u.more() {
		k, v := u.take(u.uvarint()), u.take(u.uvarint())
		if !u.bad {
			fn(k, v)
		}
	}
	return u.err()
}

// findPairs calls found for those of the wanted keys, which are sorted, that there are.
func findPairs(b []byte, wanted []string, found func(i int, value string)) error {
	u := pairsIn(b)
	for i := 0; u.more() && i < len(wanted); {
		k, v := u.take(u.uvarint()), u.take(u.uvarint())
		for i < len(wanted) && wanted[i] < string(k) {
			i++
		}
		if i < len(wanted) && wanted[i] == string(k) {
			found(i, string(v))
			i++
		}
	}
	return u.err()
}

// packLatest packs the latest value of each key, which is all that searches look at.
// Keys are written as what they share with the one before, and the rest.
func packLatest(keys []summary) []byte {
	b, before := make([]byte, 0, 16*len(keys)), ""
	for i := range keys {
		shared := commonPrefix(before, keys[i].Key)
		before = keys[i].Key
		b = binary.AppendUvarint(b, uint64(shared))
		b = appendText(b, before[shared:])
		b = appendFloat(b, value(keys[i].Latest.Bits))
	}
	return b
}

func commonPrefix(a, b string) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

// eachLatest calls fn for every key in their order. The key is worthless after fn returns.
func eachLatest(b []byte, fn func(key []byte, value float64) (more bool)) error {
	u := unpacker{b: b}
	var key []byte
	for u.more() {
		shared := u.uvarint()
		if shared > uint64(len(key)) {
			return errPacked
		}
		key = append(key[:shared], u.take(u.uvarint())...)
		if v := u.float(); u.bad || !fn(key, v) {
			break
		}
	}
	return u.err()
}

// findLatest is findPairs for metrics.
func findLatest(b []byte, wanted []string, found func(i int, value float64)) error {
	i := 0
	return eachLatest(b, func(key []byte, v float64) bool {
		for i < len(wanted) && wanted[i] < string(key) {
			i++
		}
		if i < len(wanted) && wanted[i] == string(key) {
			found(i, v)
			i++
		}
		return i < len(wanted)
	})
}

// What a packed summary holds beside the usual.
const (
	spreads = 1 // its least and greatest value are not the latest
	belongs = 2 // it belongs to a model or dataset
)

// packRest packs what packLatest leaves out, in the same order.
func packRest(keys []summary) []byte {
	b, at := make([]byte, 0, 16*len(keys)), int64(0)
	for i := range keys {
		b = packOne(b, &keys[i], at)
		at = keys[i].Latest.Time
	}
	return b
}

func packOne(b []byte, k *summary, before int64) []byte {
	l := &k.Latest
	var flags byte
	if l.Bits != order(float64(k.Min)) || l.Bits != order(float64(k.Max)) {
		flags |= spreads
	}
	if l.Model != "" || l.Dataset != "" || l.Digest != "" {
		flags |= belongs
	}
	b = append(b, flags)
	b = binary.AppendVarint(b, l.Step)
	b = binary.AppendVarint(b, l.Time-before)
	b = binary.AppendVarint(b, k.Count)
	if flags&spreads != 0 {
		b = appendFloat(appendFloat(b, float64(k.Min)), float64(k.Max))
	}
	if flags&belongs != 0 {
		b = appendText(appendText(appendText(b, l.Model), l.Dataset), l.Digest)
	}
	return b
}

// unpackSummaries is the inverse of packLatest and packRest.
func unpackSummaries(latest, rest []byte) (list []summary, err error) {
	list = make([]summary, 0, len(latest)/12)
	u, at := unpacker{b: rest}, int64(0)
	var m Metric
	err = eachLatest(latest, func(key []byte, v float64) bool {
		at = u.metric(&m, v, at)
		l := latestOf(&m)
		list = append(list, summary{Key: string(key), Latest: l, Min: m.Min, Max: m.Max, Count: m.Count})
		return !u.bad
	})
	return list, cmp.Or(err, u.end())
}

// end is err where nothing may be left.
func (u *unpacker) end() error {
	if len(u.b) > 0 {
		return errPacked
	}
	return u.err()
}

// metric reads one packed summary, whose latest value is v, into m, which may hold the
// one before; it returns its time.
func (u *unpacker) metric(m *Metric, v float64, before int64) int64 {
	flags := u.take(1)
	m.Value, m.Step, m.Time = Float(v), u.varint(), before+u.varint()
	m.Min, m.Max, m.Count = Float(v), Float(v), u.varint()
	if flags == nil {
		return 0
	}
	if flags[0]&spreads != 0 {
		m.Min, m.Max = Float(u.float()), Float(u.float())
	}
	if flags[0]&belongs != 0 {
		m.Model, m.Data.Name, m.Data.Digest = u.text(), u.text(), u.text()
	} else if m.Model != "" || m.Data != (Dataset{}) {
		m.Model, m.Data = "", Dataset{}
	}
	return m.Time
}

// mergeSummaries merges more into a list that is sorted by key.
func mergeSummaries(list, more []summary) []summary {
	at := func(key string) (int, bool) {
		return slices.BinarySearchFunc(list, key, func(s summary, key string) int { return strings.Compare(s.Key, key) })
	}
	var fresh []summary
	for _, m := range more {
		if i, known := at(m.Key); known {
			list[i].merge(m)
		} else {
			fresh = append(fresh, m)
		}
	}
	if len(fresh) > 0 {
		list = append(list, fresh...)
		slices.SortFunc(list, func(a, b summary) int { return strings.Compare(a.Key, b.Key) })
	}
	return list
}
