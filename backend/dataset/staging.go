package dataset

import (
	"context"
	"errors"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"rondo/backend/atomicfile"
	"rondo/backend/fault"
	"rondo/backend/folder"
	"rondo/backend/ref"
	"rondo/backend/store"
)

const stagedAtOnce = 8 << 10 // files

// staging writes the files of a checkout, many at a time.
type staging struct {
	s     *Service
	p     *plan
	root  *os.Root // the staging folder
	stage string   // its name in the project
	deeds []deed
	first int    // how many came before deeds
	made  string // the folder that was made last
}

// stage writes the verified files, on all cores and in the order in which their content
// lies on the disk, and syncs them: many with one call.
func (s *Service) stage(ctx context.Context, stage string, p *plan) error {
	if p.writes == 0 {
		return nil
	}
	root, err := s.root.OpenRoot(stage)
	if err != nil {
		return err
	}
	defer root.Close()
	st := &staging{s: s, p: p, root: root, stage: stage}
	p.stamps = make([]store.Stamp, p.writes)
	err = p.only(ctx, bring, func(_ int, d deed) error {
		if st.deeds = append(st.deeds, d); len(st.deeds) < stagedAtOnce {
			return nil
		}
		return st.flush(ctx)
	})
	if err == nil {
		err = st.flush(ctx)
	}
	if err != nil || p.writes <= maxSynced {
		return err
	}
	return writeError(p.base, atomicfile.SyncAll(s.full(stage)))
}

// name is where the i-th of the files is staged.
func (st *staging) name(i int) string {
	if st.p.fresh {
		return wholeName + strings.TrimPrefix(st.deeds[i].at, st.p.base)
	}
	return strconv.Itoa(st.first + i)
}

func (st *staging) flush(ctx context.Context) error {
	folders, err := st.folders()
	defer folders.close()
	if err != nil {
		return writeError(st.p.base, err)
	}
	digests := make([]ref.Digest, len(st.deeds))
	for i, d := range st.deeds {
		digests[i] = d.file.Digest
	}
	err = st.s.opts.Store.ReadMany(ctx, digests, func(i int, c store.Content, err error) error {
		if err != nil {
			return err
		}
		return st.write(folders.of[i], i, c)
	})
	st.first += len(st.deeds)
	st.deeds = st.deeds[:0]
	return err
}

// write stages one file; dir is its folder where that is open.
func (st *staging) write(dir *folder.Dir, i int, c store.Content) (err error) {
	d := st.deeds[i]
	var stamp store.Stamp
	if b := c.Bytes(); dir != nil && b != nil && st.p.writes > maxSynced {
		stamp, err = dir.WriteSmall(path.Base(st.name(i)), b, d.file.Perm())
		err = writeError(d.at, err)
	} else {
		stamp, err = st.writeLarge(d, st.name(i), c)
	}
	st.p.stamps[st.first+i] = stamp
	st.p.count.Add(1, d.file.Size)
	return err
}

func (st *staging) writeLarge(d deed, name string, c store.Content) (stamp store.Stamp, err error) {
	how := st.s.linking()
	if how == store.LinkHard && !d.file.Exec {
		if stamp, done, err := st.hardlink(name, c); done || err != nil {
			return stamp, writeError(d.at, err)
		}
	}
	f, err := st.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, d.file.Perm())
	if err != nil {
		return stamp, writeError(d.at, err)
	}
	cloned := false
	if how == store.LinkAuto || how == store.LinkReflink {
		cloned, err = c.Cloned(f)
	}
	if err == nil && !cloned {
		if err = fault.Check("write"); err == nil {
			_, err = c.WriteTo(f)
		}
	}
	if fi, e := f.Stat(); e == nil {
		stamp = store.StampOf(fi)
	}
	err = writeError(d.at, err)
	if err == nil && st.p.writes <= maxSynced {
		err = writeError(d.at, syncFile(f))
	}
	return stamp, unjoin(errors.Join(err, f.Close()))
}

// hardlink stages an object itself under another name. It reports false where it has to be
// copied, such as to another file system.
func (st *staging) hardlink(name string, c store.Content) (stamp store.Stamp, done bool, err error) {
	object, err := c.Linkable()
	if object == "" || err != nil {
		return stamp, false, err
	}
	if err := fault.Check("link"); err != nil {
		return stamp, false, err
	}
	staged := path.Join(st.stage, name)
	if st.s.root.Link(path.Join(objectsDir, filepath.ToSlash(object)), staged) != nil {
		return stamp, false, nil
	}
	fi, err := st.s.root.Lstat(staged)
	if err != nil {
		return stamp, true, err
	}
	return store.StampOf(fi), true, nil
}

const objectsDir = ".rondo/objects" // where the store of a project lies

func syncFile(f *os.File) error {
	if err := fault.Check("sync"); err != nil {
		return err
	}
	return f.Sync()
}

// folders are those that files are written to, by the file; nil for those with few.
type folders struct {
	of   []*folder.Dir
	open []*folder.Dir
}

func (f *folders) close() {
	for _, d := range f.open {
		d.Close()
	}
}

const worthOpening = 32 // files in a folder

// folders makes the folders of a fresh checkout, and opens those that many files go to.
func (st *staging) folders() (*folders, error) {
	f := &folders{of: make([]*folder.Dir, len(st.deeds))}
	for i := 0; i < len(st.deeds); {
		dir, end := path.Dir(st.name(i)), i+1
		for end < len(st.deeds) && path.Dir(st.name(end)) == dir {
			end++
		}
		if st.p.fresh && dir != st.made {
			if err := st.root.MkdirAll(dir, 0o755); err != nil {
				return f, err
			}
			st.made = dir
		}
		if end-i >= worthOpening {
			open, err := st.root.Open(dir)
			if err != nil {
				return f, err
			}
			d := folder.DirOf(open)
			f.open = append(f.open, d)
			for k := i; k < end; k++ {
				f.of[k] = d
			}
		}
		i = end
	}
	return f, nil
}

// unjoin returns the one error of a join, which has a kind and a hint.
func unjoin(err error) error {
	if j, ok := err.(interface{ Unwrap() []error }); ok && len(j.Unwrap()) == 1 {
		return j.Unwrap()[0]
	}
	return err
}
