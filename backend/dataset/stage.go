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
// only then moves them into place.
func (s *Service) carryOut(ctx context.Context, p plan) error {
	stage := path.Join(tmpDir, stagePrefix+ref.NewID())
	if err := s.root.MkdirAll(stage, 0o755); err != nil {
		return writeError(stage, err)
	}
	defer s.root.RemoveAll(stage)
	if err := s.stage(ctx, stage, p.write); err != nil {
		return err
	}
	fault.Point("dataset.staged")
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
	if len(p.write)+len(p.remove) == 0 {
		return nil
	}
	return atomicfile.SyncAll(filepath.Dir(s.full(p.base)))
}

func stageName(i int) string { return strconv.Itoa(i) }

func permOf(f store.TreeFile) fs.FileMode {
	if f.Exec {
		return 0o755
	}
	return 0o644
}

// stage writes the verified files, on all cores, and syncs them with one call.
func (s *Service) stage(ctx context.Context, stage string, files []planned) error {
	root, err := s.root.OpenRoot(stage)
	if err != nil {
		return err
	}
	defer root.Close()
	err = store.Each(ctx, len(files), func(ctx context.Context, i int) error {
		f, err := root.OpenFile(stageName(i), os.O_WRONLY|os.O_CREATE|os.O_EXCL, permOf(files[i].file))
		if err != nil {
			return writeError(files[i].at, err)
		}
		_, err = s.opts.Store.WriteTo(ctx, files[i].file.Digest, f)
		return errors.Join(err, f.Close())
	})
	if err != nil || len(files) == 0 {
		return unjoin(err)
	}
	return atomicfile.SyncAll(s.full(stage))
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
		if err := m.move(stageName(i), w.at); err != nil {
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
