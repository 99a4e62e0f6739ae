package dataset

import (
	"context"
	"errors"
	"sync"

	"rondo/backend/dataset/background"
	"rondo/backend/dataset/profile"
	"rondo/backend/dataset/table"
	"rondo/backend/errs"
	"rondo/backend/store"
)

// making is a profile that is being made, at most once at a time.
type making struct {
	ended  chan struct{}
	hurry  chan struct{} // closed when somebody waits for it: it gives way no more
	waited sync.Once
}

// claim says that the caller makes a snapshot's profile, or who does.
func (s *Service) claim(id string) (m *making, mine bool) {
	fresh := &making{ended: make(chan struct{}), hurry: make(chan struct{})}
	known, there := s.profiling.LoadOrStore(id, fresh)
	return known.(*making), !there
}

func (s *Service) release(id string, m *making) {
	s.profiling.Delete(id)
	close(m.ended)
}

// makeBehind makes a profile that nobody waits for yet.
func (s *Service) makeBehind(snap Snapshot, f facts) error {
	m, mine := s.claim(snap.ID)
	if !mine {
		return nil
	}
	defer s.release(snap.ID, m)
	_, _, err := s.makeProfile(background.In(s.stopped, &s.foreground, m.hurry), snap, f)
	return err
}

// makeOnce makes a profile that somebody waits for, or waits for whoever makes it already.
func (s *Service) makeOnce(ctx context.Context, snap Snapshot) (Profile, error) {
	for {
		m, mine := s.claim(snap.ID)
		if mine {
			defer s.release(snap.ID, m)
			p, _, err := s.makeProfile(ctx, snap, facts{tables: 1, odd: true}) // which is not known
			return p, err
		}
		if p, err := s.wait(ctx, m, snap.ID); !p.lost(s.headerOf(snap.Dataset), err) {
			return p, err
		}
	}
}

// wait returns the profile that somebody else makes.
func (s *Service) wait(ctx context.Context, m *making, id string) (Profile, error) {
	m.waited.Do(func() { close(m.hurry) })
	select {
	case <-m.ended:
	case <-ctx.Done():
		return Profile{}, ctx.Err()
	}
	snap, err := s.Find(ctx, id)
	if err != nil {
		return Profile{}, err
	}
	if snap.Profile.IsZero() { // whoever made it has failed
		return Profile{}, errs.New(errs.NotFound, "%s has no profile", snap.Ref())
	}
	return s.recorded(ctx, snap)
}

// reading is the reading of a snapshot's tables, which tells how far it has come.
type reading struct {
	*Service
	snap   Snapshot
	tables []store.TreeFile
	header table.Header
	count  store.Count
	of     total
}

func (s *Service) reading(snap Snapshot, tables []store.TreeFile) *reading {
	r := &reading{Service: s, snap: snap, tables: tables, header: s.headerOf(snap.Dataset)}
	for _, f := range tables {
		r.of.more(1, f.Size)
	}
	return r
}

// table summarises one table. A file that is none is no error: it has a Problem.
func (r *reading) table(ctx context.Context, f store.TreeFile) (profile.Table, error) {
	if err := r.whatCame(r.snap, f); err != nil {
		return profile.Table{}, err
	}
	done := r.count.Bytes.Load() + f.Size
	defer func() { // some formats need not every byte, or one twice
		r.count.Bytes.Store(done)
		r.count.Add(1, 0)
	}()
	t, err := profile.Summarise(ctx, table.File{Path: f.Path, Header: r.header}, counting(&r.count, f.Path, r.opener(ctx, f.Digest)))
	if errors.Is(err, table.ErrNotTable) {
		return profile.Table{Path: f.Path, Header: r.header, Columns: []profile.Column{}, Associations: []profile.Association{}, Form: profile.Form, Problem: err.Error()}, nil
	}
	return t, err
}
