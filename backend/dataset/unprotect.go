package dataset

import (
	"context"
	"errors"
	"io"
	"os"
	"path"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/folder"
	"rondo/backend/ref"
	"rondo/backend/store"
)

// Unprotected says what became of a dataset's files.
type Unprotected struct {
	Files int   `json:"files"` // that were one with an object, or read-only, and are neither now
	Bytes int64 `json:"bytes"` // that were copied
}

// Unprotect gives a dataset files of its own, which may be written to, in the place of those
// that are one file with an object of the store (link: hardlink).
func (s *Service) Unprotect(ctx context.Context, name string) (u Unprotected, err error) {
	d, err := s.Get(ctx, name)
	if err != nil {
		return u, err
	}
	defer s.lock(name)()
	single, err := s.single(d.Path)
	if err != nil {
		return u, err
	}
	stage := path.Join(tmpDir, stagePrefix+ref.NewID())
	if err := s.root.MkdirAll(stage, 0o755); err != nil {
		return u, errs.Unwritten(stage, err)
	}
	defer s.root.RemoveAll(stage)
	if single {
		return u, s.unprotect(stage, d.Path, &u)
	}
	rules, err := folder.RulesAbove(s.root, d.Path)
	if err != nil {
		return u, err
	}
	f, err := s.openFolder(d.Path)
	if err != nil {
		return u, folder.Unreadable(s.full(d.Path), err)
	}
	err = folder.WalkIn(ctx, f, s.full(d.Path), nil, rules, func(b *folder.Batch) error {
		defer b.Release()
		for i, name := range b.Names {
			if b.Stamps[i].Size <= store.Small {
				continue // those are never linked
			}
			if err := errors.Join(ctx.Err(), s.unprotect(stage, d.Path+"/"+b.Prefix+name, &u)); err != nil {
				return err
			}
		}
		return nil
	})
	return u, unjoin(err)
}

// unprotect does so with one file.
func (s *Service) unprotect(stage, at string, u *Unprotected) error {
	fi, err := s.root.Lstat(at)
	if err != nil {
		return errs.Unwritten(at, err)
	}
	own := folder.Links(fi) < 2
	if !fi.Mode().IsRegular() || own && fi.Mode().Perm()&0o200 != 0 {
		return nil
	}
	mode := fi.Mode().Perm() | 0o200
	if own {
		err = s.root.Chmod(at, mode)
	} else if err = s.copyInPlace(stage, at, mode); err == nil {
		u.Bytes += fi.Size()
	}
	if err == nil {
		u.Files++
	}
	return errs.Unwritten(at, err)
}

// copyInPlace puts a copy in the place of a file, which is durable before it is there.
func (s *Service) copyInPlace(stage, at string, mode os.FileMode) error {
	from, err := s.root.Open(at)
	if err != nil {
		return err
	}
	defer from.Close()
	before, err := from.Stat()
	if err != nil {
		return err
	}
	staged := path.Join(stage, ref.NewID())
	to, err := s.root.OpenFile(staged, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	if err = fault.Check("write"); err == nil {
		_, err = io.Copy(to, from)
	}
	if err == nil {
		err = to.Chmod(mode) // whatever the umask says
	}
	if err == nil {
		err = syncFile(to)
	}
	if err = errors.Join(err, to.Close()); err != nil {
		return err
	}
	now, err := from.Stat()
	if err == nil && !now.ModTime().Equal(before.ModTime()) {
		err = errs.New(errs.Conflict, "%s was written to while it was copied", at).WithHint("do it again when nothing writes to it")
	}
	if err == nil {
		err = s.root.Chtimes(staged, before.ModTime(), before.ModTime())
	}
	if err == nil {
		err = fault.Check("rename")
	}
	if err == nil {
		err = s.root.Rename(staged, at)
	}
	fault.Point("dataset.unprotected")
	if err != nil {
		return err
	}
	return atomicfile.SyncDir(s.full(path.Dir(at)))
}

// setMode gives a file whose content is right the mode of a deed. The mode of a hard link is
// also the object's, so such a file becomes one of its own first.
func (s *Service) setMode(stage string, d deed) error {
	fi, err := s.root.Lstat(d.at)
	if err == nil && folder.Links(fi) > 1 {
		return s.copyInPlace(stage, d.at, d.file.Perm())
	}
	return s.root.Chmod(d.at, d.file.Perm())
}
