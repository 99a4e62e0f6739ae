package store

import (
	"context"
	"errors"
	"sync"
	"time"

	"rondo/backend/atomicfile"
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
	full   []*atomicfile.File      // those that have not, in their order
	tail   int64                   // bytes of the one that was filled last
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
	d := ref.Of(content)
	return d, p.add(p.prepare(d, content, kind))
}

func (p *packer) prepare(d ref.Digest, content []byte, kind string) prepared {
	try := p.thrift.worth(kind)
	ready := p.s.prepareWholeAs(d, content, try)
	if try && !ready.here && len(content) >= 512 {
		p.thrift.note(kind, ready.form == squeezed)
	}
	return ready
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
	p.full, p.tail = append(p.full, full.tmp), full.Size()
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
		p.err, p.full = err, p.full[1:]
		for _, r := range full.rows {
			delete(p.flying, r.digest)
		}
	}()
}

// flush makes everything durable, or as much as can be soon after ctx has ended.
func (p *packer) flush(ctx context.Context) error {
	p.mu.Lock()
	if p.b.Len() > 0 {
		p.launch()
	}
	p.mu.Unlock()
	p.wait(ctx)
	p.mu.Lock()
	defer p.mu.Unlock()
	if errors.Is(p.err, atomicfile.ErrAbandoned) {
		return ctx.Err()
	}
	return p.err
}

// discard gives up what is not in a full pack.
func (p *packer) discard(ctx context.Context) {
	p.mu.Lock()
	p.b.Discard()
	p.mu.Unlock()
	p.wait(ctx)
}

// Whoever gives up wants nothing to change any more, and loses what the disk has not taken
// after so long; a pack that is small and the only one is soon there.
const (
	patience  = 80 * time.Millisecond
	soonThere = 8 << 20 // bytes
)

// wait waits for the full packs.
func (p *packer) wait(ctx context.Context) {
	p.mu.Lock()
	last := p.last
	p.mu.Unlock()
	select {
	case <-last:
		return
	case <-ctx.Done():
	}
	select {
	case <-last:
		return
	case <-time.After(patience):
	}
	p.abandon()
	<-last
}

// abandon gives up the packs that the disk does not have yet. One that comes after another
// that is given up could need it.
func (p *packer) abandon() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.full) == 1 && p.tail < soonThere {
		return
	}
	for _, one := range p.full {
		one.Abandon()
	}
}
