package run

import (
	"context"

	"rondo/backend/index"
)

// CountByStatus returns how many active runs there are in each status; a status
// without runs is there too, with 0.
func (s *Service) CountByStatus(ctx context.Context) (map[string]int, error) {
	counts := map[string]int{Queued: 0, Running: 0, Finished: 0, Failed: 0, Killed: 0}
	err := s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		rows, err := tx.Query("SELECT status, count(*) FROM run_runs WHERE lifecycle=? GROUP BY status", Active)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var status string
			var n int
			if err := rows.Scan(&status, &n); err != nil {
				return err
			}
			counts[status] = n
		}
		return rows.Err()
	})
	return counts, err
}
