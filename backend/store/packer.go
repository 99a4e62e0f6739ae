package store

import (
	"sync"

	"rondo/backend/ref"
)

const packSize = 64 << 20 // bytes after which a pack is closed and the next begun

// packer shares batches among workers.
type packer struct {
	s  *Store
	mu sync.Mutex
	b  *Batch
}

func (p *packer) batch() *Batch {
	if p.b == nil {
		p.b = p.s.Batch()
	}
	return p.b
}

func (p *packer) add(content []byte) (ref.Digest, error) {
	ready := prepare(content)
	p.mu.Lock()
	defer p.mu.Unlock()
	d, err := p.batch().add(ready)
	if err == nil && p.b.Size() >= packSize {
		err = p.b.Commit()
		p.b = nil
	}
	return d, err
}

func (p *packer) flush() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.batch().Commit()
}
