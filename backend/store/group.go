package store

import "sync"

// group lets those who store something small at the same time share a pack and its sync.
type group struct {
	mu   sync.Mutex
	next *shared // what the next pack will hold
	busy bool    // a pack is being committed
}

type shared struct {
	batch *Batch
	err   error
	done  chan struct{}
}

// put is durable on return.
func (g *group) put(s *Store, one prepared) error {
	g.mu.Lock()
	if g.next == nil {
		g.next = &shared{batch: s.Batch(), done: make(chan struct{})}
	}
	mine := g.next
	err := mine.batch.add(one)
	leads := !g.busy
	g.busy = true
	g.mu.Unlock()
	if leads {
		g.commit(s)
	}
	<-mine.done
	if err != nil {
		return err
	}
	return mine.err
}

// commit closes the pack, and leaves what has come meanwhile to somebody else.
func (g *group) commit(s *Store) {
	g.mu.Lock()
	now := g.next
	g.next = nil
	g.mu.Unlock()
	now.err = now.batch.Commit()
	now.batch.Discard()
	close(now.done)
	g.mu.Lock()
	more := g.next != nil
	g.busy = more
	g.mu.Unlock()
	if more {
		go g.commit(s)
		return
	}
	s.mergeIfMany()
}
