package dataset

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"rondo/backend/atomicfile"
	"rondo/backend/fault"
	"rondo/backend/ref"
	"rondo/backend/store"
)

const (
	tmpDir      = ".rondo/tmp"
	stagePrefix = "checkout-"
)

// clean removes the staging folders of checkouts that did not end.
func (s *Service) clean() error {
	entries, err := fs.ReadDir(s.root.FS(), tmpDir)
	if missing(err) {
		return nil
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), stagePrefix) {
			err = errors.Join(err, s.root.RemoveAll(path.Join(tmpDir, e.Name())))
		}
	}
	return err
}

// carryOut writes all new files beside the project's, makes them durable together, and
// only then moves them into place: a folder that was not there as a whole, else one by one.
func (s *Service) carryOut(ctx context.Context, p plan) error {
	stage := path.Join(tmpDir, stagePrefix+ref.NewID())
	if err := s.root.MkdirAll(stage, 0o755); err != nil {
		return writeError(stage, err)
	}
	defer s.root.RemoveAll(stage)
	if err := s.stage(ctx, stage, p); err != nil {
		return err
	}
	fault.Point("dataset.staged")
	if p.fresh {
		return s.moveWhole(stage, p)
	}
	if err := s.clear(p); err != nil {
		return writeError(p.base, err)
	}
	if err := s.moveAll(stage, p.write); err != nil {
		return err
	}
	for _, c := range p.chmod {
		if err := s.root.Chmod(c.at, permOf(c.file)); err != nil {
			return writeError(c.at, err)
		}
	}
	fault.Point("dataset.moved")
	return s.syncFolders(p)
}

const wholeName = "whole" // the staged folder that takes its place at once

func (s *Service) moveWhole(stage string, p plan) error {
	parent := path.Dir(p.base)
	if err := s.root.MkdirAll(parent, 0o755); err != nil {
		return writeError(p.base, err)
	}
	if err := s.root.Rename(path.Join(stage, wholeName), p.base); err != nil {
		return writeError(p.base, err)
	}
	fault.Point("dataset.moved")
	return atomicfile.SyncDir(s.full(parent))
}

const maxSynced = 64 // files or folders that are synced one by one

// syncFolders makes durable which names are where.
func (s *Service) syncFolders(p plan) error {
	folders := map[string]bool{}
	for _, w := range p.write {
		folders[path.Dir(w.at)] = true
	}
	for _, at := range p.remove {
		folders[path.Dir(at)] = true
	}
	if len(folders) > maxSynced {
		return atomicfile.SyncAll(filepath.Dir(s.full(p.base)))
	}
	if len(folders) > 0 { // they may be new themselves
		folders[p.base], folders[path.Dir(p.base)] = true, true
	}
	for at := range folders {
		if fi, err := s.root.Lstat(at); err != nil || !fi.IsDir() {
			continue // it went with its last file
		}
		if err := atomicfile.SyncDir(s.full(at)); err != nil {
			return writeError(at, err)
		}
	}
	return nil
}

// stageName is where the i-th file is staged.
func (p plan) stageName(i int) string {
	if p.fresh {
		return wholeName + strings.TrimPrefix(p.write[i].at, p.base)
	}
	return strconv.Itoa(i)
}

func permOf(f store.TreeFile) fs.FileMode {
	if f.Exec {
		return 0o755
	}
	return 0o644
}

// stage writes the verified files, on all cores and in the order in which their content
// lies on the disk, and syncs them: many with one call.
func (s *Service) stage(ctx context.Context, stage string, p plan) error {
	if len(p.write) == 0 {
		return nil
	}
	root, err := s.root.OpenRoot(stage)
	if err != nil {
		return err
	}
	defer root.Close()
	if err := makeFolders(root, p); err != nil {
		return writeError(p.base, err)
	}
	digests := make([]ref.Digest, len(p.write))
	for i, w := range p.write {
		digests[i] = w.file.Digest
	}
	err = s.opts.Store.ReadMany(ctx, digests, func(i int, c store.Content, err error) error {
		if err != nil {
			return err
		}
		return stageOne(root, p, i, c)
	})
	if err != nil || len(p.write) <= maxSynced {
		return err
	}
	return atomicfile.SyncAll(s.full(stage))
}

func makeFolders(root *os.Root, p plan) error {
	if !p.fresh {
		return nil
	}
	last := ""
	for i := range p.write { // sorted, so that the files of a folder mostly follow each other
		if dir := path.Dir(p.stageName(i)); dir != last {
			if err := root.MkdirAll(dir, 0o755); err != nil {
				return err
			}
			last = dir
		}
	}
	return nil
}

func stageOne(root *os.Root, p plan, i int, c store.Content) error {
	w := p.write[i]
	f, err := root.OpenFile(p.stageName(i), os.O_WRONLY|os.O_CREATE|os.O_EXCL, permOf(w.file))
	if err != nil {
		return writeError(w.at, err)
	}
	_, err = c.WriteTo(f)
	if fi, e := f.Stat(); e == nil {
		p.write[i].stamp = store.StampOf(fi)
	}
	if err == nil && len(p.write) <= maxSynced {
		err = writeError(w.at, f.Sync())
	}
	return unjoin(errors.Join(err, f.Close()))
}

// unjoin returns the one error of a join, which has a kind and a hint.
func unjoin(err error) error {
	if j, ok := err.(interface{ Unwrap() []error }); ok && len(j.Unwrap()) == 1 {
		return j.Unwrap()[0]
	}
	return err
}

// clear takes away what the snapshot does not have, and the folders that are empty then.
func (s *Service) clear(p plan) error {
	for _, at := range p.remove {
		if err := s.root.Remove(at); err != nil && !missing(err) {
			return err
		}
		for dir := path.Dir(at); len(dir) > len(p.base); dir = path.Dir(dir) {
			if s.root.Remove(dir) != nil {
				break // it holds something else
			}
		}
	}
	if p.single {
		if fi, err := s.root.Lstat(p.base); err == nil && fi.IsDir() {
			return s.root.Remove(p.base)
		}
	}
	return nil
}

// moveAll moves the staged files to their places. They are sorted by path, so the
// folder that the last one went to is mostly that of the next.
func (s *Service) moveAll(stage string, files []planned) error {
	from, err := s.root.Open(stage)
	if err != nil {
		return err
	}
	defer from.Close()
	m := &mover{root: s.root, from: from}
	defer m.close()
	for i, w := range files {
		if err := m.move(strconv.Itoa(i), w.at); err != nil {
			return writeError(w.at, err)
		}
		if i == len(files)/2 {
			fault.Point("dataset.moving")
		}
	}
	return nil
}

// mover keeps the folder open that it moves files into, entered through the root.
type mover struct {
	root *os.Root
	from *os.File // the staging folder
	dir  string
	to   *os.File
}

func (m *mover) move(name, at string) error {
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
