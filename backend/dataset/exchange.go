package dataset

import (
	"context"
	"errors"
	"iter"
	"slices"

	"rondo/backend/dataset/far"
	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/ref"
	"rondo/backend/store"
)

// Exchange asks for snapshots to be copied to or from a remote.
type Exchange struct {
	Remote   string   `json:"remote,omitempty"`   // empty: the only one
	Datasets []string `json:"datasets,omitempty"` // empty: all
	Own      bool     `json:"own,omitempty"`      // of a fetch: only datasets that are here, or that pointers here name
}

// Exchanged says what was copied.
type Exchanged struct {
	Remote    far.Remote `json:"remote"`
	Snapshots int        `json:"snapshots"` // of those asked for, that are whole on the side they were copied to
	InPart    int        `json:"in_part"`   // of which a part is here, and all there
	New       int        `json:"new"`       // snapshots that one side did not know
	Healed    int        `json:"healed"`    // objects that were known to be damaged on the remote and are sound there now
	// Unread are records of the remote that could not be read: nobody can tell of which dataset
	// they are, and all others were copied.
	Unread []FarProblem `json:"unread,omitempty"`
	// Damaged is what could not be fetched because it is damaged or missing there, and who needs
	// it; all else was.
	Damaged []FarProblem `json:"damaged,omitempty"`
	Partly  int          `json:"partly"` // snapshots of which only what is sound there is here
	// Part is the snapshot of which some paths, or all of it, were asked for; null where whole
	// datasets were.
	Part *Snapshot `json:"part,omitempty"`
	store.Moved
}

// Push copies the snapshots that the remote lacks, the objects first. One that is here in part
// goes where the rest of it is; elsewhere it is refused, once the others have been pushed.
func (s *Service) Push(ctx context.Context, in Exchange) (x Exchanged, err error) {
	ctx, work := s.followFar(ctx, "push", in.Datasets)
	defer work.stop()
	f, err := s.remote(ctx, in.Remote, true)
	if err != nil {
		return x, err
	}
	defer f.Close()
	x.Remote = f.Remote
	if err := f.KeepAll(ctx); err != nil {
		return x, err
	}
	if err := f.Reopen(ctx); err != nil { // what it holds now stays
		return x, err
	}
	work.moves(f)
	if err := f.Objects.Mend(ctx, s.opts.Store, &x.Moved); err != nil {
		return x, err
	}
	snaps, err := s.chosen(ctx, in.Datasets)
	if err != nil {
		return x, err
	}
	snaps, lacking, err := s.sendable(ctx, f, snaps)
	if err != nil {
		return x, err
	}
	for group := range inGroups(snaps) {
		if err := s.send(ctx, f, group, &x); err != nil {
			return x, err
		}
	}
	x.Healed = f.Healed()
	return x, lacking // all the others are there
}

// Fetch copies the snapshots, and the objects of those it knows, that the project lacks. Where
// the first of several names is a dataset's and no other is, the others are paths in it, and
// it does what FetchPart does.
func (s *Service) Fetch(ctx context.Context, in Exchange) (x Exchanged, err error) {
	ctx, work := s.followFar(ctx, "fetch", in.Datasets)
	defer work.stop()
	f, err := s.remote(ctx, in.Remote, false)
	if err != nil {
		return x, err
	}
	defer f.Close()
	theirs, err := f.readable(ctx, nil)
	if err != nil {
		return x, err
	}
	if paths, err := s.pathsIn(ctx, f, theirs, in.Datasets); err != nil {
		return x, err
	} else if len(paths) > 0 {
		return s.fetchPart(ctx, work, f, Part{Dataset: in.Datasets[0], Paths: paths})
	}
	x.Remote, x.Unread = f.Remote, f.unread
	work.moves(f)
	theirs = slices.DeleteFunc(theirs, func(snap Snapshot) bool { return len(in.Datasets) > 0 && !slices.Contains(in.Datasets, snap.Dataset) })
	if theirs, err = s.notForgotten(ctx, theirs); err != nil {
		return x, err
	}
	theirs, clash, err := s.placed(ctx, theirs, in.Own)
	if err != nil {
		return x, err
	}
	for group := range inGroups(theirs) {
		if err := s.receive(ctx, f, group, &x); err != nil {
			return x, err
		}
	}
	return x, clash // all the others are here
}

const groupBytes = 64 << 20

// inGroups puts small snapshots together, so that many of them do not cost a question each.
func inGroups(snaps []Snapshot) iter.Seq[[]Snapshot] {
	return func(yield func([]Snapshot) bool) {
		var size int64
		start := 0
		for i, snap := range snaps {
			if size += snap.Size; size < groupBytes && i+1 < len(snaps) {
				continue
			}
			if !yield(snaps[start : i+1]) {
				return
			}
			start, size = i+1, 0
		}
	}
}

// send copies everything that the snapshots stand on, their trees after the files, and
// writes down that they are there last.
func (s *Service) send(ctx context.Context, f *there, group []Snapshot, x *Exchanged) error {
	all, err := s.standOn(ctx, f, group)
	if err != nil {
		return err
	}
	for _, wave := range [][]ref.Digest{all.files, all.nodes} {
		m, err := f.Objects.Send(ctx, s.opts.Store, wave)
		x.Moved.Add(m)
		if err != nil {
			return notCopied(group, err)
		}
	}
	return f.noteAll(ctx, group, x)
}

func notCopied(group []Snapshot, err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	what := group[0].Ref()
	if len(group) > 1 {
		what += " to " + group[len(group)-1].Ref()
	}
	return errs.New(errs.KindOf(err), "%s: not copied: %w", what, err).WithHint("%s", errs.HintOf(err))
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

// objectsOf are the objects that snapshots stand on: those that trees are written in, and the rest.
type objectsOf struct{ nodes, files []ref.Digest }

func (o objectsOf) digests() []ref.Digest { return slices.Concat(o.files, o.nodes) }

func (s *Service) standOn(ctx context.Context, f *there, group []Snapshot) (all objectsOf, err error) {
	each := make([]objectsOf, len(group))
	err = eachSnapshot(ctx, group, func(ctx context.Context, i int) (err error) {
		each[i], err = s.standsOn(ctx, f, group[i])
		return err
	})
	for _, one := range each {
		all.nodes, all.files = append(all.nodes, one.nodes...), append(all.files, one.files...)
	}
	return all, err
}

// standsOn lists a snapshot's objects; either side may have its tree. Without a remote
// only what is here counts.
func (s *Service) standsOn(ctx context.Context, f *there, snap Snapshot) (o objectsOf, err error) {
	o.nodes, o.files, err = store.TreeObjects(ctx, snap.Tree, s.sourcesOf(f)...)
	if err != nil {
		return o, errs.New(errs.KindOf(err), "%s: %w", snap.Ref(), err).WithHint("%s", errs.HintOf(err))
	}
	o.files = append(o.files, snap.beside()...)
	return o, nil
}

// beside are the objects that a snapshot stands on and that are not in its tree.
func (snap Snapshot) beside() (list []ref.Digest) {
	if snap.Git != nil && !snap.Git.Diff.IsZero() {
		list = append(list, snap.Git.Diff)
	}
	if !snap.Profile.IsZero() {
		list = append(list, snap.Profile)
	}
	return list
}

// sourcesOf are where trees are read from: here, and on a remote where there is one.
func (s *Service) sourcesOf(f *there) []store.Source {
	if f == nil {
		return []store.Source{s.opts.Store.TreeSource}
	}
	return []store.Source{s.opts.Store.TreeSource, f.Objects.TreeSource}
}

// notForgotten leaves out what was given up here.
func (s *Service) notForgotten(ctx context.Context, all []Snapshot) (list []Snapshot, err error) {
	gone, err := s.forgottenIDs(ctx)
	return slices.DeleteFunc(all, func(snap Snapshot) bool { return gone[snap.ID] }), err
}

// adopt records a snapshot that was taken elsewhere, under its own id, or what more of it has come.
func (s *Service) adopt(ctx context.Context, snap Snapshot, x *Exchanged) error {
	if old, err := s.Find(ctx, snap.ID); err == nil {
		return s.nowHere(ctx, old, snap.Fetched)
	} else if !notFound(err) {
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
func (s *Service) Pull(ctx context.Context, remote, name string, number int, force bool) (CheckedOut, Exchanged, error) {
	x, err := s.Fetch(ctx, Exchange{Remote: remote, Datasets: []string{name}})
	if err != nil {
		return CheckedOut{}, x, err
	}
	if _, err := s.Get(ctx, name); notFound(err) {
		return CheckedOut{}, x, knowsNo(x.Remote, name)
	}
	done, err := s.CheckoutWith(ctx, name, number, Bring{Force: force})
	if bad := x.lacking(); err != nil && bad != nil {
		err = errs.New(errs.Corrupt, "%w; %w", err, bad).WithHint("%s", errs.HintOf(bad))
	}
	return done, x, err
}
