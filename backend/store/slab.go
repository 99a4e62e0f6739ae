package store

import (
	"context"
	"errors"
	"hash"
	"io"
	"sync"

	"rondo/backend/ref"
)

const slabSize = 2 << 20

// slab is a part of a large object's content on its way into the store, with room in
// front of it for the chunk that the part before did not end.
type slab struct {
	b     []byte // maxChunk bytes of room, then the content
	n     int    // bytes of content
	last  bool
	span  []byte        // what its chunks hold, one after the other
	parts [][]byte      // they themselves
	known int           // of how many the digest is known
	taken int           // bytes of the span that are in whole
	whole hash.Hash     // of the content as far as it was hashed while it was cut
	ready []prepared    // what becomes of them
	end   int64         // where in the content they end
	ended chan struct{} // closed when all of the span is in the hash of the whole
}

var slabs = sync.Pool{New: func() any { return &slab{b: make([]byte, maxChunk+slabSize)} }}

func (one *slab) release() {
	*one = slab{b: one.b, ready: one.ready[:0]}
	clear(one.ready[:cap(one.ready)]) // what it refers to may go
	slabs.Put(one)
}

// digestsOf lists the digests of what is ready.
func digestsOf(ready []prepared) []byte {
	b := make([]byte, 0, len(ready)*len(ref.Digest{}))
	for _, r := range ready {
		b = append(b, r.digest[:]...)
	}
	return b
}

// readSlabs hands on what it reads.
func readSlabs(ctx context.Context, r io.Reader, to chan<- *slab) error {
	defer close(to)
	for last := false; !last; {
		one := slabs.Get().(*slab)
		n, err := fill(one.b[maxChunk:], r)
		if last = errors.Is(err, io.EOF); err != nil && !last {
			return err
		}
		one.n, one.last = n, last
		select {
		case to <- one:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// pass does its step with each slab and hands it on.
func pass(ctx context.Context, from <-chan *slab, to chan<- *slab, step func(context.Context, *slab) error) error {
	defer close(to)
	for one := range from {
		if err := step(ctx, one); err != nil {
			return err
		}
		select {
		case to <- one:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// fill reads until b is full. Unlike io.ReadFull it tells an end that came too early, which
// r says, from one that came before b was full.
func fill(b []byte, r io.Reader) (n int, err error) {
	for n < len(b) && err == nil {
		var k int
		k, err = r.Read(b[n:])
		n += k
	}
	return n, err
}
