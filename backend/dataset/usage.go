package dataset

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"rondo/backend/ref"
	"rondo/backend/store"
)

// Usage is what the objects take on the disk, and for whom.
type Usage struct {
	Stored   int64        `json:"stored"` // bytes on disk of all objects
	Datasets []UsageOfSet `json:"datasets"`
	Other    int64        `json:"other"` // bytes on disk of what no snapshot stands on: models, code, profiles of runs
	Free     int64        `json:"free"`  // bytes that nothing needs, and that gc will remove
}

// UsageOfSet is the part of one dataset.
type UsageOfSet struct {
	Dataset   string            `json:"dataset"`
	Logical   int64             `json:"logical"` // bytes of the files of all snapshots, each counted anew
	Stored    int64             `json:"stored"`  // bytes on disk of what its snapshots stand on
	Shared    int64             `json:"shared"`  // of these, bytes that another dataset stands on too
	Snapshots []UsageOfSnapshot `json:"snapshots"`
}

// UsageOfSnapshot is the part of one snapshot.
type UsageOfSnapshot struct {
	Number  int   `json:"number"`
	Logical int64 `json:"logical"` // bytes of its files
	Unique  int64 `json:"unique"`  // bytes on disk that no other snapshot stands on
	Missing int   `json:"missing"` // objects that are not here and were
	// NotFetched counts objects that never came, since only a part of the snapshot was fetched.
	NotFetched int `json:"not_fetched"`
}

// countedUsage is the last answer, and what it was counted of.
type countedUsage struct {
	of    ref.Digest
	usage Usage
}

// Usage follows every snapshot to its objects, and chunks of objects. The answer is remembered
// until the objects, the snapshots or what mentions an object are others; nobody may change it.
func (s *Service) Usage(ctx context.Context) (u Usage, err error) {
	select {
	case s.counting <- struct{}{}: // whoever asks meanwhile waits for the same answer
		defer func() { <-s.counting }()
	case <-ctx.Done():
		return u, ctx.Err()
	}
	count, of := &store.Count{}, &total{}
	defer s.follow("usage", "", count, of)()
	m, err := s.mentioned(ctx)
	if err != nil {
		return u, err
	}
	key, err := s.usageKey(ctx, m.roots)
	if err != nil || key == s.counted.of {
		return s.counted.usage, err
	}
	if u, err = s.countUsage(ctx, m.roots, store.Steps{Done: count, Expect: of.more}); err != nil {
		return u, err
	}
	if after, err := s.usageKey(ctx, m.roots); err == nil && after == key {
		s.counted = countedUsage{key, u}
	}
	return u, nil
}

// usageKey is the digest of all that an answer is counted of.
func (s *Service) usageKey(ctx context.Context, roots map[ref.Digest]bool) (ref.Digest, error) {
	standing, err := s.opts.Store.Standing()
	if err != nil {
		return ref.Zero, err
	}
	h := ref.NewHash()
	h.Write(standing[:])
	for _, d := range slices.SortedFunc(maps.Keys(roots), ref.Compare) {
		h.Write(d[:])
	}
	sets, err := s.List(ctx)
	if err != nil {
		return ref.Zero, err
	}
	for _, d := range sets {
		snaps, err := s.Snapshots(ctx, d.Name)
		if err != nil {
			return ref.Zero, err
		}
		if err := json.NewEncoder(h).Encode(snaps); err != nil {
			return ref.Zero, err
		}
	}
	return ref.Digest(h.Sum(nil)), nil
}

func (s *Service) countUsage(ctx context.Context, roots map[ref.Digest]bool, steps store.Steps) (u Usage, err error) {
	sets, err := s.List(ctx)
	if err != nil {
		return u, err
	}
	u.Datasets = make([]UsageOfSet, len(sets))
	c := &census{owners: map[ref.Digest]owner{}, steps: steps}
	for i, d := range sets {
		if u.Datasets[i], err = s.countDataset(ctx, c, d.Name, int32(i)); err != nil {
			return u, err
		}
	}
	if err := s.addUp(ctx, c, &u); err != nil {
		return u, err
	}
	u.Free, err = s.unneeded(ctx, roots, steps)
	u.Other = max(0, u.Other-u.Free)
	return u, err
}

// unneeded says how many bytes on the disk nothing needs.
func (s *Service) unneeded(ctx context.Context, roots map[ref.Digest]bool, steps store.Steps) (int64, error) {
	needed, err := s.opts.Store.ReachCounted(ctx, roots, steps)
	if err != nil {
		return 0, err
	}
	g, err := s.opts.Store.Collect(ctx, store.Collection{Needed: needed, Dry: true, Now: s.opts.Now(), Steps: steps})
	return g.Bytes, err
}
