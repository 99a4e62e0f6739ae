package client

import (
	"context"
	"time"

	"rondo/backend/errs"
)

const stopPatience = 30 * time.Second

// Stop ends the project's server, if one runs, and returns when it is gone.
func Stop(ctx context.Context, deviceDir string) (was bool, err error) {
	i, err := Find(deviceDir)
	if err != nil {
		return false, nil
	}
	if err := New(i.URL, i.Token, "").Post(ctx, "/stop", nil, nil); err != nil {
		return true, err
	}
	ctx, cancel := context.WithTimeout(ctx, stopPatience)
	defer cancel()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for i.Process.Alive() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return true, errs.New(errs.Unavailable, "the server (process %d) has not ended yet", i.Process.PID).
				WithHint("it may be finishing requests, or waiting until the disk has what was checked out; look again in a moment")
		}
	}
	return true, nil
}
