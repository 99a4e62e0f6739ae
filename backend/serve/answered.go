package serve

import (
	"context"
	"database/sql"

	"rondo/backend/index"
)

// Answering is a version that has answered on an endpoint.
type Answering struct {
	Model   string `json:"model"`
	Version int    `json:"version"`
}

// Answered lists the versions that have answered on an endpoint, the oldest first.
func (s *Service) Answered(ctx context.Context, endpoint string) ([]Answering, error) {
	list := []Answering{}
	err := s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		return tx.Each(func(rows *sql.Rows) error {
			var a Answering
			err := rows.Scan(&a.Model, &a.Version)
			list = append(list, a)
			return err
		}, "SELECT model, version FROM serve_live WHERE endpoint=? GROUP BY model, version ORDER BY min(clock)", endpoint)
	})
	return list, err
}
