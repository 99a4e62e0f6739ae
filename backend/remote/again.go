package remote

import (
	"context"
	"errors"
	"net"
	"syscall"
	"time"

	"rondo/backend/errs"
)

const tries = 4

// Again repeats what failed for a reason that may pass, kind Unavailable, a few times and a
// little longer apart each time, so that it ends within seconds. Whoever waits is told. What has stayed silent is not asked again.
func Again(ctx context.Context, fn func() error) (err error) {
	wait := time.NewTimer(0)
	defer wait.Stop()
	for try := range tries {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-wait.C:
		}
		if err = fn(); err == nil || !errs.Is(err, errs.Unavailable) || ctx.Err() != nil || silent(err) || stays(err) {
			return err
		}
		if try+1 < tries {
			notice(ctx, "%v: tried again", err)
		}
		wait.Reset(time.Duration(1<<try) * 250 * time.Millisecond)
	}
	return err
}

// silent reports whether a failure is that nothing came for as long as one waits.
func silent(err error) bool {
	var late net.Error
	return errors.As(err, &late) && late.Timeout()
}

// stays reports whether a disk says what is so in a second, too.
func stays(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EROFS)
}
