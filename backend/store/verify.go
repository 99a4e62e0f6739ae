package store

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/ref"
)

// Verify reads every object, on all cores, and hands each damaged one to fn, one at
// a time. It returns how many it read. Of a large object it reads the list; its chunks
// are objects too.
func (s *Store) Verify(ctx context.Context, fn func(Info, error)) (n int, err error) {
	return s.Check(ctx, Check{}, fn)
}

// Check is a verification that may be partial.
type Check struct {
	Sample float64                        // the share of objects that are read, by chance; 0: all
	Skip   func(file string) bool         // files that need not be read again
	Done   func(file string, intact bool) // called for each file, one at a time
	Count  *Count

	// Shut is told of each file on a remote that may not be read, one at a time. Where it is
	// nil the first ends the check.
	Shut func(file string, err error)
}

// Check is Verify of a part.
func (s *Store) Check(ctx context.Context, c Check, fn func(Info, error)) (n int, err error) {
	shut := map[string]bool{}          // what may not be read, which is said once
	if err := s.Reload(); err != nil { // a pack may have been put back
		return 0, readError(packsDir, err)
	}
	for _, bad := range s.verifyPacks() {
		fn(Info{File: bad.file}, bad.err)
		shut[bad.file] = errs.Is(bad.err, errs.Unavailable)
	}
	if skip := c.Skip; len(shut) > 0 {
		c.Skip = func(file string) bool { return shut[file] || skip != nil && skip(file) }
	}
	units, err := s.units(c)
	if err != nil {
		return 0, err
	}
	var mu sync.Mutex
	err = Each(ctx, len(units), func(ctx context.Context, i int) error {
		list := units[i].list(c.Sample)
		bad, err := s.checkFile(ctx, list, c.Count)
		if err != nil || len(list) == 0 {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		n += len(list)
		for k, reason := range bad {
			fn(list[k].Info, reason)
		}
		if c.Done != nil {
			c.Done(list[0].File, len(bad) == 0)
		}
		return nil
	})
	return n, err
}

// unit is a file of objects: a pack, or a large object that is a file of its own.
type unit struct {
	pack  *pack
	whole Info
}

// units lists the files that are to be read.
func (s *Store) units(c Check) (all []unit, err error) {
	for _, p := range s.allPacks() {
		if c.Skip == nil || !c.Skip(p.name) {
			all = append(all, unit{pack: p})
		}
	}
	err = s.listWhole(func(i Info) error {
		if c.Skip == nil || !c.Skip(i.File) {
			all = append(all, unit{whole: i})
		}
		return nil
	})
	return all, err
}

// kept is one copy of an object; at is empty where it is a file of its own.
type kept struct {
	Info
	at place
}

// list chooses the copies that are read, as they lie on the disk, also those of what lies in
// another pack too: after a start it may be this one that is asked for.
func (u unit) list(sample float64) (list []kept) {
	if u.pack == nil {
		if sample == 0 || rand.Float64() < sample {
			list = append(list, kept{Info: u.whole})
		}
		return list
	}
	for _, r := range u.pack.rows {
		if sample == 0 || rand.Float64() < sample {
			list = append(list, kept{
				Info{Digest: r.digest, Stored: int64(r.stored), File: u.pack.name, Offset: r.offset},
				place{u.pack, r.offset, r.stored, r.form},
			})
		}
	}
	return list
}

// checkFile reads objects of one file and returns what is wrong, by place in the list.
func (s *Store) checkFile(ctx context.Context, list []kept, count *Count) (map[int]error, error) {
	bad := map[int]error{}
	o := opener{s: s}
	defer o.close()
	var buf buffers
	for i, one := range list {
		err := s.checkCopy(ctx, &o, one, &buf)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			bad[i] = unread(one.Info, err)
			s.suspectIf(one.Digest, err)
		}
		count.Add(1, one.Stored)
	}
	return bad, nil
}

// checkCopy reads a copy where it lies. One whose pack another process has merged into
// another meanwhile is read there.
func (s *Store) checkCopy(ctx context.Context, o *opener, one kept, buf *buffers) error {
	if one.at.pack == nil {
		return s.verifyWhole(ctx, one.Digest)
	}
	if err := o.hold(one.at.pack); err != nil {
		return err
	}
	err := o.verify(one.Digest, one.at, buf)
	if err == nil && one.at.form == listed {
		err = s.verifyStored(ctx, one.Digest)
	}
	return err
}

// hold opens a pack, unless it is gone.
func (o *opener) hold(p *pack) error {
	if o.p == p {
		return nil
	}
	o.close()
	f, err := os.Open(filepath.Join(o.s.dir, p.name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // so that each object is looked for
	}
	if err == nil {
		o.p, o.f = p, f
	}
	return readError(p.name, err)
}

// verifyWhole reads an object that is a file of its own, also where packs have it too.
func (s *Store) verifyWhole(ctx context.Context, d ref.Digest) error {
	r, err := s.openWhole(d)
	if err != nil {
		if _, packed := s.entry(d); packed && errs.Is(err, errs.NotFound) {
			return nil // it was cut into chunks meanwhile
		}
		return err
	}
	defer r.Close()
	_, err = atomicfile.CopyAhead(io.Discard, readerCtx{ctx, r})
	return err
}

// verifyStored reads what is stored under the digest itself.
func (s *Store) verifyStored(ctx context.Context, d ref.Digest) error {
	list, err := s.chunks(d)
	if list == nil && err == nil {
		return s.verifyOne(ctx, d)
	}
	if c, lacks := s.lacks(list); lacks {
		_, err = (&chained{s: s, of: d, rest: []chunk{c}}).Read(make([]byte, 1))
	}
	return err
}

// VerifyThese reads the named objects whole, on all cores, and hands the place in the
// list of each that is damaged or missing to fn, one at a time.
func (s *Store) VerifyThese(ctx context.Context, digests []ref.Digest, fn func(i int, err error)) error {
	var mu sync.Mutex
	return s.ReadMany(ctx, digests, func(i int, c Content, err error) error {
		if err == nil && c.whole == nil {
			err = s.verifyOne(ctx, digests[i])
		}
		if ctx.Err() == nil && err != nil {
			s.suspectIf(digests[i], err)
			mu.Lock()
			defer mu.Unlock()
			fn(i, err)
		}
		return ctx.Err()
	})
}

func (s *Store) verifyOne(ctx context.Context, d ref.Digest) error {
	_, err := s.WriteTo(ctx, d, io.Discard)
	return err
}

// WriteTo writes the object's verified content to w. On an error, what w has got is
// not to be used.
func (s *Store) WriteTo(ctx context.Context, d ref.Digest, w io.Writer) (int64, error) {
	r, err := s.Open(ctx, d)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	if v, ok := r.(*verified); ok {
		defer v.inPairs()()
		if c, ok := v.r.(*chained); ok {
			c.readAhead()
		}
	}
	n, err := atomicfile.CopyAhead(w, readerCtx{ctx, r})
	return n, diskError(err)
}
