package dataset

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"rondo/backend/errs"
	"rondo/backend/journal"
	"rondo/backend/ref"
	"rondo/backend/store"
)

const (
	ownGrace    = time.Hour           // for a write that is going on
	sharedGrace = 30 * 24 * time.Hour // for what another device has written and not yet delivered
)

// Collect asks for objects that nobody needs to be removed.
type Collect struct {
	Dry   bool          `json:"dry_run,omitempty"`
	Grace time.Duration `json:"grace_ns,omitempty"` // 0: an hour; 30 days where several devices write to the project
	Force bool          `json:"force,omitempty"`    // with less than a day, although others write to the project
}

// Collected says what came of it.
type Collected struct {
	store.Garbage
	Next time.Time `json:"next,omitzero"`
}

// Collect removes the objects that nothing in the project mentions: no record of any
// device, no file of a run, no lock, no pointer, and no tree that one of these mentions.
// What looks like a digest counts as one, so that it errs on the side of keeping.
func (s *Service) Collect(ctx context.Context, in Collect) (c Collected, err error) {
	if in.Grace < 0 {
		return c, errs.New(errs.Invalid, "a grace of %s is no time", in.Grace)
	}
	s.collecting.Lock()
	defer s.collecting.Unlock()
	count, of := &store.Count{}, &total{}
	defer s.follow("gc", "", count, of)()
	roots, devices, err := s.mentioned(ctx)
	if err != nil {
		return c, err
	}
	if err := devices.mayLose(s.opts.Ledger.Device(), in); err != nil {
		return c, err
	}
	needed, err := s.opts.Store.ReachCounted(ctx, roots, store.Steps{Done: count, Expect: of.more})
	if err != nil {
		return c, err
	}
	if in.Grace == 0 {
		if in.Grace = ownGrace; len(devices) > 1 {
			in.Grace = sharedGrace
		}
	}
	now := s.opts.Now()
	c.Garbage, err = s.opts.Store.Collect(ctx, store.Collection{Needed: needed, Grace: in.Grace, Dry: in.Dry, Now: now, Steps: store.Steps{Done: count, Expect: of.more}})
	if c.Waiting > 0 {
		c.Next = now.Add(in.Grace)
	}
	return c, err
}

// mentioned returns every digest that the project's own files and records hold.
func (s *Service) mentioned(ctx context.Context) (map[ref.Digest]bool, writers, error) {
	roots := map[ref.Digest]bool{}
	add := func(d ref.Digest) { roots[d] = true }
	devices, err := s.inRecords(ctx, add)
	if err != nil {
		return nil, nil, err
	}
	names := []string{"rondo.lock", "rondo.yaml"}
	all, err := s.List(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, d := range all {
		names = append(names, d.Path+pointerSuffix)
	}
	for _, name := range names {
		if err := s.inFile(ctx, name, add); err != nil {
			return nil, nil, err
		}
	}
	for _, d := range s.unsettledTrees() {
		roots[d] = true
	}
	return roots, devices, s.inPrivate(ctx, add)
}

func (s *Service) inRecords(ctx context.Context, add func(ref.Digest)) (writers, error) {
	devices := writers{}
	journals := filepath.Join(s.opts.Dir, ".rondo", "journal")
	forgotten, err := s.forgottenByAll(ctx, journals)
	if err != nil {
		return nil, err
	}
	damaged, err := journal.Walk(journals, func(r journal.Record) error {
		devices.hear(r)
		if ofSnapshot(r) && forgotten[r.ID] {
			return ctx.Err()
		}
		return errors.Join(store.Mentions(bytes.NewReader(r.Data), add), store.Mentions(strings.NewReader(r.ID), add), ctx.Err())
	})
	if err == nil && len(damaged) > 0 {
		err = errs.New(errs.Precondition, "what is needed cannot be told, because a record is damaged: %w", damaged[0]).
			WithHint("put the journal back from a backup or another device first; `rondo fsck` names the file")
	}
	return devices, err
}

// forgottenByAll are the snapshots that are forgotten here and that no other device has brought
// back since, whose records came after this one was opened.
func (s *Service) forgottenByAll(ctx context.Context, journals string) (map[string]bool, error) {
	all, err := s.forgottenIDs(ctx)
	if err != nil || len(all) == 0 {
		return all, err
	}
	now := Forgotten{}
	_, err = journal.Walk(journals, func(r journal.Record) error { // damage is told by who reads what is needed
		now.Hear(r)
		return ctx.Err()
	})
	maps.DeleteFunc(all, func(id string, _ bool) bool { return !now[id] })
	return all, err
}

// inPrivate reads the files of runs, and whatever else lies in .rondo beside objects and journal.
func (s *Service) inPrivate(ctx context.Context, add func(ref.Digest)) error {
	return fs.WalkDir(s.root.FS(), ".rondo", func(p string, e fs.DirEntry, err error) error {
		switch {
		case err != nil || ctx.Err() != nil:
			return errors.Join(ctx.Err(), err)
		case e.IsDir() && (p == ".rondo/objects" || p == ".rondo/journal" || p == tmpDir):
			return fs.SkipDir
		case e.Type().IsRegular():
			return s.inFile(ctx, p, add)
		}
		return nil
	})
}

func (s *Service) inFile(ctx context.Context, name string, add func(ref.Digest)) error {
	f, err := s.root.Open(path.Clean(name))
	if missing(err) || errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return errs.New(errs.Precondition, "what is needed cannot be told, because %s cannot be read: %w", name, err).
			WithHint("see whether you may read it; nothing was removed")
	}
	defer f.Close()
	return store.Mentions(whileIn{ctx, f}, add)
}

// whileIn reads until the work is given up.
type whileIn struct {
	ctx context.Context
	io.Reader
}

func (w whileIn) Read(b []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return w.Reader.Read(b)
}
