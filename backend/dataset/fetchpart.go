package dataset

import (
	"context"
	"slices"

	"rondo/backend/dataset/far"
	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/index"
	"rondo/backend/ref"
	"rondo/backend/store"
)

// Part asks for one snapshot, or some of its files, to be copied from a remote.
type Part struct {
	Remote  string   `json:"remote,omitempty"` // empty: the only one
	Dataset string   `json:"dataset"`
	Number  int      `json:"number,omitempty"` // 0: the one that the pointer names, or the latest
	Paths   []string `json:"paths,omitempty"`  // files and folders in the dataset; empty: all
}

// FetchPart copies one snapshot, or the list of its files and the content of some of them.
// What came is on record only once all of it is here; what a transfer that was cut off has
// brought stays, and the same call goes on from there.
func (s *Service) FetchPart(ctx context.Context, in Part) (x Exchanged, err error) {
	ctx, work := s.followFar(ctx, "fetch", []string{in.Dataset})
	defer work.stop()
	f, err := s.remote(ctx, in.Remote, false)
	if err != nil {
		return x, err
	}
	defer f.Close()
	return s.fetchPart(ctx, work, f, in)
}

func (s *Service) fetchPart(ctx context.Context, work farWork, f *there, in Part) (x Exchanged, err error) {
	x.Remote = f.Remote
	work.moves(f)
	snap, err := s.meantBy(ctx, f, in)
	x.Unread = f.unread
	if err != nil {
		return x, f.orUnread(err)
	}
	if snap.Fetched, err = s.receivePart(ctx, f, snap, in.Paths, &x); err != nil {
		return x, err
	}
	if snap.InPart() {
		fault.Point("dataset.came")
		err = s.adopt(ctx, snap, &x)
	} else {
		err = s.receive(ctx, f, []Snapshot{snap}, &x)
	}
	if err != nil {
		return x, err
	}
	now, err := s.Find(ctx, snap.ID)
	if notFound(err) && len(x.Damaged) > 0 {
		return x, nil // nothing of it is here
	}
	x.Part = &now
	return x, err
}

// PullPart fetches a part of a snapshot and checks that out. Nothing beside it changes.
func (s *Service) PullPart(ctx context.Context, in Part, force bool) (CheckedOut, Exchanged, error) {
	x, err := s.FetchPart(ctx, in)
	if err != nil {
		return CheckedOut{}, x, err
	}
	done, err := s.CheckoutWith(ctx, in.Dataset, x.Part.Number, Bring{Force: force, Paths: in.Paths})
	return done, x, err
}

// receivePart brings the tree and the content of the paths, and returns them as the snapshot
// has them; none where they are all of it, which then is still to come.
func (s *Service) receivePart(ctx context.Context, f *there, snap Snapshot, paths []string, x *Exchanged) ([]string, error) {
	if len(paths) == 0 {
		return nil, nil
	}
	m, err := s.opts.Store.ReceiveTree(ctx, f.Objects, snap.Tree)
	x.Moved.Add(m)
	if err != nil {
		return nil, notCopied([]Snapshot{snap}, err)
	}
	l, err := s.listing(ctx, Dataset{Path: snap.Path}, snap.Tree, snap.Single)
	if err != nil {
		return nil, err
	}
	part, err := choose(ctx, l, snap.Path, snap, paths)
	if err != nil || part == nil {
		return nil, err
	}
	wanted, rest, err := s.contents(ctx, f, snap, l, portionOf(part))
	if err != nil || !rest {
		return nil, err
	}
	m, lost, err := s.opts.Store.ReceiveSound(ctx, f.Objects, append(wanted, snap.beside()...))
	x.Moved.Add(m)
	if err != nil {
		return nil, notCopied([]Snapshot{snap}, err)
	}
	if len(lost) == 0 {
		return part, nil
	}
	return s.soundOf(ctx, f, snap, part, lost, x)
}

// contents are the digests of a part's files; rest says whether content beside it is not here.
func (s *Service) contents(ctx context.Context, f *there, snap Snapshot, l *store.Listing, p portion) (wanted []ref.Digest, rest bool, err error) {
	var lacks fewOf
	for file, err := range l.All(ctx) {
		if err != nil {
			return nil, false, err
		}
		here := s.opts.Store.Has(file.Digest)
		if !p.has(file.Path) {
			rest = rest || !here
			continue
		}
		wanted = append(wanted, file.Digest)
		if !here && !f.Objects.There(file.Digest) {
			lacks.add(file)
		}
	}
	if lacks.count > 0 {
		err = errs.New(errs.NotFound, "the remote %s lacks %s", f.Name, lacks).
			WithHint("take another remote (--remote), or have %s pushed there by who has it: rondo data push %s", snap.Ref(), snap.Dataset)
	}
	return wanted, rest, err
}

// meantBy finds the snapshot that is asked for, among those that are known here, else among
// those of the remote.
func (s *Service) meantBy(ctx context.Context, f *there, in Part) (snap Snapshot, err error) {
	if in.Number < 0 {
		return snap, errs.New(errs.Invalid, "%d is no snapshot's number", in.Number)
	}
	d, err := s.Get(ctx, in.Dataset)
	if err != nil && !notFound(err) {
		return snap, err
	}
	if d.Count > 0 {
		ours, err := s.chosen(ctx, []string{d.Name})
		if err != nil {
			return snap, err
		}
		if snap, err = s.pick(ctx, d, in.Number, ours, f); !notFound(err) {
			snap.Path = d.Path // where the dataset is now
			return snap, err
		}
	}
	theirs, err := f.readable(ctx, []string{in.Dataset})
	if err == nil {
		theirs, err = s.notForgotten(ctx, theirs)
	}
	if err != nil {
		return snap, err
	}
	if d.Path == "" && len(theirs) == 0 {
		return snap, knowsNo(f.Remote, in.Dataset)
	}
	if d.Path == "" {
		d = Dataset{Name: in.Dataset, Path: theirs[len(theirs)-1].Path}
	}
	return s.pick(ctx, d, in.Number, theirs, f)
}

// pick chooses a snapshot by its number, by the pointer, or the latest of them.
func (s *Service) pick(ctx context.Context, d Dataset, number int, list []Snapshot, f *there) (Snapshot, error) {
	is, what := func(Snapshot) bool { return true }, "a snapshot of "+d.Name
	if number > 0 {
		is, what = func(snap Snapshot) bool { return snap.Number == number }, Ref(d.Name, number)
	} else if p, err := s.pointer(ctx, d.Path); err != nil {
		return Snapshot{}, err
	} else if p != nil {
		is, what = func(snap Snapshot) bool { return snap.ID == p.ID }, Ref(p.Dataset, p.Number)+", which "+d.Path+pointerSuffix+" names"
	}
	for _, snap := range slices.Backward(list) {
		if is(snap) {
			return snap, nil
		}
	}
	return Snapshot{}, errs.New(errs.NotFound, "neither this project nor the remote %s has %s", f.Name, what).
		WithHint("`rondo data remote-status` shows what each has; who has it pushes it: rondo data push %s", d.Name)
}

func knowsNo(r far.Remote, name string) error {
	return errs.New(errs.NotFound, "neither this project nor the remote %s has a dataset called %q", r.Name, name).
		WithHint("`rondo data remote-status` shows what each has; who has it pushes it: rondo data push %s", name)
}

// unknownBoth says that of a dataset, or that it was removed here.
func (s *Service) unknownBoth(ctx context.Context, f *there, name string) error {
	if err := s.opts.Ledger.View(ctx, func(tx *index.Tx) error { return hidden(tx, name) }); err != nil {
		return err
	}
	return f.orUnread(knowsNo(f.Remote, name))
}

// pathsIn are the names after the first that are paths in it; none where all are datasets.
func (s *Service) pathsIn(ctx context.Context, f *there, theirs []Snapshot, names []string) (paths []string, err error) {
	ours, err := s.List(ctx)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, d := range ours {
		known[d.Name] = true
	}
	for _, snap := range theirs {
		known[snap.Dataset] = true
	}
	for i, name := range names {
		if i > 0 && !known[name] {
			paths = append(paths, name)
		}
	}
	switch {
	case len(names) > 0 && !known[names[0]]:
		return nil, s.unknownBoth(ctx, f, names[0])
	case len(paths) > 0 && len(paths)+1 < len(names):
		return nil, errs.New(errs.Invalid, "some of these are datasets, and %s is none", paths[0]).
			WithHint("fetch datasets in one call, and paths in one of them in another; ./%s is always a path", names[1])
	}
	return paths, nil
}
