package dvc

import (
	"context"
	"io"
	"strings"
	"sync"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/cache"
	"rondo/backend/interop/dvc/metafile"
)

// bring takes all that the path holds into a project's cache, under the names that hash gives:
// what DVC 2 has named there may have other names here.
func (s *source) bring(ctx context.Context, p *Project, hash string) (b brought, err error) {
	files := []metafile.TreeFile{{MD5: s.is.MD5, Exec: s.is.Exec}}
	if s.is.IsDir() {
		files = s.files
	}
	b.files = make([]metafile.TreeFile, len(files))
	var mu sync.Mutex
	err = each(ctx, indexes(files), func(i int) error {
		f := files[i]
		there := s.is.Hash
		if other := s.hashes[f.MD5]; other != "" {
			there = other
		}
		sum, n, came, err := p.bringAs(ctx, s, cache.Object{Hash: there, MD5: f.MD5}, hash)
		mu.Lock()
		defer mu.Unlock()
		b.files[i] = metafile.TreeFile{Path: f.Path, MD5: sum, Size: n, Exec: f.Exec}
		if b.n += n; came {
			b.count++
		}
		return err
	})
	if err != nil {
		return b, err
	}
	b.out = metafile.Entry{Hash: hash, Size: &b.n}
	if s.is.IsDir() {
		n := int64(len(files))
		b.out.Files = &n
		b.out.MD5, err = p.Cache.PutTree(b.files, hash)
	} else {
		b.out.MD5, b.out.Exec = b.files[0].MD5, s.is.Exec
	}
	return b, err
}

// bringAs brings one object and names it by hash. One that is there already is not asked for.
func (p *Project) bringAs(ctx context.Context, f far, o cache.Object, hash string) (sum string, size int64, came bool, err error) {
	if hash != o.Hash {
		sum, size, err = p.bringRenamed(ctx, f, o, hash)
		return sum, size, err == nil, err
	}
	has, err := p.Cache.Holds(ctx, o.Hash, o.MD5)
	if err == nil && !has {
		_, err = p.fetchOne(ctx, f, o)
	}
	if err != nil {
		return "", 0, false, err
	}
	info, err := p.Cache.Stat(o.Hash, o.MD5)
	if err != nil {
		return "", 0, false, err
	}
	return o.MD5, info.Size(), !has, nil
}

// bringRenamed compares an object with the name that it has there, while it gets another here.
func (p *Project) bringRenamed(ctx context.Context, f far, o cache.Object, hash string) (sum string, size int64, err error) {
	body, err := f.Get(ctx, farName(o.Hash, o.MD5), 0, -1)
	if err != nil {
		return "", 0, err
	}
	defer body.Close()
	r, w := io.Pipe()
	there := make(chan string, 1)
	go func() {
		got, _, err := metafile.Sum(ctx, r, o.Hash)
		r.CloseWithError(err)
		there <- got
	}()
	sum, size, err = p.Cache.Put(ctx, io.TeeReader(body, w), hash)
	w.CloseWithError(err)
	got := <-there
	if err == nil && got != strings.TrimSuffix(o.MD5, ".dir") {
		err = errs.New(errs.Corrupt, "the object %s there is damaged: its content has another hash", o.MD5).WithHint("push it there again from where it is whole")
	}
	return sum, size, err
}

// sameHere brings what has other names there than here, if it is what was imported.
func (x *exchanging) sameHere(ctx context.Context, s *source, o tracked) error {
	b, err := s.bring(ctx, x.p, o.entry.Hash)
	if err == nil && b.out.MD5 != o.entry.MD5 {
		err = errs.New(errs.NotFound, "the repository has something else there than what was imported").WithHint("`rondo data update` takes what is there")
	}
	x.done.Objects, x.done.Bytes = x.done.Objects+b.count, x.done.Bytes+b.n
	return err
}
