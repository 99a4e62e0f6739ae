package store

import (
	"context"
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
	if sc.o.Known != nil {
		if d, ok := sc.o.Known(filepath.FromSlash(sc.full(*f)), stamp); ok && (sc.p == nil || !sc.s.doomed(d) && sc.s.Has(d)) {
			f.Digest = d
			return nil
		}
	}
	if stamp.Size > Small {
		f.Digest, err = sc.large(ctx, j.b, j.b.Names[i], stamp, sc.full(*f))
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

func (sc *scanner) large(ctx context.Context, b *folder.Batch, name string, was Stamp, full string) (d ref.Digest, err error) {
	f, err := b.Dir.Open(name)
	if err != nil {
		return d, folder.Unreadable(full, err)
	}
	defer f.Close()
	n := int64(0)
	if sc.p == nil {
		d, n, err = HashOpen(ctx, f)
	} else {
		d, n, err = sc.p.putLarge(ctx, f)
	}
	if err != nil {
		return d, folder.Unreadable(full, err)
	}
	return d, sc.steady(f, was, n, full)
}

// steady refuses what was read of a file that somebody wrote to meanwhile.
func (sc *scanner) steady(f *os.File, was Stamp, read int64, full string) error {
	fi, err := f.Stat()
	if err != nil {
		return folder.Unreadable(full, err)
	}
	if now := StampOf(fi); read != was.Size || !unwritten(was, now) {
		return changed(full)
	}
	return nil
}

func changed(full string) error {
	return errs.New(errs.Conflict, "%s changed while it was read", full).WithHint("try again when nothing writes to it")
}
