package dataset

import (
	"context"
	"errors"
	"io"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/sync/errgroup"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/store"
)

// staging writes the files of a checkout, a parcel of them at a time on each core.
type staging struct {
	s     *Service
	p     *plan
	root  *os.Root // the staging folder
	stage string   // its name in the project
	early *early   // nil: nobody waits for the disk
	much  bool     // it is more than the system's memory of files should be filled with
}

// stage writes the verified files, on all cores and those of a folder in the order in which
// their content lies on the disk, and syncs them, many with one call, where the disk is waited for.
func (s *Service) stage(ctx context.Context, stage string, p *plan) error {
	if p.writes == 0 {
		return nil
	}
	root, err := s.root.OpenRoot(stage)
	if err != nil {
		return err
	}
	defer root.Close()
	st := &staging{s: s, p: p, root: root, stage: stage, much: p.of.size() > atomicfile.Crowd}
	if p.later == nil {
		if st.early, err = openEarly(s.full(stage)); err != nil {
			return err
		}
		defer st.early.close()
	}
	p.stamps = make([]store.Stamp, p.writes)
	if err := st.all(ctx); err != nil || p.writes <= maxSynced || p.later != nil {
		return err
	}
	if err = st.early.end(ctx); ctx.Err() != nil {
		return ctx.Err()
	}
	return errs.Unwritten(p.base, err)
}

// all stages every file.
func (st *staging) all(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	parcels := make(chan *parcel, 1)
	g.Go(func() error {
		defer close(parcels)
		return st.p.pack(ctx, parcels)
	})
	for range 2 * runtime.NumCPU() { // large files that are linked are only hashed, which is done in pairs
		g.Go(func() error { return st.work(ctx, parcels) })
	}
	return g.Wait()
}

// work stages one parcel after the other.
func (st *staging) work(ctx context.Context, parcels <-chan *parcel) error {
	in, err := descend(st.root)
	if err != nil {
		return errs.Unwritten(st.stage, err)
	}
	defer in.close()
	r := st.s.opts.Store.ManyReader()
	defer r.Close()
	for c := range parcels {
		err := r.Each(ctx, st.p.groups(c), func(i int, content store.Content, err error) error {
			if err != nil {
				return err
			}
			return st.write(in, c, i, content)
		})
		if err == nil && !st.oneByOne() {
			err = errs.Unwritten(st.p.base, st.early.wrote(int64(len(c.deeds)), c.size))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// oneByOne reports whether each file is synced by itself.
func (st *staging) oneByOne() bool { return st.p.later == nil && st.p.writes <= maxSynced }

// write stages one file.
func (st *staging) write(in *descent, c *parcel, i int, content store.Content) error {
	d, name := c.deeds[i], st.p.staged(c, i)
	dir, base := path.Split(name)
	to, err := in.enter(strings.TrimSuffix(dir, "/"))
	if err != nil {
		return errs.Unwritten(d.at, err)
	}
	stamp, part := &st.p.stamps[c.first+i], store.Part{Count: st.p.count}
	if b := content.Bytes(); b != nil && !st.oneByOne() {
		*stamp, err = to.WriteSmall(base, b, d.file.Perm())
		err = errs.Unwritten(d.at, err)
	} else {
		*stamp, err = st.writeLarge(d, name, content, &part)
	}
	part.Done(1, d.file.Size)
	return err
}

func (st *staging) writeLarge(d deed, name string, c store.Content, part *store.Part) (stamp store.Stamp, err error) {
	how := st.s.linking()
	if how == store.LinkHard && !d.file.Exec {
		if stamp, done, err := st.hardlink(name, c); done || err != nil {
			return stamp, errs.Unwritten(d.at, err)
		}
	}
	f, err := st.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, d.file.Perm())
	if err != nil {
		return stamp, errs.Unwritten(d.at, err)
	}
	cloned := false
	if how == store.LinkAuto || how == store.LinkReflink {
		cloned, err = c.Cloned(f)
	}
	if err == nil && !cloned {
		if err = fault.Check("write"); err == nil {
			err = st.fill(f, c, part)
		}
	}
	if fi, e := f.Stat(); e == nil {
		stamp = store.StampOf(fi)
	}
	err = errs.Unwritten(d.at, err)
	if err == nil && st.oneByOne() {
		err = errs.Unwritten(d.at, syncFile(f))
	}
	return stamp, unjoin(errors.Join(err, f.Close()))
}

// fill writes the content. Where there is much in all it goes past the system's memory of files;
// what is less is likely to be read soon, and stays there. Long runs of zeros are left out.
func (st *staging) fill(f *os.File, c store.Content, part *store.Part) error {
	if c.Bytes() != nil {
		_, err := c.WriteTo(f)
		return err
	}
	holes := atomicfile.WriteHoles(f)
	if !st.much {
		_, err := c.WriteTo(partial{holes, part})
		return unjoin(errors.Join(err, holes.End()))
	}
	p := atomicfile.WritePast(holes, f)
	p.Bypass()
	_, err := c.WriteTo(partial{p, part})
	return unjoin(errors.Join(err, p.End(), holes.End()))
}

// partial tells how much of a file is written.
type partial struct {
	io.Writer
	part *store.Part
}

func (w partial) Write(b []byte) (int, error) {
	n, err := w.Writer.Write(b)
	w.part.Read(int64(n))
	return n, err
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

// unjoin returns the one error of a join, which has a kind and a hint.
func unjoin(err error) error {
	if j, ok := err.(interface{ Unwrap() []error }); ok && len(j.Unwrap()) == 1 {
		return j.Unwrap()[0]
	}
	return err
}
