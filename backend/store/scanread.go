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
func (sc *scanner) readOne(ctx context.Context, j *job, i int, two *pair) (err error) {
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
	if err = sc.small(j.b, i, sc.full(*f), two); err == nil && sc.o.Count != nil {
		sc.o.Count.Read.Add(stamp.Size)
	}
	if err == nil && two.n == len(two.at) {
		err = sc.keepPair(j, two)
	}
	return err
}

// pair are two small files that are hashed side by side, which takes hardly longer than one.
type pair struct {
	n       int
	at      [2]int // in the batch
	content [2][]byte
	buffers [2]*[]byte
}

func (p *pair) buffer() []byte {
	if p.buffers[p.n] == nil {
		p.buffers[p.n] = smallBuffers.Get().(*[]byte)
	}
	return *p.buffers[p.n]
}

func (p *pair) release() {
	for _, b := range p.buffers {
		if b != nil {
			smallBuffers.Put(b)
		}
	}
}

// keepPair stores what was read, or only tells the digests.
func (sc *scanner) keepPair(j *job, two *pair) error {
	n := two.n
	two.n = 0
	var digests [2]ref.Digest
	var ready [2]prepared
	ref.OfAll(two.content[:n], digests[:n])
	for k := range n {
		i := two.at[k]
		if j.files[i].Digest = digests[k]; sc.p != nil {
			ready[k] = sc.p.prepare(digests[k], two.content[k], kindOf(j.b.Names[i]))
		}
	}
	if sc.p == nil || n == 0 {
		return nil
	}
	return sc.p.add(ready[:n]...)
}

func (sc *scanner) small(b *folder.Batch, i int, full string, two *pair) error {
	was := b.Stamps[i]
	buf := two.buffer()[:was.Size+1]
	n, now, err := b.Dir.ReadSmall(b.Names[i], buf)
	if err != nil {
		return folder.Unreadable(full, err)
	}
	if int64(n) != was.Size || !unwritten(was, now) {
		return changed(full)
	}
	two.at[two.n], two.content[two.n] = i, buf[:n]
	two.n++
	return nil
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
