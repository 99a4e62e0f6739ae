package dataset

import (
	"context"

	"rondo/backend/ref"
	"rondo/backend/store"
)

const many = -1

// owner says who stands on an object: one snapshot and dataset by their place, or many; and
// which dataset was the last to be counted with it.
type owner struct{ snapshot, set, last int32 }

// census counts the objects of all snapshots.
type census struct {
	owners    map[ref.Digest]owner
	stored    int64              // bytes of what the dataset stands on that is being counted
	snapshots []*UsageOfSnapshot // by their place
	steps     store.Steps
}

func (s *Service) countDataset(ctx context.Context, c *census, name string, set int32) (UsageOfSet, error) {
	one := UsageOfSet{Dataset: name}
	snaps, err := s.Snapshots(ctx, name)
	if err != nil {
		return one, err
	}
	c.stored = 0
	one.Snapshots = make([]UsageOfSnapshot, len(snaps))
	for i, snap := range snaps {
		one.Snapshots[i] = UsageOfSnapshot{Number: snap.Number, Logical: snap.Size}
		c.steps.Expect(int64(snap.Files), 0)
		me := owner{int32(len(c.snapshots)), set, set}
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
	for i, d := range all.digests() {
		if i < snap.Files {
			c.steps.Done.Add(1, 0)
		}
		switch {
		case i%4096 == 0 && ctx.Err() != nil:
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

// count notes that a snapshot stands on an object, whose bytes are those of its dataset once.
func (s *Service) count(c *census, d ref.Digest, me owner) error {
	was, known := c.owners[d]
	if !known || was.last != me.set {
		info, err := s.opts.Store.Stat(d)
		if err != nil {
			return err
		}
		c.stored += info.Stored
	}
	switch {
	case !known:
		was = me
	case was.snapshot != me.snapshot:
		was.snapshot = many
	}
	if was.set != me.set {
		was.set = many
	}
	was.last = me.set
	c.owners[d] = was
	return nil
}
