package dataset

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"rondo/backend/dataset/profile"
	"rondo/backend/dataset/table"
	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/store"
)

// Profile is what a snapshot's tables hold, in summary.
type Profile struct {
	Tables   []profile.Table `json:"tables"`
	Rows     int64           `json:"rows"`
	Opaque   int             `json:"opaque"`   // files that are not looked into
	Warnings []string        `json:"warnings"` // what was meant as a table and cannot be read as one, and more
}

const (
	maxTables  = 200      // of one snapshot that are profiled
	inlineSize = 16 << 20 // bytes of tables that are profiled before the snapshot is answered
	maxProfile = 256 << 20
)

// Profile returns the summary of a snapshot's tables, making it where it is missing.
func (s *Service) Profile(ctx context.Context, snap Snapshot) (Profile, error) {
	var p Profile
	if snap.Profile.IsZero() {
		fresh, err := s.Find(ctx, snap.ID)
		if err != nil {
			return p, err
		}
		snap = fresh
	}
	if snap.Profile.IsZero() {
		return s.makeOnce(ctx, snap)
	}
	p, err := s.recorded(ctx, snap)
	if !p.lost(s.headerOf(snap.Dataset), err) {
		return p, err
	}
	fresh, failed := s.makeOnce(ctx, snap) // the data tells it again, if it is here
	if failed != nil && err == nil {
		return p, nil
	}
	return fresh, failed
}

// lost reports whether what was recorded must be made anew: it is not there, damaged, or older.
func (p Profile) lost(header table.Header, err error) bool {
	return err == nil && p.older(header) || notFound(err) || errs.Is(err, errs.Corrupt)
}

// recorded is the profile that a snapshot has, which may be none.
func (s *Service) recorded(ctx context.Context, snap Snapshot) (p Profile, err error) {
	if snap.Profile.IsZero() {
		return p, nil
	}
	b, err := s.opts.Store.ReadAll(ctx, snap.Profile, maxProfile)
	if err != nil {
		return p, err
	}
	return p, json.Unmarshal(b, &p)
}

// older reports whether a profile was made before there were associations, by an earlier reader of tables, or
// when rondo.yaml said something else of their first lines.
func (p Profile) older(header table.Header) bool {
	return slices.ContainsFunc(p.Tables, func(t profile.Table) bool {
		return t.Associations == nil || t.Form < profile.Form || t.Header != header
	})
}

// profiled makes the profile at once for small tables, else in the background.
func (s *Service) profiled(ctx context.Context, snap Snapshot, f facts) (Snapshot, error) {
	if !snap.Profile.IsZero() {
		return snap, nil
	}
	if f.tableSize <= inlineSize {
		_, done, err := s.makeProfile(ctx, snap, f)
		if err != nil {
			s.opts.Log.Warn("the snapshot is taken, but not profiled", "snapshot", snap.Ref(), "err", err)
			return snap, nil
		}
		return done, nil
	}
	s.background.Go(func() {
		if err := s.makeBehind(snap, f); err != nil && s.stopped.Err() == nil {
			s.opts.Log.Warn("the snapshot is not profiled yet", "snapshot", snap.Ref(), "err", err)
		}
	})
	return snap, nil
}

// makeProfile reads the tables and records what they hold.
func (s *Service) makeProfile(ctx context.Context, snap Snapshot, f facts) (Profile, Snapshot, error) {
	p, err := s.read(ctx, snap, f)
	if err != nil {
		return p, snap, err
	}
	b, err := json.Marshal(p)
	if err != nil {
		return p, snap, err
	}
	d, err := s.opts.Store.PutBytes(ctx, b)
	if err != nil {
		return p, snap, err
	}
	_, err = s.opts.Ledger.Do(ctx, "snapshot.profile", snap.ID, func(*index.Tx) (any, error) {
		return profileMade{d, p.Rows}, nil
	})
	if err != nil {
		return p, snap, err
	}
	snap, err = s.Find(ctx, snap.ID)
	return p, snap, err
}

func (s *Service) read(ctx context.Context, snap Snapshot, known facts) (p Profile, err error) {
	p = Profile{Tables: []profile.Table{}, Warnings: []string{}}
	if known.tables == 0 && !known.odd {
		p.Opaque = snap.Files
		return p, nil
	}
	l, err := s.opts.Store.OpenListing(ctx, snap.Tree)
	if err != nil {
		return p, err
	}
	if known.odd {
		if p.Warnings, err = oddNames(ctx, snap, l); err != nil {
			return p, err
		}
	}
	tables, left, err := p.tablesOf(ctx, l)
	if err != nil {
		return p, err
	}
	if err := p.readTables(ctx, s.reading(snap, tables)); err != nil {
		return p, err
	}
	if left > 0 {
		p.Warnings = append(p.Warnings, fmt.Sprintf("%d more tables are not looked into: only the first %d are", left, maxTables))
	}
	return p, nil
}

// oddNames warns of names that are the same elsewhere, or none there.
func oddNames(ctx context.Context, snap Snapshot, l *store.Listing) ([]string, error) {
	like, err := likeNames(ctx, snap.Path, l)
	if err != nil {
		return nil, err
	}
	bad, err := windowsNames(ctx, snap.Path, l)
	return append(append([]string{}, like...), bad...), err
}

// tablesOf are the files to look into; those that are none are counted, and those too many.
func (p *Profile) tablesOf(ctx context.Context, l *store.Listing) (tables []store.TreeFile, left int, err error) {
	for f, err := range l.All(ctx) {
		switch {
		case err != nil:
			return nil, 0, err
		case !table.Is(f.Path):
			p.Opaque++
		case len(tables) >= maxTables:
			left++
		default:
			tables = append(tables, f)
		}
	}
	return tables, left, nil
}

func (p *Profile) readTables(ctx context.Context, r *reading) error {
	defer r.follow("profile", r.snap.Dataset, &r.count, &r.of)()
	for _, f := range r.tables {
		table, err := r.table(ctx, f)
		if err != nil {
			return err
		}
		if table.Problem != "" {
			p.Opaque++
			p.Warnings = append(p.Warnings, f.Path+": "+table.Problem)
		}
		if table.Faults != nil {
			p.Warnings = append(p.Warnings, f.Path+": "+table.Faults.String())
		}
		for _, note := range table.Notes {
			p.Warnings = append(p.Warnings, f.Path+": "+note)
		}
		p.Tables, p.Rows = append(p.Tables, table), p.Rows+table.Rows
	}
	return nil
}
