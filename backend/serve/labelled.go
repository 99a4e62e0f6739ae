package serve

import (
	"context"

	"rondo/backend/index"
)

// LabelRevision returns a number that changes whenever a truth is told, or told
// anew, for a capture that q means; q's Limit does not count. It reads no capture.
func (s *Service) LabelRevision(ctx context.Context, q Query) (revision int64, err error) {
	where, args, err := q.where()
	if err != nil {
		return 0, err
	}
	err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		return tx.QueryRow(`SELECT coalesce(sum(t.revision), 0) FROM serve_captures c
			JOIN serve_truth t ON t.endpoint=c.endpoint AND t.id=c.id WHERE `+where, args...).Scan(&revision)
	})
	return revision, err
}
