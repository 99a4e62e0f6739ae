package dataset

import (
	"context"

	"rondo/backend/project"
)

// Another copy of this project, such as the one that it was cloned from, has its snapshots
// already. One that comes from there is the same snapshot and no new one, so that the pointer
// which git brought names it.

func (s *Service) isThisProject(id string) bool {
	p, err := project.Find(s.opts.Dir)
	return err == nil && p.ID == id
}

// fromCopy brings a snapshot, under its own id, and its files. Files that no snapshot has stay,
// unless in says that they may go.
func (s *Service) fromCopy(ctx context.Context, in Import, id string, theirs Snapshot) (Imported, error) {
	if err := s.copyFrom(ctx, theirs.Dataset, in.From, id, theirs, theirs.beside()...); err != nil {
		return Imported{}, err
	}
	theirs.Fetched = nil // all of it has come
	var x Exchanged
	if err := s.adopt(ctx, theirs, &x); err != nil {
		return Imported{}, err
	}
	snap, err := s.Find(ctx, theirs.ID)
	if err == nil {
		snap, err = s.Checkout(ctx, snap.Dataset, snap.Number, in.Force)
	}
	if err == nil {
		snap, err = s.profiled(ctx, snap, facts{tables: 1, tableSize: snap.Size, odd: true})
	}
	return Imported{Snapshot: snap, New: x.New > 0}, err
}
