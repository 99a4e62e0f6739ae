package dataset

import (
	"context"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"rondo/backend/remote"
)

const (
	askers   = remote.SideBySide // that wait for a remote at the same time
	roomFor  = 400_000           // files and chunks of the snapshots that are looked at together, for the sake of memory
	perChunk = 64 << 10          // bytes
)

// sideBySide calls fn for each of n, some at a time, since most of the time it waits for a remote.
func sideBySide(ctx context.Context, n int, fn func(ctx context.Context, i int) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(askers)
	for i := range n {
		g.Go(func() error { return fn(ctx, i) })
	}
	return g.Wait()
}

// eachSnapshot is sideBySide for snapshots, of which large ones are looked at alone.
func eachSnapshot(ctx context.Context, list []Snapshot, fn func(ctx context.Context, i int) error) error {
	room := semaphore.NewWeighted(roomFor)
	return sideBySide(ctx, len(list), func(ctx context.Context, i int) error {
		n := min(max(1, int64(list[i].Files)+list[i].Size/perChunk), roomFor)
		if err := room.Acquire(ctx, n); err != nil {
			return err
		}
		defer room.Release(n)
		return fn(ctx, i)
	})
}
