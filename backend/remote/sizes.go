package remote

import (
	"context"
	"sync"

	"golang.org/x/sync/errgroup"

	"rondo/backend/errs"
)

// SideBySide is how many questions wait for the other side at the same time.
const SideBySide = 32

// sizes asks for each blob on its own, some at a time.
func sizes(ctx context.Context, names []string, one func(ctx context.Context, name string) (int64, error)) (map[string]int64, error) {
	for _, name := range names {
		if err := checkName(name); err != nil {
			return nil, err
		}
	}
	all := make(map[string]int64, len(names))
	var mu sync.Mutex
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(SideBySide)
	for _, name := range names {
		g.Go(func() error {
			n, err := one(ctx, name)
			if errs.Is(err, errs.NotFound) {
				return nil
			}
			mu.Lock()
			defer mu.Unlock()
			all[name] = n
			return err
		})
	}
	return all, g.Wait()
}
