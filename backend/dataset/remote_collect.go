package dataset

import (
	"context"
	"maps"
	"slices"
	"time"

	"rondo/backend/dataset/far"
	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/ref"
	"rondo/backend/store"
)

// CollectRemote asks for the objects of a remote to be removed that no snapshot needs.
type CollectRemote struct {
	Remote string        `json:"remote,omitempty"` // empty: the only one
	Dry    bool          `json:"dry_run,omitempty"`
	Grace  time.Duration `json:"grace_ns,omitempty"` // 0: a day
}

// CollectedRemote says what came of it.
type CollectedRemote struct {
	Remote    far.Remote `json:"remote"`
	Snapshots int        `json:"snapshots"` // on the remote, all of whose objects stay
	store.Garbage
	Next time.Time `json:"next,omitzero"`
}

// CollectRemote removes what no snapshot refers to, neither one that the remote lists nor one
// of this project. While it cannot be told what is needed it removes nothing.
func (s *Service) CollectRemote(ctx context.Context, in CollectRemote) (c CollectedRemote, err error) {
	if in.Grace < 0 {
		return c, errs.New(errs.Invalid, "a grace of %s is no time", in.Grace)
	}
	if in.Grace == 0 {
		in.Grace = far.Grace
	}
	f, err := s.remote(ctx, in.Remote, false)
	if err != nil {
		return c, err
	}
	defer f.Close()
	c.Remote = f.Remote
	if !in.Dry {
		if err := f.Lock(ctx); err != nil {
			return c, err
		}
		defer f.Unlock(ctx)
		if err := f.Reopen(ctx); err != nil {
			return c, err
		}
	}
	needed := store.NewNeeded()
	if c.Snapshots, err = s.neededThere(ctx, f, needed); err != nil {
		return c, err
	}
	garbage, err := f.Objects.Garbage(needed)
	if err != nil {
		return c, err
	}
	c.Objects, c.Bytes, c.Needed = garbage.Objects, garbage.Bytes, garbage.Needed
	return c, s.sweepRemote(ctx, f, in, garbage, needed, &c)
}

// sweepRemote removes what was marked long enough ago, and marks the rest.
func (s *Service) sweepRemote(ctx context.Context, f *there, in CollectRemote, g store.FarGarbage, needed *store.Needed, c *CollectedRemote) error {
	was, err := f.Condemned(ctx)
	if err != nil {
		return err
	}
	now := s.opts.Now()
	left, ripe := far.Condemned{Packs: map[string]time.Time{}}, []string(nil)
	for _, name := range g.Packs {
		since, ok := was.Packs[name]
		if !ok {
			since = now
		}
		if ok && !since.After(now.Add(-in.Grace)) {
			ripe = append(ripe, name)
		} else {
			left.Packs[name] = since
		}
	}
	if len(left.Packs) > 0 {
		c.Next = slices.MinFunc(slices.Collect(maps.Values(left.Packs)), time.Time.Compare).Add(in.Grace)
	}
	rest, err := f.Objects.GarbageBut(needed, ripe)
	if err != nil {
		return err
	}
	c.Waiting = rest.Objects
	if in.Dry {
		return nil
	}
	if err := f.Objects.Sweep(ctx, needed, ripe, func() error { return f.SayLocked(ctx) }); err != nil {
		return err
	}
	c.Removed, c.Freed = g.Objects-c.Waiting, g.Bytes-rest.Bytes
	fault.Point("dataset.far-swept")
	return f.Condemn(ctx, left)
}

// neededThere fills the set, and returns how many snapshots the remote lists.
func (s *Service) neededThere(ctx context.Context, f *there, needed *store.Needed) (int, error) {
	theirs, err := f.snapshots(ctx, nil)
	if err != nil {
		return 0, err
	}
	for _, snap := range theirs {
		all, err := s.standsOn(ctx, f, snap)
		if err == nil {
			err = f.Objects.Needs(ctx, needed, all.digests())
		}
		if err != nil {
			return 0, errs.New(errs.Precondition, "what the remote %s needs cannot be told: %s: %w", f.Name, snap.Ref(), err).
				WithHint("push again from a project that has it; nothing was removed")
		}
	}
	ours, err := s.chosen(ctx, nil)
	if err != nil {
		return 0, err
	}
	for _, snap := range ours {
		all, err := s.standsOn(ctx, f, snap)
		if err != nil {
			continue // it is whole nowhere
		}
		there := slices.DeleteFunc(all.digests(), func(d ref.Digest) bool { return !f.Objects.There(d) })
		if err := f.Objects.Needs(ctx, needed, there); err != nil && !notFound(err) {
			return 0, err
		}
	}
	return len(theirs), nil
}
