package store

import (
	"context"

	"rondo/backend/errs"
	"rondo/backend/ref"
)

// suspects are objects that were read and found damaged, or that a verification could not
// read because the disk fails there. Whoever stores their content
// stores it anew, and Settle then has the damaged copies dropped: who still has the
// data heals the project by taking its snapshot again.
type suspects struct {
	damaged map[ref.Digest]bool
	stored  map[ref.Digest]bool // anew since
}

func (s *Store) suspect(d ref.Digest) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.suspects.damaged == nil {
		s.suspects = suspects{map[ref.Digest]bool{}, map[ref.Digest]bool{}}
	}
	s.suspects.damaged[d] = true
	s.loss()
}

func (s *Store) suspectIf(d ref.Digest, err error) {
	if errs.Is(err, errs.Corrupt) || BadSector(err) {
		s.suspect(d)
	}
}

// acquit notes which suspects a new pack holds; the caller holds the lock.
func (s *Store) acquit(p *pack) {
	if len(s.suspects.damaged) == 0 {
		return
	}
	for _, r := range p.rows {
		s.acquitOne(r.digest)
	}
}

// acquitOne notes that a suspect is stored anew; the caller holds the lock.
func (s *Store) acquitOne(d ref.Digest) {
	if s.suspects.damaged[d] {
		delete(s.suspects.damaged, d)
		s.suspects.stored[d] = true
	}
}

// Settle drops the damaged copies of what has been stored again.
func (s *Store) Settle(ctx context.Context) error {
	s.mu.Lock()
	healed := s.suspects.stored
	if len(healed) > 0 {
		s.suspects.stored = map[ref.Digest]bool{}
	}
	s.mu.Unlock()
	return s.drop(ctx, healed)
}
