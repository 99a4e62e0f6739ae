package store

import (
	"context"
	"errors"
	"hash"
	"io"
	"os"
	"runtime"
	"sync"

	"rondo/backend/ref"
)

// HashFile returns the digest and length of the file at path.
func HashFile(ctx context.Context, path string) (ref.Digest, int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return ref.Zero, 0, err
	}
	defer f.Close()
	return HashOpen(ctx, f)
}

// Reader takes the content of an open file and returns its digest and length.
type Reader func(ctx context.Context, f *os.File) (ref.Digest, int64, error)

// HashOpen returns the digest and length of what an open file holds from where it stands.
func HashOpen(ctx context.Context, f *os.File) (d ref.Digest, n int64, err error) {
	h, r, b := ref.NewHash(), readerCtx{ctx, f}, make([]byte, hashPart)
	me := hashers.enter(h)
	defer hashers.leave()
	for err == nil {
		var k int
		k, err = r.Read(b)
		hashers.write(me, b[:k])
		n += int64(k)
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return ref.Sum(h), n, err
}

const hashPart = 256 << 10 // bytes that stay in a core's own cache between reading and hashing

// pairs lets those who hash files do it in pairs, which takes a core hardly longer than
// one of the two, while there are more of them than cores.
type pairs struct {
	mu    sync.Mutex
	here  int     // how many hash
	waits *hasher // who has something to hash and waits for another who has
}

var hashers pairs

type hasher struct {
	h    hash.Hash
	b    []byte
	done chan bool // whether it was hashed by another
}

func (p *pairs) enter(h hash.Hash) *hasher {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.here++
	return &hasher{h: h, done: make(chan bool, 1)}
}

func (p *pairs) write(me *hasher, b []byte) {
	p.mu.Lock()
	other := p.waits
	alone := p.here <= runtime.NumCPU()
	if p.waits = nil; other == nil && !alone {
		me.b, p.waits = b, me
	}
	p.mu.Unlock()
	switch {
	case other != nil:
		ref.Both(other.h, other.b, me.h, b)
		other.done <- true
	case alone || !<-me.done:
		me.h.Write(b)
	}
}

// leave lets the one that waits go on where there may be nobody to come.
func (p *pairs) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.here--; p.waits != nil && p.here <= runtime.NumCPU() {
		p.waits.done <- false
		p.waits = nil
	}
}

// paired is a hash that is written to in pairs.
type paired struct {
	hash.Hash
	me *hasher
}

func (p paired) Write(b []byte) (int, error) {
	hashers.write(p.me, b)
	return len(b), nil
}

// inPairs has the content hashed in pairs until what it returns is called. It is for whoever
// reads on without waiting for somebody far away, since others wait for it.
func (v *verified) inPairs() (end func()) {
	v.hash = paired{v.hash, hashers.enter(v.hash)}
	return hashers.leave
}
