package store

import (
	"cmp"
	"context"
	"io"
	"math/rand/v2"
	"slices"
	"sync"

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
}

// Check is Verify of a part.
func (s *Store) Check(ctx context.Context, c Check, fn func(Info, error)) (n int, err error) {
	for _, bad := range s.verifyPacks() {
		fn(Info{File: bad.file}, bad.err)
	}
	files, err := s.byFile(ctx, c)
	if err != nil {
		return 0, err
	}
	var mu sync.Mutex
	err = Each(ctx, len(files), func(ctx context.Context, i int) error {
		bad, err := s.checkFile(ctx, files[i])
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		n += len(files[i])
		for k, reason := range bad {
			fn(files[i][k], reason)
		}
		if c.Done != nil {
			c.Done(files[i][0].File, len(bad) == 0)
		}
		return nil
	})
	return n, err
}

// byFile lists what is to be read, as it lies on the disk. Lists of a pack in which
// nothing was chosen do not occur.
func (s *Store) byFile(ctx context.Context, c Check) ([][]Info, error) {
	all := map[string][]Info{}
	err := s.List(func(i Info) error {
		if (c.Skip == nil || !c.Skip(i.File)) && (c.Sample == 0 || rand.Float64() < c.Sample) {
			all[i.File] = append(all[i.File], i)
		}
		return ctx.Err()
	})
	files := make([][]Info, 0, len(all))
	for _, list := range all {
		slices.SortFunc(list, func(a, b Info) int { return cmp.Compare(a.Offset, b.Offset) })
		files = append(files, list)
	}
	slices.SortFunc(files, func(a, b []Info) int { return cmp.Compare(a[0].File, b[0].File) })
	return files, err
}

// checkFile reads objects of one file and returns what is wrong, by place in the list.
func (s *Store) checkFile(ctx context.Context, list []Info) (map[int]error, error) {
	bad := map[int]error{}
	o := opener{s: s}
	defer o.close()
	var buf buffers
	for i, info := range list {
		at, packed := s.entry(info.Digest)
		var err error
		if packed {
			if err = o.verify(info.Digest, at, &buf); err == nil && at.form == listed {
				err = s.verifyStored(ctx, info.Digest)
			}
		} else {
			err = s.verifyOne(ctx, info.Digest)
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			bad[i] = err
		}
	}
	return bad, nil
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
	n, err := io.Copy(w, readerCtx{ctx, r})
	return n, diskError(err)
}
