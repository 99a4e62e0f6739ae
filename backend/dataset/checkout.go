package dataset

import (
	"context"

	"rondo/backend/errs"
	"rondo/backend/store"
)

// Checkout makes the dataset's path what a snapshot holds: number 0 means the one that
// the pointer names, which git may just have changed. Work that no snapshot has is not
// overwritten unless force says so. Until every file is verified and staged, nothing of
// the path is touched; a program that is killed after that leaves files of both versions,
// and the same checkout again ends it. The answer means that the files are there: the disk
// has them a moment later, and where the machine stops before that it is noticed (see
// unsettled).
func (s *Service) Checkout(ctx context.Context, name string, number int, force bool) (Snapshot, error) {
	done, err := s.CheckoutWith(ctx, name, number, Bring{Force: force})
	return done.Snapshot, err
}

// Bring says how a snapshot is checked out.
type Bring struct {
	Force bool         // overwrite work that no snapshot has
	Paths []string     // of files and folders in the dataset; empty: all of it
	Count *store.Count // how far it has come, if somebody wants to know
}

// CheckedOut is a snapshot that was brought back, but for the files that were left as they were.
type CheckedOut struct {
	Snapshot
	Left []string `json:"left,omitempty"` // files in whose places something lies that .rondoignore leaves out
}

// CheckoutWith is Checkout with more to say. Where it names paths, nothing else changes, and
// neither does the pointer, unless neither it nor any file was there.
func (s *Service) CheckoutWith(ctx context.Context, name string, number int, how Bring) (done CheckedOut, err error) {
	d, err := s.get(ctx, name)
	if err != nil {
		return done, err
	}
	unlock := s.lock(name)
	p, err := s.checkout(ctx, d, number, how, &done)
	switch {
	case p == nil || p.later == nil:
		unlock()
	case err != nil:
		unlock()
		s.background.Go(func() { p.later.end(false) })
	default:
		p.later.finish(name, p, unlock)
	}
	return done, err
}

// checkout does so, but for what can be done when it is answered.
func (s *Service) checkout(ctx context.Context, d Dataset, number int, how Bring, done *CheckedOut) (*plan, error) {
	snap, err := s.wanted(ctx, d, number)
	if err != nil {
		return nil, err
	}
	snap.Path = d.Path // where the dataset is now
	done.Snapshot = snap
	p, err := s.planCheckout(ctx, d, snap, how)
	if err != nil {
		return nil, err
	}
	done.Left = p.leftAsIs()
	if !p.idle {
		if p.later, err = s.beginSettling(d, snap, p); err != nil {
			return p, err
		}
	}
	stop := s.follow("checkout", d.Name, p.count, &p.of)
	err = s.carryOut(ctx, p)
	stop()
	if err == nil && (p.part == nil || s.nothingAt(ctx, d, p)) {
		err = s.point(snap)
	}
	if err == nil && p.later == nil {
		s.note(ctx, d.Name, p) // which costs only time if it fails
	}
	return p, err
}

// nothingAt reports whether neither files nor a pointer were at the path.
func (s *Service) nothingAt(ctx context.Context, d Dataset, p *plan) bool {
	named, err := s.pointer(ctx, d.Path)
	return p.there.Files == 0 && named == nil && err == nil
}

// wanted is the snapshot to check out.
func (s *Service) wanted(ctx context.Context, d Dataset, number int) (Snapshot, error) {
	if number < 0 {
		return Snapshot{}, errs.New(errs.Invalid, "%d is no snapshot's number", number)
	}
	if number > 0 {
		return s.Find(ctx, Ref(d.Name, number))
	}
	p, err := s.pointer(ctx, d.Path)
	if err != nil {
		return Snapshot{}, err
	}
	if p == nil {
		return s.Find(ctx, d.Name)
	}
	snap, err := s.Find(ctx, p.ID)
	if notFound(err) {
		return snap, errs.New(errs.NotFound, "%s%s points at snapshot %s, which this project does not have", d.Path, pointerSuffix, Ref(p.Dataset, p.Number)).
			WithHint("fetch it from a remote that has it (rondo data fetch), or copy .rondo from where it was taken; where devices synchronise the folder, it may still be on its way")
	}
	return snap, err
}
