package loop

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/ledger"
)

func row(tx *index.Tx, id string) (d Decision, err error) {
	var data string
	err = tx.QueryRow("SELECT data FROM loop_decisions WHERE id=?", id).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return d, errs.New(errs.NotFound, "there is no decision %.40q", id).WithHint("`rondo decisions` lists them")
	}
	if err != nil {
		return d, err
	}
	return d, json.Unmarshal([]byte(data), &d)
}

// Decision returns one decision.
func (s *Service) Decision(ctx context.Context, id string) (d Decision, err error) {
	err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		d, err = row(tx, id)
		return err
	})
	return d, err
}

// Decisions lists decisions, newest first; limit 0 means 200.
func (s *Service) Decisions(ctx context.Context, limit int) ([]Decision, error) {
	if limit <= 0 || limit > 1000 {
		limit = 200
	}
	return s.list(ctx, "SELECT data FROM loop_decisions ORDER BY opened DESC, id DESC LIMIT ?", limit)
}

func (s *Service) list(ctx context.Context, query string, args ...any) ([]Decision, error) {
	return ledger.List[Decision](ctx, s.opts.Ledger, query, args...)
}

// running lists the decisions whose steps are not done, oldest first.
func (s *Service) running(ctx context.Context) ([]Decision, error) {
	return s.list(ctx, "SELECT data FROM loop_decisions WHERE state=? ORDER BY opened, id", Running)
}
