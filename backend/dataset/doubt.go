package dataset

import (
	"cmp"
	"context"
	"fmt"

	"rondo/backend/errs"
	"rondo/backend/store"
)

// damage is what a stop of the machine, or a failing disk, has left of a checkout.
type damage struct {
	of    *unsettled
	path  string
	files []string // at most maxNamed of those that are not as the snapshot has them
	count int
}

// damaged compares what lies at a dataset's path with the checkout that the disk may not
// have. Nil where there is none, or where all is as it was to be: then the note has gone.
// So it has where all is as it was before, since then nothing was touched.
func (s *Service) damaged(ctx context.Context, d Dataset, c content) (*damage, error) {
	doubts := s.doubts(d.Path)
	if len(doubts) == 0 {
		return nil, nil
	}
	for _, u := range doubts {
		if u.Was == c.digest() {
			s.settled(doubts...)
			return nil, nil
		}
	}
	last := doubts[len(doubts)-1]
	want, err := s.listing(ctx, d, last.Tree, last.Single)
	if err != nil {
		return nil, err
	}
	dmg := &damage{of: last, path: d.Path}
	err = store.Differences(ctx, want, c.list, func(one store.Difference) error {
		if one.To == nil && c.rules.Leaves(one.Path()) {
			return nil // it was not looked at
		}
		if dmg.count++; len(dmg.files) < maxNamed {
			dmg.files = append(dmg.files, place(d.Path, last.Single && c.single, one.Path()))
		}
		return nil
	})
	if err == nil && dmg.count == 0 {
		s.settled(doubts...)
		return nil, nil
	}
	return dmg, err
}

// Error says it in words; the way out is its hint.
func (m *damage) err() error {
	return errs.New(errs.Conflict, "%s", m.text()).
		WithHint("bring them back: rondo data checkout --force %s; or, if they are meant to be as they are: rondo data snapshot --force %s", m.of.Ref(), m.of.Dataset)
}

func (m *damage) text() string {
	return fmt.Sprintf("%s, and these files are not as it has them: %s", m.of.Stopped, firstNamed(m.files, m.count))
}

// tell puts the damage into a status.
func (s *Service) tell(ctx context.Context, d Dataset, c content, st *Status) error {
	dmg, err := s.damaged(ctx, d, c)
	if dmg != nil && err == nil {
		st.State, st.Damaged = Changed, dmg.files
		st.Text = dmg.text() + "; `rondo data checkout --force " + dmg.of.Ref() + "` brings them back"
		return nil
	}
	if err == nil && c.lost.count > 0 {
		st.State, st.Damaged = Changed, c.lost.places(d, c.single)
		st.Text = lostText(d, c) + "; `" + s.bringBack(ctx, d, c) + "` brings back what that snapshot has"
	}
	return err
}

// meant refuses to take files that a stop of the machine, or a disk, has damaged for what somebody
// wanted to have, unless that is said.
func (s *Service) meant(ctx context.Context, d Dataset, c content, in Take) error {
	if in.meant() {
		return nil
	}
	dmg, err := s.damaged(ctx, d, c)
	if dmg != nil && err == nil {
		err = dmg.err()
	}
	return cmp.Or(err, s.lostError(ctx, d, c))
}

// meant reports whether the files are known to be as somebody wants them.
func (in Take) meant() bool {
	return in.Force || in.origin != nil // what was just fetched has replaced all
}

// Sound refuses with Conflict where a dataset's files, at a path that reads says matters,
// are damaged by a stop of the machine or a disk: what is made of them would be wrong.
func (s *Service) Sound(ctx context.Context, reads func(path string) bool) error {
	all, err := s.List(ctx)
	if err != nil {
		return err
	}
	for _, d := range all {
		if !reads(d.Path) || len(s.doubts(d.Path)) == 0 && !s.unsure(d) {
			continue
		}
		if err := s.sound(ctx, d); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) sound(ctx context.Context, d Dataset) error {
	defer s.lock(d.Name)()
	m := s.memory(d.Name)
	defer m.close()
	c, err := s.look(ctx, m, d.Path, nil)
	if notFound(err) {
		return nil // nothing of it is there to be taken for right
	}
	if err != nil {
		return err
	}
	s.save(m, d.Name)
	return s.meant(ctx, d, c, Take{})
}
