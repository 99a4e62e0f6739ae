package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"

	"rondo/backend/errs"
	"rondo/backend/folder"
	"rondo/backend/ref"
)

var smallBuffers = sync.Pool{New: func() any { b := make([]byte, Small+1); return &b }}

// readOne reads a file that is not known.
func (sc *scanner) readOne(ctx context.Context, j *job, i int) (err error) {
	f, stamp := &j.files[i], j.b.Stamps[i]
	if k := j.b.Known[i]; k.OK && k.Stamp.Size > Small && sc.s.sameAsWhole(k.Digest, stamp) {
		return spoiledError(sc.full(*f))
	}
	if sc.o.Known != nil {
		if d, ok := sc.o.Known(filepath.FromSlash(sc.full(*f)), stamp); ok && (sc.p == nil || !sc.s.doomed(d) && sc.s.Has(d)) {
			f.Digest = d
			return nil
		}
	}
	if stamp.Size > Small {
		f.Digest, err = sc.large(ctx, j, i)
		if err == nil {
			err = sc.cutUp(ctx, j.b.Known[i], f.Digest)
		}
		return err
	}
	f.Digest, err = sc.small(j.b, j.b.Names[i], stamp, sc.full(*f))
	if err == nil && sc.o.Count != nil {
		sc.o.Count.Read.Add(stamp.Size)
	}
	return err
}

func (sc *scanner) small(b *folder.Batch, name string, was Stamp, full string) (ref.Digest, error) {
	buf := smallBuffers.Get().(*[]byte)
	defer smallBuffers.Put(buf)
	n, now, err := b.Dir.ReadSmall(name, (*buf)[:was.Size+1])
	if err != nil {
		return ref.Zero, folder.Unreadable(full, err)
	}
	if int64(n) != was.Size || !unwritten(was, now) {
		return ref.Zero, changed(full)
	}
	if sc.p == nil {
		return ref.Of((*buf)[:n]), nil
	}
	return sc.p.put((*buf)[:n], kindOf(name))
}

// unwritten reports whether a file was not written to in between.
func unwritten(was, now Stamp) bool {
	return was.Size == now.Size && was.Mtime == now.Mtime && was.Inode == now.Inode
}

func (sc *scanner) large(ctx context.Context, j *job, i int) (d ref.Digest, err error) {
	full := sc.full(j.files[i])
	f, err := j.b.Dir.Open(j.b.Names[i])
	if err != nil {
		return d, folder.Unreadable(full, err)
	}
	defer f.Close()
	d, err = sc.keep(ctx, j, i, f, full)
	return d, folder.Unreadable(full, err)
}

// keep stores an open file, or only tells its digest.
func (sc *scanner) keep(ctx context.Context, j *job, i int, f *os.File, full string) (d ref.Digest, err error) {
	was, n := j.b.Stamps[i], int64(0)
	if sc.p == nil {
		d, n, err = HashOpen(ctx, f)
	} else {
		if sc.l.wants(j.b.Known[i]) {
			r, err := sc.l.take(ctx, f, full, was)
			if err == nil {
				j.look(i, r.now, was.Settled(sc.o.Began))
			}
			if !errors.Is(err, errCannot) {
				return r.digest, err
			}
		}
		d, n, err = sc.p.putLarge(ctx, f, j.b.Known[i].Digest)
	}
	if err == nil {
		_, err = steady(f, was, n, full)
	}
	return d, err
}

func changed(full string) error {
	return errs.New(errs.Conflict, "%s changed while it was read", full).WithHint("try again when nothing writes to it")
}
