package dataset

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/journal"
	"rondo/backend/ref"
	"rondo/backend/store"
)

// mentions are what the project's own files and records hold.
type mentions struct {
	roots   map[ref.Digest]bool   // every digest
	trees   map[ref.Digest]string // those of snapshots' lists of files, with the id of one
	devices writers
}

func (m mentions) add(d ref.Digest) { m.roots[d] = true }

// hear takes a record. What of it is none is told by whoever applies it.
func (m mentions) hear(r journal.Record) error {
	var snap Snapshot
	if r.Kind == "snapshot.create" && json.Unmarshal(r.Data, &snap) == nil {
		m.trees[snap.Tree] = r.ID
	}
	return errors.Join(store.Mentions(bytes.NewReader(r.Data), m.add), store.Mentions(strings.NewReader(r.ID), m.add))
}

// allListed refuses where the list of a snapshot's files is not here, or a part of one of any tree: a
// synchroniser may be bringing it, and what it names would go before it comes.
func (s *Service) allListed(ctx context.Context, m mentions, needed *store.Needed) error {
	for _, d := range needed.Absent() {
		if id, tree := m.trees[d]; tree {
			return notListed(d, s.refOf(ctx, id))
		}
	}
	for _, d := range needed.Unlisted() {
		return notListed(d, "a folder")
	}
	return nil
}

func notListed(d ref.Digest, of string) error {
	return errs.New(errs.Precondition, "what is needed cannot be told, because the list of the files of %s is not here whole (object %s)", of, d.Short()).
		WithHint("bring it back first: rondo data repair; where devices synchronise the folder, it may still be on its way; once it is lost for good: rondo data gc --force")
}

func (s *Service) refOf(ctx context.Context, id string) string {
	snap, err := s.Find(ctx, id)
	if err != nil {
		return "the snapshot " + id
	}
	return snap.Ref()
}

// mentioned returns every digest that the project's own files and records hold.
func (s *Service) mentioned(ctx context.Context) (m mentions, err error) {
	m = mentions{roots: map[ref.Digest]bool{}, trees: map[ref.Digest]string{}, devices: writers{}}
	if err := s.inRecords(ctx, m); err != nil {
		return m, err
	}
	names := []string{"rondo.lock", "rondo.yaml"}
	all, err := s.List(ctx)
	if err != nil {
		return m, err
	}
	for _, d := range all {
		names = append(names, d.Path+pointerSuffix)
	}
	for _, at := range s.pointers(ctx) { // also of what no record tells of, which may have been lost
		names = append(names, at+pointerSuffix)
	}
	for _, name := range names {
		if err := s.inFile(ctx, name, m.add); err != nil {
			return m, err
		}
	}
	for _, d := range s.unsettledTrees() {
		m.add(d)
	}
	return m, s.inPrivate(ctx, m.add)
}

func (s *Service) inRecords(ctx context.Context, m mentions) error {
	journals := filepath.Join(s.opts.Dir, ".rondo", "journal")
	forgotten, err := s.forgottenByAll(ctx, journals)
	if err != nil {
		return err
	}
	damaged, err := journal.Walk(journals, func(r journal.Record) error {
		m.devices.hear(r)
		if ofSnapshot(r) && forgotten[r.ID] {
			return ctx.Err()
		}
		return errors.Join(m.hear(r), ctx.Err())
	})
	if err == nil && len(damaged) > 0 {
		err = errs.New(errs.Precondition, "what is needed cannot be told, because a record is damaged: %w", damaged[0]).
			WithHint("put the journal back from a backup or another device first; `rondo fsck` names the file")
	}
	return err
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
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			return untold(p, err)
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
		return untold(name, err)
	}
	defer f.Close()
	return store.Mentions(whileIn{ctx, f}, add)
}

// untold says that a file or folder may name what is needed, and keeps that to itself.
func untold(name string, err error) error {
	return errs.New(errs.Precondition, "what is needed cannot be told, because %s cannot be read: %w", name, err).
		WithHint("see whether you may read it; nothing was removed")
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
