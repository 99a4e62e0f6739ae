package store

import (
	"context"
	"maps"
	"slices"

	"golang.org/x/sync/errgroup"

	"rondo/backend/ref"
)

// Recall reads again what was found damaged before, and passes over what still is. The rest
// somebody else has made sound again, or removed.
func (f *Far) Recall(ctx context.Context, known []Damage) error {
	files := map[string][]ref.Digest{}
	for _, one := range known {
		files[one.File] = append(files[one.File], one.Digest)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(farWorkers)
	for name, digests := range files {
		g.Go(func() error {
			bad, err := f.recallBlob(ctx, name, digests)
			if err == nil {
				f.forsake(bad)
			}
			return f.named(err)
		})
	}
	return g.Wait()
}

func (f *Far) recallBlob(ctx context.Context, name string, digests []ref.Digest) ([]Damage, error) {
	f.mu.RLock()
	p, size := f.packs[name], f.sizes[name]
	f.mu.RUnlock()
	if p == nil {
		if d, whole := f.digestOf(name); whole && size > 0 {
			return f.checkWhole(ctx, d, name)
		}
		return nil, nil // it has gone, or its index says that it is damaged
	}
	if slices.Contains(digests, ref.Zero) {
		return f.checkEnds(ctx, name, size)
	}
	var not short
	for _, part := range ranges(entriesOf(p, digests)) {
		some, err := f.fetchRange(ctx, part, func(farEntry, []byte, []byte) error { return nil })
		if err != nil {
			return nil, err
		}
		not.add(some)
	}
	return not.bad, nil
}

// entriesOf are those entries of a pack that hold one of the objects.
func entriesOf(p *pack, digests []ref.Digest) (all []farEntry) {
	wanted := maps.Collect(func(yield func(ref.Digest, bool) bool) {
		for _, d := range digests {
			if !yield(d, true) {
				return
			}
		}
	})
	for _, r := range p.rows {
		if wanted[r.digest] {
			all = append(all, farEntry{r.digest, place{p, r.offset, r.stored, r.form}})
		}
	}
	return all
}
