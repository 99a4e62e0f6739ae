package dataset

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"rondo/backend/errs"
	"rondo/backend/folder"
	"rondo/backend/store"
)

// leave finds the files of a snapshot in whose place something lies that is ignored now: a checkout
// brings back what a snapshot has, but for these, which stay as they are.
func (s *Service) leave(ctx context.Context, p *plan) error {
	if p.fresh || !p.rules.Any() {
		return nil
	}
	if p.single {
		return s.leaveFolder(p)
	}
	left := map[string]bool{}
	err := p.deeds(ctx, func(d deed) error {
		if d.kind == bring && d.was.IsZero() && p.rules.Leaves(p.relative(d.at)) && s.lies(d.at) {
			left[d.at] = !s.holds(ctx, d)
		}
		return ctx.Err()
	})
	p.left = left
	return err
}

// lies reports whether there is something at a path, or a file where it has a folder.
func (s *Service) lies(at string) bool {
	_, err := s.root.Lstat(at)
	return !errors.Is(err, fs.ErrNotExist)
}

// holds reports whether a file is what it is to be, as where a checkout before brought it back.
func (s *Service) holds(ctx context.Context, d deed) bool {
	fi, err := s.root.Lstat(d.at)
	if err != nil || !fi.Mode().IsRegular() || fi.Size() != d.file.Size {
		return false
	}
	f, err := s.root.Open(d.at)
	if err != nil {
		return false
	}
	defer f.Close()
	now, _, err := store.HashOpen(ctx, f)
	return err == nil && now == d.file.Digest
}

// leftAsIs are the places of those that differ from what the snapshot has.
func (p *plan) leftAsIs() (paths []string) {
	for at, differs := range p.left {
		if differs {
			paths = append(paths, at)
		}
	}
	slices.Sort(paths)
	return paths
}

// leaveFolder refuses to put a file in the place of a folder that holds something ignored.
func (s *Service) leaveFolder(p *plan) error {
	if p.was {
		return nil
	}
	return fs.WalkDir(s.root.FS(), p.base, func(at string, e fs.DirEntry, err error) error {
		if err != nil || at == p.base || !p.rules.Leaves(at[len(p.base)+1:]) && (!e.IsDir() || !p.rules.LeavesFolder(at[len(p.base)+1:])) {
			return err
		}
		return errs.New(errs.Conflict, "%s is to become a file, and %s lies in that folder, which %s leaves out", p.base, at, folder.IgnoreFile).
			WithHint("move it away; nothing was changed")
	})
}

// ignoredNow puts a file of the snapshot that is ignored now into a status.
func (st *Status) ignoredNow(path string) {
	if len(st.Ignored) < maxNamed {
		st.Ignored = append(st.Ignored, path)
	}
	st.IgnoredCount++
}

// ignoredText says what becomes of the files of a snapshot that are ignored now.
func (st *Status) ignoredText(snap Snapshot) string {
	if st.IgnoredCount == 1 {
		return fmt.Sprintf("1 file of %s is ignored now (%s): the next snapshot is without it", snap.Ref(), folder.IgnoreFile)
	}
	return fmt.Sprintf("%d files of %s are ignored now (%s): the next snapshot is without them", st.IgnoredCount, snap.Ref(), folder.IgnoreFile)
}
