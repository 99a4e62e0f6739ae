package store

import (
	"encoding/binary"
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

	mu      sync.Mutex
	by      map[uint64]int // the chunks by a part of their digests
	spotted int            // the chunk that comes after one that was seen, at
	at      int64
}

// maxFormer is how many chunks are kept in memory: of 60 GB.
const maxFormer = 1 << 20

// former returns what is known of an object; nil where it is not in chunks.
func (s *Store) former(d ref.Digest) *former {
	if d.IsZero() {
		return nil
	}
	list, err := s.chunks(d)
	if err != nil || len(list) < 2 || len(list) > maxFormer {
		return nil // so nothing is gained, and nothing lost
	}
	return &former{list: list[:len(list)-1]} // the last one ended where the content did
}

// match returns how b, which lies at a place of the content, begins with the chunks that
// are expected there, and adds them to ready.
func (f *former) match(at int64, b []byte, ready []prepared) (parts [][]byte, _ []prepared) {
	if f == nil {
		return nil, ready
	}
	if f.next < 0 {
		f.resume(at)
	}
	if f.next < 0 {
		return nil, ready
	}
	for _, c := range f.list[f.next:] {
		if int(c.length) > len(b) || c.length == 0 {
			break
		}
		parts, b = append(parts, b[:c.length]), b[c.length:]
	}
	digests := make([]ref.Digest, len(parts))
	n := f.same(parts, digests, 0, min(2, len(parts))) // which may spare the rest
	if n == 2 {
		n = f.same(parts, digests, 2, len(parts))
	}
	for i, part := range parts[:n] {
		ready = append(ready, prepared{digest: digests[i], stored: part})
	}
	f.next += n
	return parts[:n], ready
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
	for i := from; i < to; i++ {
		if f.list[f.next+i].digest != digests[i] {
			return i
		}
	}
	return to
}

// leave gives up what is expected: chunks were looked for instead.
func (f *former) leave() {
	if f != nil {
		f.next = -1
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
