package store

import (
	"hash"
	"sync"

	"rondo/backend/ref"
)

// leaps remembers what SHA-256 has come to at places of large contents, by the digest of
// the chunks up to there. A content that begins with the same chunks has come to the same,
// and need not be hashed as a whole up to there a second time. What was not asked for in a
// while is forgotten.
type leaps struct {
	mu         sync.Mutex
	young, old map[ref.Digest]hash.Hash
}

// maxLeaps is how many are young: one for each slab, of 16 GB.
const maxLeaps = 8 << 10

// find returns a hash that has taken all of these chunks; nil where none is known.
func (l *leaps) find(chain ref.Digest) hash.Hash {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := l.young[chain]
	if h == nil {
		if h = l.old[chain]; h == nil {
			return nil
		}
		l.keep(chain, h)
	}
	return cloned(h)
}

// note keeps what a hash has come to after these chunks.
func (l *leaps) note(chain ref.Digest, h hash.Hash) {
	h = cloned(h)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.keep(chain, h)
}

func (l *leaps) keep(chain ref.Digest, h hash.Hash) {
	if len(l.young) >= maxLeaps {
		l.old, l.young = l.young, nil
	}
	if l.young == nil {
		l.young = map[ref.Digest]hash.Hash{}
	}
	l.young[chain] = h
}

func cloned(h hash.Hash) hash.Hash {
	c, err := h.(hash.Cloner).Clone()
	if err != nil {
		panic(err) // SHA-256 can be cloned
	}
	return c
}
