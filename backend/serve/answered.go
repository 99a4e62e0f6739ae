package serve

import (
	"context"

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
		rows, err := tx.Query("SELECT model, version FROM serve_live WHERE endpoint=? GROUP BY model, version ORDER BY min(clock)", endpoint)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var a Answering
			if err := rows.Scan(&a.Model, &a.Version); err != nil {
				return err
			}
			list = append(list, a)
		}
		return rows.Err()
	})
	return list, err
}
