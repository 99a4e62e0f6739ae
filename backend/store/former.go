package store

import (
	"encoding/binary"
	"hash"
	"runtime"
	"sync"

	"rondo/backend/ref"
)

// former is the object that a content was before. Whoever stores the next version expects
// its chunks where they were: to hash a chunk is to see whether it is there, and costs less
// than to look for its end. Where one is not, its end is looked for, and so are those
// that follow until one of them is a chunk that the former version has. The methods of the
// nil former do nothing.
type former struct {
	list []chunk
	next int // the chunk that is expected; -1: none

	steady bool // all that was expected last was there

	mu      sync.Mutex
	by      map[uint64]int // the chunks by a part of their digests
	spotted int            // the chunk that comes after one that was seen, at
	at      int64
}

// maxFormer is how many chunks are kept in memory: of 60 GB.
const maxFormer = 1 << 20

// former returns what is known of an object; nil where it is not in chunks.
func (s *Store) former(d ref.Digest) *former {
	list, err := s.chunks(d)
	if err != nil || len(list) < 2 || len(list) > maxFormer {
		return nil // so nothing is gained, and nothing lost
	}
	return &former{list: list[:len(list)-1]} // the last one ended where the content did
}

// expects reports whether the chunks that begin at a place of the content may be those of
// the former version.
func (f *former) expects(at int64) bool {
	if f == nil {
		return false
	}
	if f.next < 0 {
		f.resume(at)
	}
	return f.next >= 0 && f.next < len(f.list)
}

// matched are chunks that the former version has too.
type matched struct {
	parts   [][]byte
	digests []ref.Digest
	size    int       // bytes of all
	whole   hash.Hash // of the content up to their end; nil where it was not told
}

// match returns how b, which lies at a place of the content, begins with the chunks that
// are expected there. The hash of the content before, if it is given, is left as it is.
func (f *former) match(at int64, b []byte, whole hash.Hash) (m matched) {
	if !f.expects(at) {
		return m
	}
	size := 0
	for _, c := range f.list[f.next:] {
		if int(c.length) > len(b)-size || c.length == 0 {
			break
		}
		m.parts, size = append(m.parts, b[size:size+int(c.length)]), size+int(c.length)
	}
	m.digests = make([]ref.Digest, len(m.parts))
	n := 0
	if !f.steady { // the first may spare the rest
		n = f.same(m.parts, m.digests, 0, min(2, len(m.parts)))
	}
	switch {
	case !f.steady && n < min(2, len(m.parts)):
	case whole == nil:
		n = f.same(m.parts, m.digests, n, len(m.parts))
	default:
		m.whole = cloned(whole)
		ref.Beside(m.whole, b[:size], m.parts[n:], m.digests[n:])
		n = f.equal(m.digests, n)
	}
	if f.steady = n > 0 && n == len(m.parts); !f.steady {
		m.whole = nil
	}
	f.next += n
	m.parts, m.digests = m.parts[:n], m.digests[:n]
	for _, part := range m.parts {
		m.size += len(part)
	}
	return m
}

// same hashes some of the parts, on all cores, and says how many there are up to the first
// that is not what is expected.
func (f *former) same(parts [][]byte, digests []ref.Digest, from, to int) int {
	var work sync.WaitGroup
	share := max(2, (to-from+runtime.NumCPU()-1)/runtime.NumCPU())
	for i := from; i < to; i += share {
		some := min(i+share, to)
		if some == to { // which costs no goroutine
			ref.OfAll(parts[i:to], digests[i:to])
			break
		}
		work.Go(func() { ref.OfAll(parts[i:some], digests[i:some]) })
	}
	work.Wait()
	return f.equal(digests[:to], from)
}

// equal says how many digests there are up to the first, from a place on, that is not what
// is expected.
func (f *former) equal(digests []ref.Digest, from int) int {
	for i := from; i < len(digests); i++ {
		if f.list[f.next+i].digest != digests[i] {
			return i
		}
	}
	return len(digests)
}

// leave gives up what is expected: chunks were looked for instead.
func (f *former) leave() {
	if f != nil {
		f.next, f.steady = -1, false
	}
}

// spot is told the digest of a chunk that ends at a place of the content and was looked for.
func (f *former) spot(d ref.Digest, at int64) {
	if f == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.by == nil {
		f.by = make(map[uint64]int, len(f.list))
		for i, c := range f.list {
			f.by[binary.LittleEndian.Uint64(c.digest[:])] = i
		}
	}
	if i, ok := f.by[binary.LittleEndian.Uint64(d[:])]; ok {
		f.spotted, f.at = i+1, at
	}
}

// resume expects chunks again if one was spotted after which some chunk begins at a place.
func (f *former) resume(at int64) {
	f.mu.Lock()
	next, from := f.spotted, f.at
	f.mu.Unlock()
	for next > 0 && next < len(f.list) && from < at {
		from += int64(f.list[next].length)
		next++
	}
	if next > 0 && next < len(f.list) && from == at {
		f.next = next
	}
}
