package dataset

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/project"
	"rondo/backend/ref"
	"rondo/backend/store"
)

const (
	tmpDir      = project.TemporaryDir
	stagePrefix = "checkout-"
)

// clean removes the staging folders of checkouts that did not end, and what was half written there.
func (s *Service) clean() error {
	entries, err := fs.ReadDir(s.root.FS(), tmpDir)
	if missing(err) {
		return nil
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), stagePrefix) {
			err = errors.Join(err, s.root.RemoveAll(path.Join(tmpDir, e.Name())))
		} else if atomicfile.IsTemporary(e.Name()) {
			atomicfile.RemoveAbandoned(s.full(path.Join(tmpDir, e.Name())), s.opts.Now())
		}
	}
	return err
}

// carryOut writes all new files beside the project's, makes them durable together or notes
// durably that they are not, and only then moves them into place: a folder that was not there as a whole, else one by one.
func (s *Service) carryOut(ctx context.Context, p *plan) error {
	stage := path.Join(tmpDir, stagePrefix+ref.NewID())
	if err := s.root.MkdirAll(stage, 0o755); err != nil {
		return errs.Unwritten(stage, err)
	}
	defer s.away(stage)
	if err := s.stage(ctx, stage, p); err != nil {
		return err
	}
	fault.Point("dataset.staged")
	if err := s.untouched(ctx, p); err != nil {
		return err
	}
	if err := p.later.ready(); err != nil {
		return err
	}
	fault.Point("dataset.noted")
	if p.fresh {
		return s.moveWhole(stage, p)
	}
	if err := s.clear(ctx, p); err != nil {
		return errs.Unwritten(p.base, err)
	}
	if err := s.moveAll(ctx, stage, p); err != nil {
		return err
	}
	err := p.only(ctx, turn, func(_ int, d deed) error { return errs.Unwritten(d.at, s.setMode(stage, d)) })
	if err != nil {
		return err
	}
	fault.Point("dataset.moved")
	if p.later != nil {
		return nil
	}
	return s.syncFolders(ctx, p)
}

// away removes a staging folder. The system lets go of a file only when what it is just
// writing of it is on the disk; so the large ones are held until all names have gone, which
// otherwise went one by one for a while after the work was given up.
func (s *Service) away(stage string) {
	var held []*os.File
	if runtime.GOOS != "windows" { // where a name stays as long as its file is open
		seen := 0
		_ = fs.WalkDir(s.root.FS(), stage, func(name string, e fs.DirEntry, err error) error {
			if seen++; err != nil || seen > maxLooked {
				return fs.SkipAll
			}
			if fi, err := e.Info(); err == nil && fi.Mode().IsRegular() && fi.Size() > store.Small {
				if f, err := s.root.Open(name); err == nil {
					held = append(held, f)
				}
			}
			return nil
		})
	}
	_ = s.root.RemoveAll(stage)
	for _, f := range held {
		f.Close()
	}
}

const maxLooked = 500 // names: of many files none is large

const wholeName = "whole" // the staged folder that takes its place at once

func (s *Service) moveWhole(stage string, p *plan) error {
	parent := path.Dir(p.base)
	if err := s.root.MkdirAll(parent, 0o755); err != nil {
		return errs.Unwritten(p.base, err)
	}
	p.moved = s.opts.Now()
	err := fault.Check("rename")
	if err == nil {
		err = s.root.Rename(path.Join(stage, wholeName), p.base)
	}
	if err != nil {
		return errs.Unwritten(p.base, err)
	}
	fault.Point("dataset.moved")
	if p.later != nil {
		return nil
	}
	return errs.Unwritten(parent, atomicfile.SyncDir(s.full(parent)))
}

const maxSynced = 64 // files or folders that are synced one by one

// syncFolders makes durable which names are where.
func (s *Service) syncFolders(ctx context.Context, p *plan) error {
	folders := map[string]bool{}
	err := p.deeds(ctx, func(d deed) error {
		if d.kind != turn && len(folders) <= maxSynced {
			folders[path.Dir(d.at)] = true
		}
		return nil
	})
	if err != nil {
		return err
	}
	if len(folders) > maxSynced {
		return errs.Unwritten(p.base, atomicfile.SyncAll(filepath.Dir(s.full(p.base))))
	}
	if len(folders) > 0 { // they may be new themselves
		folders[p.base], folders[path.Dir(p.base)] = true, true
	}
	for at := range folders {
		if fi, err := s.root.Lstat(at); err != nil || !fi.IsDir() {
			continue // it went with its last file
		}
		if err := atomicfile.SyncDir(s.full(at)); err != nil {
			return errs.Unwritten(at, err)
		}
	}
	return nil
}

// clear takes away what the snapshot does not have, and the folders that are empty then.
func (s *Service) clear(ctx context.Context, p *plan) error {
	err := p.only(ctx, takeAway, func(_ int, d deed) error {
		if err := s.root.Remove(d.at); err != nil && !missing(err) {
			return err
		}
		for dir := path.Dir(d.at); len(dir) > len(p.base); dir = path.Dir(dir) {
			if s.root.Remove(dir) != nil {
				break // it holds something else
			}
		}
		return nil
	})
	if err != nil || !p.single {
		return err
	}
	if fi, err := s.root.Lstat(p.base); err == nil && fi.IsDir() {
		return s.root.Remove(p.base)
	}
	return nil
}

// moveAll moves the staged files to their places. They are sorted by path, so the
// folder that the last one went to is mostly that of the next.
func (s *Service) moveAll(ctx context.Context, stage string, p *plan) error {
	from, err := s.root.Open(stage)
	if err != nil {
		return err
	}
	defer from.Close()
	m := &mover{root: s.root, from: from}
	defer m.close()
	parcel := 0
	return p.only(ctx, bring, func(i int, d deed) error {
		if parcel+1 < len(p.starts) && p.starts[parcel+1] == i {
			parcel++
		}
		staged := strconv.Itoa(parcel) + "/" + strconv.Itoa(i-p.starts[parcel])
		if err := m.move(staged, d.at); err != nil {
			return errs.Unwritten(d.at, err)
		}
		if i == p.writes/2 {
			fault.Point("dataset.moving")
		}
		return nil
	})
}

// mover keeps the folder open that it moves files into, entered through the root.
type mover struct {
	root *os.Root
	from *os.File // the staging folder
	dir  string
	to   *os.File
}

func (m *mover) move(name, at string) error {
	if err := fault.Check("rename"); err != nil {
		return err
	}
	if err := m.enter(path.Dir(at)); err != nil {
		return err
	}
	err := m.rename(name, at)
	if fi, e := m.root.Lstat(at); err != nil && e == nil && fi.IsDir() && m.root.Remove(at) == nil {
		return m.rename(name, at) // an empty folder was in the file's place
	}
	return err
}

func (m *mover) enter(dir string) error {
	if m.to != nil && m.dir == dir {
		return nil
	}
	m.close()
	if err := m.root.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	to, err := m.root.Open(dir)
	m.dir, m.to = dir, to
	return err
}

func (m *mover) close() {
	if m.to != nil {
		m.to.Close()
		m.to = nil
	}
}
