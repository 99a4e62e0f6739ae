package loop

import (
	"context"

	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/ref"
)

var errOpened = errs.New(errs.Conflict, "this decision was opened already")

// open records a decision. A model has one open decision at a time: two retrains
// that chase each other would make the second one's evidence worthless.
func (s *Service) open(ctx context.Context, d Decision) (Decision, error) {
	if d.ID == "" {
		d.ID = ref.NewID()
	}
	d.Steps = []Step{}
	_, err := s.opts.Ledger.Do(ctx, "decision.open", d.ID, func(tx *index.Tx) (any, error) {
		if _, err := row(tx, d.ID); err == nil {
			return nil, errOpened
		}
		var other string
		if d.Open() && tx.QueryRow("SELECT id FROM loop_decisions WHERE model=? AND state IN (?,?)", d.Model, Asked, Running).Scan(&other) == nil {
			return nil, errs.New(errs.Conflict, "decision %s about %s is still open", other, d.Model).
				WithHint("wait for it, or answer it: rondo decisions show %s", other)
		}
		return d, nil
	})
	if err != nil {
		return d, err
	}
	return s.Decision(ctx, d.ID)
}

// Approve lets a decision that asked go on.
func (s *Service) Approve(ctx context.Context, id, reason string) (Decision, error) {
	if _, err := s.Decision(ctx, id); err != nil {
		return Decision{}, err
	}
	if err := s.opts.Trusted(); err != nil {
		return Decision{}, err
	}
	return s.answer(ctx, id, Answer{Approved: true, Reason: reason})
}

// Reject ends a decision that asked.
func (s *Service) Reject(ctx context.Context, id, reason string) (Decision, error) {
	return s.answer(ctx, id, Answer{Reason: reason})
}

func (s *Service) answer(ctx context.Context, id string, a Answer) (Decision, error) {
	_, err := s.opts.Ledger.Do(ctx, "decision.answer", id, func(tx *index.Tx) (any, error) {
		d, err := row(tx, id)
		if err != nil {
			return nil, err
		}
		if d.State != Asked {
			return nil, errs.New(errs.Conflict, "decision %s does not ask any more: it is %s", id, d.State).
				WithHint("`rondo decisions show %s` says what came of it", id)
		}
		return a, nil
	})
	if err != nil {
		return Decision{}, err
	}
	s.nudge()
	return s.Decision(ctx, id)
}

// record adds a step to a decision that runs.
func (s *Service) record(ctx context.Context, id string, step Step) (Decision, error) {
	return s.whileRunning(ctx, "decision.step", id, step)
}

func (s *Service) close(ctx context.Context, id, state, text string) (Decision, error) {
	return s.whileRunning(ctx, "decision.close", id, closing{state, text})
}

func (s *Service) whileRunning(ctx context.Context, kind, id string, data any) (Decision, error) {
	_, err := s.opts.Ledger.Do(ctx, kind, id, func(tx *index.Tx) (any, error) {
		d, err := row(tx, id)
		if err == nil && d.State != Running {
			err = errs.New(errs.Conflict, "decision %s is %s", id, d.State)
		}
		return data, err
	})
	if err != nil {
		return Decision{}, err
	}
	return s.Decision(ctx, id)
}
