package dataset

import (
	"context"
	"slices"

	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/ref"
	"rondo/backend/store"
)

// Exchange asks for snapshots to be copied to or from a remote.
type Exchange struct {
	Remote   string   `json:"remote,omitempty"`   // empty: the only one
	Datasets []string `json:"datasets,omitempty"` // empty: all
}

// Exchanged says what was copied.
type Exchanged struct {
	Remote    Remote `json:"remote"`
	Snapshots int    `json:"snapshots"` // that are whole on both sides now
	New       int    `json:"new"`       // snapshots that one side did not know
	store.Moved
}

// Push copies the snapshots that the remote lacks, the objects first.
func (s *Service) Push(ctx context.Context, in Exchange) (x Exchanged, err error) {
	f, err := s.remote(in.Remote, true)
	if err != nil {
		return x, err
	}
	defer f.close()
	x.Remote = f.Remote
	snaps, err := s.chosen(ctx, in.Datasets)
	if err != nil {
		return x, err
	}
	for _, snap := range snaps {
		if err := move(ctx, s.opts.Store, f.objects, snap, &x); err != nil {
			return x, err
		}
		if err := f.note(snap, &x); err != nil {
			return x, err
		}
		x.Snapshots++
	}
	return x, nil
}

// Fetch copies the snapshots, and the objects of those it knows, that the project lacks.
func (s *Service) Fetch(ctx context.Context, in Exchange) (x Exchanged, err error) {
	f, err := s.remote(in.Remote, false)
	if err != nil {
		return x, err
	}
	defer f.close()
	x.Remote = f.Remote
	theirs, err := f.snapshots(in.Datasets)
	if err != nil {
		return x, err
	}
	for _, snap := range theirs {
		if err := move(ctx, f.objects, s.opts.Store, snap, &x); err != nil {
			return x, err
		}
		if err := s.adopt(ctx, snap, &x); err != nil {
			return x, err
		}
		x.Snapshots++
	}
	return x, nil
}

// chosen lists the snapshots of the datasets, oldest first.
func (s *Service) chosen(ctx context.Context, names []string) ([]Snapshot, error) {
	if len(names) == 0 {
		all, err := s.List(ctx)
		if err != nil {
			return nil, err
		}
		for _, d := range all {
			names = append(names, d.Name)
		}
	}
	var list []Snapshot
	for _, name := range names {
		snaps, err := s.Snapshots(ctx, name)
		if err != nil {
			return nil, err
		}
		slices.Reverse(snaps)
		list = append(list, snaps...)
	}
	return list, nil
}

// move copies everything that a snapshot stands on, its tree last.
func move(ctx context.Context, from, to *store.Store, snap Snapshot, x *Exchanged) error {
	digests, err := standsOn(ctx, from, to, snap)
	if err != nil {
		return err
	}
	for _, wave := range [][]ref.Digest{digests, {snap.Tree}} {
		m, err := to.Transfer(ctx, from, wave)
		x.Objects, x.Bytes, x.Present = x.Objects+m.Objects, x.Bytes+m.Bytes, x.Present+m.Present
		if err != nil {
			return errs.New(errs.KindOf(err), "%s is not copied: %w", snap.Ref(), err).WithHint("%s", errs.HintOf(err))
		}
	}
	return nil
}

// standsOn lists a snapshot's objects but for its tree, which either side may have.
func standsOn(ctx context.Context, one, other *store.Store, snap Snapshot) ([]ref.Digest, error) {
	at := one
	if !one.Has(snap.Tree) {
		at = other
	}
	tree, err := at.OpenTree(ctx, snap.Tree)
	if err != nil {
		return nil, err
	}
	var list []ref.Digest
	for _, f := range tree.Files {
		list = append(list, f.Digest)
	}
	if snap.Git != nil && !snap.Git.Diff.IsZero() {
		list = append(list, snap.Git.Diff)
	}
	if !snap.Profile.IsZero() {
		list = append(list, snap.Profile)
	}
	return list, nil
}

// adopt records a snapshot that was taken elsewhere, under its own id.
func (s *Service) adopt(ctx context.Context, snap Snapshot, x *Exchanged) error {
	if _, err := s.Find(ctx, snap.ID); err == nil || !notFound(err) {
		return err
	}
	d, err := s.Get(ctx, snap.Dataset)
	if notFound(err) {
		if err := s.declare(ctx, snap.Dataset, Setting{Path: snap.Path}); err != nil {
			return err
		}
		d, err = s.Get(ctx, snap.Dataset)
	}
	if err != nil {
		return err
	}
	snap.Path = d.Path
	x.New++
	_, err = s.opts.Ledger.Do(ctx, "snapshot.create", snap.ID, func(*index.Tx) (any, error) { return snap, nil })
	return err
}

// Pull fetches and then checks a snapshot out: number 0 means the one that the pointer names.
func (s *Service) Pull(ctx context.Context, remote, name string, number int, force bool) (Snapshot, Exchanged, error) {
	x, err := s.Fetch(ctx, Exchange{Remote: remote, Datasets: []string{name}})
	if err != nil {
		return Snapshot{}, x, err
	}
	snap, err := s.Checkout(ctx, name, number, force)
	return snap, x, err
}
