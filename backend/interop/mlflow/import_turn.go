package mlflow

import (
	"context"
	"sync"
	"time"

	"rondo/backend/errs"
)

// turn lets one import go on at a time.
type turn struct {
	mu  sync.Mutex
	now *going
}

type going struct {
	ctx  context.Context // of who asked for it
	done chan struct{}
}

// graceOfTurn is how long another import is waited for that may just be given up: that its
// client is gone is heard of a moment later.
const graceOfTurn = time.Second

// take waits for an import that is given up to end, and refuses while another goes on.
func (t *turn) take(ctx context.Context) (release func(), err error) {
	grace := time.NewTimer(graceOfTurn)
	defer grace.Stop()
	for {
		before, mine := t.next(ctx)
		if before == nil {
			return func() { t.release(mine) }, nil
		}
		select {
		case <-before.done:
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-before.ctx.Done():
			select {
			case <-before.done:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		case <-grace.C:
			return nil, errs.New(errs.Conflict, "an import from MLflow is going on already").WithHint("wait for its end, or stop it")
		}
	}
}

// next makes it the turn of ctx where it is nobody's.
func (t *turn) next(ctx context.Context) (before, mine *going) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.now != nil {
		return t.now, nil
	}
	t.now = &going{ctx, make(chan struct{})}
	return nil, t.now
}

func (t *turn) release(mine *going) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.now = nil
	close(mine.done)
}
