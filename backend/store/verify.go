package store

import (
	"context"
	"io"
	"sort"
	"sync"

	"rondo/backend/ref"
)

// Verify reads every object, on all cores, and hands each damaged one to fn, one at
// a time. It returns how many it read. Of a large object it reads the list; its chunks
// are objects too.
func (s *Store) Verify(ctx context.Context, fn func(Info, error)) (n int, err error) {
	for _, bad := range s.verifyPacks() {
		fn(Info{File: bad.file}, bad.err)
	}
	var all []Info
	if err := s.List(func(i Info) error { all = append(all, i); return ctx.Err() }); err != nil {
		return 0, err
	}
	sort.Slice(all, func(i, k int) bool { // as they lie on the disk
		if all[i].File != all[k].File {
			return all[i].File < all[k].File
		}
		return all[i].Offset < all[k].Offset
	})
	digests := make([]ref.Digest, len(all))
	for i := range all {
		digests[i] = all[i].Digest
	}
	var mu sync.Mutex
	err = s.ReadMany(ctx, digests, func(i int, c Content, err error) error {
		if err == nil && c.whole == nil {
			err = s.verifyStored(ctx, digests[i])
		}
		if ctx.Err() == nil && err != nil {
			mu.Lock()
			defer mu.Unlock()
			fn(all[i], err)
		}
		return ctx.Err()
	})
	return len(all), err
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
