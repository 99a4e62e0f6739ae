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
