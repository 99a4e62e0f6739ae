package remote

import (
	"context"
	"time"

	"rondo/backend/errs"
)

const tries = 4

// Again repeats what failed for a reason that may pass, kind Unavailable, a few times and a
// little longer apart each time, so that it ends within seconds.
func Again(ctx context.Context, fn func() error) (err error) {
	wait := time.NewTimer(0)
	defer wait.Stop()
	for try := range tries {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-wait.C:
		}
		if err = fn(); err == nil || !errs.Is(err, errs.Unavailable) {
			return err
		}
		wait.Reset(time.Duration(1<<try) * 250 * time.Millisecond)
	}
	return err
}
