package store

import (
	"sync"

	"rondo/backend/ref"
)

const packSize = 64 << 20 // bytes after which a pack is closed and the next begun

// packer shares batches among workers. Full ones become durable in the background, one
// after the other in the order in which they were filled: a list of chunks is never on
// disk before its chunks are.
type packer struct {
	s      *Store
	mu     sync.Mutex
	b      *Batch
	flying map[ref.Digest]struct{} // in packs that are filled and not yet visible
	last   chan struct{}           // closed when every full pack so far has been dealt with
	err    error                   // why one of them could not be kept
	thrift thrift
}

func (s *Store) packer() *packer {
	done := make(chan struct{})
	close(done)
	return &packer{s: s, b: s.Batch(), flying: map[ref.Digest]struct{}{}, last: done}
}

// put adds content of at most Small bytes, of a kind that mostly shrinks or does not.
func (p *packer) put(content []byte, kind string) (ref.Digest, error) {
	try := p.thrift.worth(kind)
	ready := p.s.prepareWhole(content, try)
	if try && !ready.here && len(content) >= 512 {
		p.thrift.note(kind, ready.form == squeezed)
	}
	return ready.digest, p.add(ready)
}

func (p *packer) add(all ...prepared) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, one := range all {
		if _, ok := p.flying[one.digest]; ok {
			continue
		}
		if p.err != nil {
			return p.err
		}
		if err := p.b.add(one); err != nil {
			return err
		}
		if p.b.Size() >= packSize {
			p.launch()
		}
	}
	return nil
}

// launch hands the full batch to the background.
func (p *packer) launch() {
	full, before, done := p.b, p.last, make(chan struct{})
	for _, r := range full.rows {
		p.flying[r.digest] = struct{}{}
	}
	p.b, p.last = p.s.Batch(), done
	go func() {
		defer close(done)
		<-before
		p.mu.Lock()
		err := p.err
		p.mu.Unlock()
		if err == nil {
			err = full.Commit()
		}
		full.Discard()
		p.mu.Lock()
		defer p.mu.Unlock()
		p.err = err
		for _, r := range full.rows {
			delete(p.flying, r.digest)
		}
	}()
}

// flush makes everything durable.
func (p *packer) flush() error {
	p.mu.Lock()
	if p.b.Len() > 0 {
		p.launch()
	}
	last := p.last
	p.mu.Unlock()
	<-last
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// discard gives up what is not durable yet.
func (p *packer) discard() {
	p.mu.Lock()
	p.b.Discard()
	last := p.last
	p.mu.Unlock()
	<-last
}
