package dataset

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/ref"
	"rondo/backend/remote"
	"rondo/backend/store"
)

// Objects of a remote go in two steps, as those of a project do. The first collection
// writes the names of the packs that hold garbage into a list; one that comes a day later
// removes those that still do. In between, whoever pushes takes the list away before it
// looks whether a collection is going on, and a collection says that it is going on before
// it reads the list: so one of the two always sees the other, and nothing that a push
// counts on is removed.
const (
	farCondemned = "gc/condemned"
	farGrace     = 24 * time.Hour // longer than any push takes
)

// CollectRemote asks for the objects of a remote to be removed that no snapshot needs.
type CollectRemote struct {
	Remote string        `json:"remote,omitempty"` // empty: the only one
	Dry    bool          `json:"dry_run,omitempty"`
	Grace  time.Duration `json:"grace_ns,omitempty"` // 0: a day
}

// CollectedRemote says what came of it.
type CollectedRemote struct {
	Remote    Remote `json:"remote"`
	Snapshots int    `json:"snapshots"` // on the remote, all of whose objects stay
	store.Garbage
	Next time.Time `json:"next,omitzero"`
}

// marked is what the list on the remote says.
type marked struct {
	Packs map[string]time.Time `json:"packs"` // since when
}

// CollectRemote removes what no snapshot refers to, neither one that the remote lists nor one
// of this project. While it cannot be told what is needed it removes nothing.
func (s *Service) CollectRemote(ctx context.Context, in CollectRemote) (c CollectedRemote, err error) {
	if in.Grace < 0 {
		return c, errs.New(errs.Invalid, "a grace of %s is no time", in.Grace)
	}
	if in.Grace == 0 {
		in.Grace = farGrace
	}
	f, err := s.remote(ctx, in.Remote, false)
	if err != nil {
		return c, err
	}
	defer f.close()
	c.Remote = f.Remote
	if !in.Dry {
		if err := s.lockRemote(ctx, f); err != nil {
			return c, err
		}
		defer s.unlockRemote(ctx, f)
		if err := s.reopen(ctx, f); err != nil {
			return c, err
		}
	}
	needed := store.NewNeeded()
	if c.Snapshots, err = s.neededThere(ctx, f, needed); err != nil {
		return c, err
	}
	garbage, err := f.objects.Garbage(needed)
	if err != nil {
		return c, err
	}
	c.Objects, c.Bytes, c.Needed = garbage.Objects, garbage.Bytes, garbage.Needed
	return c, s.sweepRemote(ctx, f, in, garbage, needed, &c)
}

// sweepRemote removes what was marked long enough ago, and marks the rest.
func (s *Service) sweepRemote(ctx context.Context, f *far, in CollectRemote, g store.FarGarbage, needed *store.Needed, c *CollectedRemote) error {
	was, err := f.marked(ctx)
	if err != nil {
		return err
	}
	now := s.opts.Now()
	left, ripe := marked{map[string]time.Time{}}, []string(nil)
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
	rest, err := f.objects.GarbageBut(needed, ripe)
	if err != nil {
		return err
	}
	c.Waiting = rest.Objects
	if in.Dry {
		return nil
	}
	if err := f.objects.Sweep(ctx, needed, ripe, func() error { return s.sayLocked(ctx, f) }); err != nil {
		return err
	}
	c.Removed, c.Freed = g.Objects-c.Waiting, g.Bytes-rest.Bytes
	fault.Point("dataset.far-swept")
	return f.mark(ctx, left)
}

func (f *far) marked(ctx context.Context) (m marked, err error) {
	b, err := remote.Read(ctx, f.r, farCondemned, maxRemoteRecord*16)
	if notFound(err) {
		return m, nil
	}
	if err == nil && json.Unmarshal(b, &m) != nil {
		m = marked{} // all begins anew
	}
	return m, f.blame(err)
}

func (f *far) mark(ctx context.Context, m marked) error {
	if len(m.Packs) == 0 {
		return f.blame(f.r.Delete(ctx, farCondemned))
	}
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return f.blame(f.r.Replace(ctx, farCondemned, remote.Content(append(b, '\n'))))
}

// neededThere fills the set, and returns how many snapshots the remote lists.
func (s *Service) neededThere(ctx context.Context, f *far, needed *store.Needed) (int, error) {
	theirs, err := f.snapshots(ctx, nil)
	if err != nil {
		return 0, err
	}
	for _, snap := range theirs {
		all, err := s.standsOn(ctx, f, snap)
		if err == nil {
			err = f.objects.Needs(ctx, needed, all.digests())
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
		there := slices.DeleteFunc(all.digests(), func(d ref.Digest) bool { return !f.objects.There(d) })
		if err := f.objects.Needs(ctx, needed, there); err != nil && !notFound(err) {
			return 0, err
		}
	}
	return len(theirs), nil
}

// reopen looks at the remote anew.
func (s *Service) reopen(ctx context.Context, f *far) (err error) {
	if err = f.ready(ctx); err != nil {
		return f.blame(err)
	}
	return s.openObjects(ctx, f)
}
