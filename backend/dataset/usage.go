package dataset

import (
	"context"

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

const many = -1

// owner says who stands on an object: one snapshot and dataset by their place, or many.
type owner struct{ snapshot, set int32 }

// census counts the objects of all snapshots.
type census struct {
	owners    map[ref.Digest]owner
	seen      map[ref.Digest]bool // by the dataset that is being counted
	stored    int64               // bytes of those
	snapshots []*UsageOfSnapshot  // by their place
}

// Usage follows every snapshot to its objects, and chunks of objects.
func (s *Service) Usage(ctx context.Context) (u Usage, err error) {
	sets, err := s.List(ctx)
	if err != nil {
		return u, err
	}
	u.Datasets = make([]UsageOfSet, len(sets))
	c := &census{owners: map[ref.Digest]owner{}}
	for i, d := range sets {
		if u.Datasets[i], err = s.countDataset(ctx, c, d.Name, int32(i)); err != nil {
			return u, err
		}
	}
	if err := s.addUp(ctx, c, &u); err != nil {
		return u, err
	}
	garbage, err := s.Collect(ctx, Collect{Dry: true})
	u.Free = garbage.Bytes
	u.Other = max(0, u.Other-u.Free)
	return u, err
}

func (s *Service) countDataset(ctx context.Context, c *census, name string, set int32) (UsageOfSet, error) {
	one := UsageOfSet{Dataset: name}
	snaps, err := s.Snapshots(ctx, name)
	if err != nil {
		return one, err
	}
	c.seen, c.stored = map[ref.Digest]bool{}, 0
	one.Snapshots = make([]UsageOfSnapshot, len(snaps))
	for i, snap := range snaps {
		one.Snapshots[i] = UsageOfSnapshot{Number: snap.Number, Logical: snap.Size}
		me := owner{int32(len(c.snapshots)), set}
		c.snapshots = append(c.snapshots, &one.Snapshots[i])
		if err := s.own(ctx, c, snap, me, &one.Snapshots[i]); err != nil {
			return one, err
		}
		one.Logical += snap.Size
	}
	one.Stored = c.stored
	return one, nil
}

// addUp gives every object's bytes to those who alone stand on it.
func (s *Service) addUp(ctx context.Context, c *census, u *Usage) error {
	own := make([]int64, len(u.Datasets))
	err := s.opts.Store.List(func(i store.Info) error {
		u.Stored += i.Stored
		o, known := c.owners[i.Digest]
		if !known {
			u.Other += i.Stored
			return ctx.Err()
		}
		if o.snapshot != many {
			c.snapshots[o.snapshot].Unique += i.Stored
		}
		if o.set != many {
			own[o.set] += i.Stored
		}
		return ctx.Err()
	})
	for i := range u.Datasets {
		u.Datasets[i].Shared = u.Datasets[i].Stored - own[i]
	}
	return err
}

// own notes everything that a snapshot stands on as its own, or as that of many.
func (s *Service) own(ctx context.Context, c *census, snap Snapshot, me owner, u *UsageOfSnapshot) error {
	all, err := s.standsOn(ctx, nil, snap)
	if notFound(err) {
		u.Missing = snap.Files + 1
		return nil
	}
	if err != nil {
		return err
	}
	never, err := s.neverCameOf(ctx, []Snapshot{snap})
	if err != nil {
		return err
	}
	for _, d := range all.digests() {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case never[d]:
			u.NotFetched++
			continue
		case !s.opts.Store.Has(d):
			u.Missing++
			continue
		}
		chunks, err := s.opts.Store.Chunks(d)
		if err != nil {
			return err
		}
		for _, part := range append(chunks, d) {
			if err := s.count(c, part, me); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Service) count(c *census, d ref.Digest, me owner) error {
	if !c.seen[d] {
		c.seen[d] = true
		info, err := s.opts.Store.Stat(d)
		if err != nil {
			return err
		}
		c.stored += info.Stored
	}
	was, known := c.owners[d]
	switch {
	case !known:
		was = me
	case was.snapshot != me.snapshot:
		was.snapshot = many
	}
	if was.set != me.set {
		was.set = many
	}
	c.owners[d] = was
	return nil
}
