package dataset

import (
	"context"
	"errors"
	"slices"
	"strings"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/folder"
	"rondo/backend/ref"
)

// settling is a checkout on its way to the disk. The nil settling is one that waits for
// the disk before it answers.
type settling struct {
	s       *Service
	u       *unsettled
	whole   *atomicfile.Whole
	noted   chan struct{} // closed when the note is durable, or cannot be
	err     error         // of it
	touched bool          // something at the path may be other than before
	before  []*unsettled  // notes that this checkout makes good
}

// beginSettling notes, beside the staging, that the disk will not be waited for. Where the
// system does not say which of its starts this is, a stop could not be told, so it is; and
// so it is for a part of a snapshot, after which the path is like no snapshot.
func (s *Service) beginSettling(d Dataset, snap Snapshot, p *plan) (*settling, error) {
	if s.opts.Boot == "" || !atomicfile.Early || p.part != nil {
		return nil, nil
	}
	whole, err := atomicfile.OpenWhole(s.opts.Dir)
	if err != nil {
		return nil, errs.Unwritten(d.Path, err)
	}
	g := &settling{s: s, whole: whole, noted: make(chan struct{}), before: s.doubts(d.Path), u: &unsettled{
		Format: unsettledFormat, ID: ref.NewID(), Dataset: d.Name, Path: d.Path, Folder: s.opts.Dir,
		Number: snap.Number, Tree: snap.Tree, Single: snap.Single, Boot: s.opts.Boot, At: s.opts.Now().UTC(),
	}}
	if p.there.Files > 0 {
		g.u.Was = p.there.Digest()
	}
	s.remember(g.u)
	go func() {
		defer close(g.noted)
		g.err = s.keepUnsettled(g.u)
	}()
	return g, nil
}

// ready waits for the note, after which the path may be touched.
func (g *settling) ready() error {
	if g == nil {
		return nil
	}
	<-g.noted
	if g.err != nil {
		return errs.Unwritten("the note of the checkout in "+g.s.opts.Device, g.err)
	}
	g.touched = true
	return nil
}

// end lets the disk have what there is, and then removes the note. Where the checkout came
// to its end, so did what was wrong before it.
func (g *settling) end(whole bool) {
	<-g.noted
	var err error
	if g.touched {
		err = g.whole.Sync()
	}
	fault.Point("dataset.settled")
	if err = errors.Join(err, g.whole.Close()); err != nil {
		g.s.unsettling(g.u, err)
		return
	}
	if g.drop(g.u); whole {
		g.drop(g.before...)
	}
}

func (g *settling) drop(list ...*unsettled) { g.s.settled(list...) }

// resume goes on with what was on its way to the disk when the program last ended. Where
// only the program had ended, the system still has every byte.
func (s *Service) resume() error {
	list, err := s.readUnsettled()
	if err != nil {
		return errs.New(errs.Unavailable, "read what this device notes of checkouts: %w", err)
	}
	for _, u := range list {
		switch {
		case s.elsewhere(u):
		case u.Stopped != "":
			s.remember(u)
		case u.Boot == s.opts.Boot:
			s.settleAgain(u)
		default:
			s.forgetLooks()
			s.doubt(u, "the machine stopped before the checkout of "+u.Ref()+" was on the disk")
		}
	}
	return nil
}

// settleAgain is for a note whose program was killed.
func (s *Service) settleAgain(u *unsettled) {
	s.remember(u)
	s.background.Go(func() {
		if err := atomicfile.SyncAll(s.opts.Dir); err != nil {
			s.unsettling(u, err)
			return
		}
		s.settled(u)
	})
}

// unsettling is what becomes of a checkout that the disk did not take. The system takes
// what it could not write for written, so it must not be asked from memory any more.
func (s *Service) unsettling(u *unsettled, why error) {
	defer s.lock(u.Dataset)()
	s.forgetLooks()
	s.evict(u)
	s.doubt(u, "the disk failed to take the checkout of "+u.Ref()+" ("+why.Error()+")")
}

func (s *Service) evict(u *unsettled) {
	if u.Single {
		atomicfile.Evict(s.full(u.Path))
		return
	}
	rules, _ := folder.RulesAbove(s.root, u.Path)
	_ = folder.Walk(context.Background(), s.full(u.Path), nil, rules, func(b *folder.Batch) error {
		defer b.Release()
		for _, name := range b.Names {
			atomicfile.Evict(s.full(u.Path + "/" + b.Prefix + name))
		}
		return nil
	})
}

// doubt keeps the note until somebody has said what becomes of the files.
func (s *Service) doubt(u *unsettled, why string) {
	s.mu.Lock()
	now := *u
	now.Stopped = why
	s.mu.Unlock()
	s.remember(&now)
	if err := s.keepUnsettled(&now); err != nil {
		s.opts.Log.Error("that a checkout may not be on the disk could not be noted", "dataset", u.Dataset, "err", err)
	}
	s.opts.Log.Warn(why+"; `rondo data status "+u.Dataset+"` names what is damaged, `rondo data checkout --force "+u.Ref()+"` brings it back", "path", u.Path)
}

// remember holds a note that lies on the disk.
func (s *Service) remember(u *unsettled) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notes[u.ID] = u
}

// settled forgets notes.
func (s *Service) settled(list ...*unsettled) {
	for _, u := range list {
		s.removeUnsettled(u.ID)
		s.mu.Lock()
		delete(s.notes, u.ID)
		s.mu.Unlock()
	}
}

// unsettledTrees are those that may have to be brought back.
func (s *Service) unsettledTrees() (trees []ref.Digest) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, u := range s.notes {
		trees = append(trees, u.Tree)
	}
	return trees
}

// doubts are the notes of checkouts to a path which the disk may not have, oldest first.
func (s *Service) doubts(path string) (list []*unsettled) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, u := range s.notes {
		if u.Stopped != "" && u.Path == path {
			list = append(list, u)
		}
	}
	slices.SortFunc(list, func(a, b *unsettled) int { return strings.Compare(a.ID, b.ID) })
	return list
}

// finish notes how the files look, for which nobody need wait, and then lets the disk have
// them. The dataset is the caller's until they are noted.
func (g *settling) finish(name string, p *plan, unlock func()) {
	s := g.s
	s.background.Go(func() {
		s.note(context.Background(), name, p)
		unlock()
		g.end(true)
	})
}
