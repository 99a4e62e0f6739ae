package dataset

import (
	"context"
	"net/url"
	"time"

	"rondo/backend/errs"
)

// Update asks the origin of a dataset's latest snapshot anew.
func (s *Service) Update(ctx context.Context, name string, in Update) (Imported, error) {
	snap, err := s.origin(ctx, name)
	if err != nil {
		return Imported{}, err
	}
	o := *snap.Origin
	if o.Project != "" {
		return s.updateProject(ctx, name, snap, in)
	}
	u, err := checkURL(o.URL)
	if err != nil {
		return Imported{}, err
	}
	in.Inside = in.Inside || o.Inside
	if err := s.noWork(ctx, name, in); err != nil {
		if got, is := s.cutOff(ctx, name, u, in); is {
			return s.updateOn(ctx, name, got, in)
		}
		return Imported{}, err
	}
	got, err := s.download(ctx, u, o, in)
	if err != nil || got.same {
		return Imported{Snapshot: snap}, err
	}
	d, err := s.Get(ctx, name)
	if err != nil {
		return Imported{}, err
	}
	if err := s.place(got, d.Path); err != nil {
		return Imported{}, err
	}
	return s.imported(ctx, name, got)
}

// noWork refuses to overwrite what no snapshot has.
func (s *Service) noWork(ctx context.Context, name string, in Update) error {
	if in.Force {
		return nil
	}
	st, err := s.Status(ctx, name)
	if err != nil || len(st.Changed)+len(st.Added)+len(st.Removed) == 0 {
		return err
	}
	return errs.New(errs.Conflict, "%s holds work that no snapshot has", st.Path).
		WithHint("take a snapshot first: rondo data snapshot %s; or overwrite it: rondo data update %s --force", name, name)
}

// cutOff finds that what looks like work is what an update fetched, which ended before its snapshot.
func (s *Service) cutOff(ctx context.Context, name string, u *url.URL, in Update) (got downloaded, is bool) {
	d, err := s.Get(ctx, name)
	if err != nil {
		return got, false
	}
	got.file = s.partAt(u)
	p := s.unfinished(got.file, u)
	if sum, err := s.sum(d.Path); err != nil || p.Placed.IsZero() || sum != p.Placed {
		return got, false
	}
	got.origin = Origin{URL: p.URL, ETag: p.ETag, Modified: p.Modified, Inside: in.Inside, At: s.opts.Now().UTC().Truncate(time.Second)}
	return got, true
}

// updateOn ends an update that was cut off, and asks whether there is something newer still.
func (s *Service) updateOn(ctx context.Context, name string, got downloaded, in Update) (Imported, error) {
	if x, err := s.imported(ctx, name, got); err != nil {
		return x, err
	}
	x, err := s.Update(ctx, name, in)
	x.New = true
	return x, err
}

// updateProject looks whether the other project has a newer snapshot of the dataset. One that was
// taken over, and whose files were not brought any more, is checked out.
func (s *Service) updateProject(ctx context.Context, name string, snap Snapshot, in Update) (Imported, error) {
	theirs, id, err := findIn(ctx, snap.Origin.Folder, snap.Origin.Dataset)
	if err != nil {
		return Imported{}, err
	}
	if id != snap.Origin.Project {
		return Imported{}, errs.New(errs.Conflict, "%s is another project now", snap.Origin.Folder).WithHint("import from it anew: rondo data import %s %s", snap.Origin.Folder, snap.Origin.Dataset)
	}
	if theirs.ID != snap.Origin.Snapshot {
		if err := s.noWork(ctx, name, in); err != nil {
			return Imported{}, err
		}
		return s.adoptFrom(ctx, name, snap.Origin.Folder, id, theirs, in.Force)
	}
	d, err := s.Get(ctx, name)
	if err == nil && d.Latest != nil && d.Latest.ID == snap.ID {
		_, err = s.Checkout(ctx, name, snap.Number, in.Force)
	}
	return Imported{Snapshot: snap}, err
}
