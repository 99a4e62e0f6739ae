package store

import (
	"context"

	"rondo/backend/errs"
	"rondo/backend/ref"
)

// sound remembers of which trees the store is known to hold all, as long as nothing was
// lost, condemned or found damaged since. After a start of the program nothing is known.
type sound struct {
	losses int64
	trees  map[ref.Digest]int64 // how many losses there were when all was there
}

const maxSound = 64 // trees

// loss notes that something may be here no more; the caller holds the lock.
func (s *Store) loss() { s.sound.losses++ }

func (s *Store) losses() int64 {
	s.sentence()
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.sound.losses
}

// noteSound notes that all of a tree is here, if nothing was lost since there were so many losses.
func (s *Store) noteSound(tree ref.Digest, losses int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sound.losses != losses {
		return
	}
	if s.sound.trees == nil || len(s.sound.trees) >= maxSound {
		s.sound.trees = map[ref.Digest]int64{}
	}
	s.sound.trees[tree] = losses
}

// stillHere refuses a listing of which something has gone that was found here while it was made: a
// collection may have condemned and removed it meanwhile, where that took long. Losses are those before.
func (s *Store) stillHere(ctx context.Context, l *Listing, losses int64) error {
	if s.losses() == losses {
		return nil
	}
	for page, err := range l.Pages(ctx) {
		if errs.Is(err, errs.Corrupt) {
			return nil // which is here, and known to be damaged from now on
		}
		if err != nil {
			return err
		}
		for _, f := range page {
			if !s.Has(f.Digest) {
				return collected(f.Path)
			}
		}
	}
	return nil
}

// collected says that content was removed that was found here before.
func collected(what string) error {
	return errs.New(errs.Conflict, "a collection has removed the content of %s from the store while it was read: nothing else needed it", what).
		WithHint("do it again: what is missing is stored anew")
}

func (s *Store) isSound(tree ref.Digest) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	losses, ok := s.sound.trees[tree]
	return ok && losses == s.sound.losses
}

// staying reports whether a packed object is here to stay.
func (s *Store) staying(d ref.Digest) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	_, ok := s.packed.get(d)
	_, condemned := s.condemned.since[d]
	return ok && !condemned && !s.suspects.damaged[d]
}
