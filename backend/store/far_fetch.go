package store

import (
	"context"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"rondo/backend/ref"
)

// fetch hands every packed object of the list to fn, several at a time. A copy that is
// damaged is passed over from then on, and another one is taken where there is one. Objects
// that are no entries are passed over.
func (f *Far) fetch(ctx context.Context, digests []ref.Digest, fn taker) error {
	return f.fetchBut(ctx, digests, fn, failing)
}

func failing(_ ref.Digest, err error) error { return err }

func lenient(ref.Digest, error) error { return nil }

// fetchBut is fetch that asks lost about an object that has no sound copy, which goes on
// where that returns nil.
func (f *Far) fetchBut(ctx context.Context, digests []ref.Digest, fn taker, lost func(ref.Digest, error) error) error {
	for len(digests) > 0 {
		got, err := f.fetchOnce(ctx, digests, fn)
		f.forsake(got.bad)
		if err != nil {
			return err
		}
		if digests, err = f.elsewhere(ctx, got, lost); err != nil {
			return err
		}
	}
	return nil
}

// short is what was found damaged, and the objects that did not come for it.
type short struct {
	bad     []Damage
	objects []ref.Digest
}

func (s *short) add(t short) {
	s.bad, s.objects = append(s.bad, t.bad...), append(s.objects, t.objects...)
}

// fetchOnce asks for each object where it is found now.
func (f *Far) fetchOnce(ctx context.Context, digests []ref.Digest, fn taker) (all short, err error) {
	var entries []farEntry
	for _, d := range digests {
		if at, ok := f.entry(d); ok {
			entries = append(entries, farEntry{d, at})
		}
	}
	var mu sync.Mutex
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(farWorkers)
	for _, part := range ranges(entries) {
		g.Go(func() error {
			some, err := f.fetchRange(ctx, part, fn)
			mu.Lock()
			defer mu.Unlock()
			all.add(some)
			return f.named(err)
		})
	}
	err = g.Wait()
	return all, err
}

// elsewhere are those of the objects that have another copy, perhaps in a pack that has come
// meanwhile, as when somebody else cleaned up. One that is a file of its own is passed over.
func (f *Far) elsewhere(ctx context.Context, not short, lost func(ref.Digest, error) error) (again []ref.Digest, err error) {
	if slices.ContainsFunc(not.bad, func(d Damage) bool { return d.Digest.IsZero() }) {
		if err := f.look(ctx); err != nil {
			return nil, err
		}
	}
	for _, d := range not.objects {
		if _, packed := f.entry(d); packed {
			again = append(again, d)
		} else if !f.There(d) {
			if err := lost(d, f.lost(d)); err != nil {
				return nil, err
			}
		}
	}
	return again, nil
}
