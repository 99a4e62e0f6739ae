package run

import (
	"context"

	"rondo/backend/index"
)

// LoadHit loads a run that a search has found by its number and id.
func (s *Service) LoadHit(ctx context.Context, no int64, id string) (list []Listed, err error) {
	err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		list, err = loadHits(tx, []hit{{no, id}})
		return err
	})
	return list, err
}

// LookFirst changes how many runs are looked at before a project is open, until back is called.
func LookFirst(n int) (back func()) {
	was := few
	few = n
	return func() { few = was }
}

// OpenAtMost changes how many files of points are open at a time, until back is called.
func OpenAtMost(n int) (back func()) {
	was := maxOpen
	maxOpen = n
	return func() { maxOpen = was }
}

// Logging says how many want to write to a run's file.
func (s *Service) Logging(id string) int {
	s.logs.mu.Lock()
	defer s.logs.mu.Unlock()
	if o := s.logs.open[id]; o != nil {
		return o.users
	}
	return 0
}
