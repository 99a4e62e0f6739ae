package dvc

import (
	"context"
	"io"
	"strings"
	"sync"

	"rondo/backend/errs"
)

// bring takes all that the path holds into a project's cache, under the names that hash gives:
// what DVC 2 has named there may have other names here.
func (s *source) bring(ctx context.Context, p *Project, hash string) (b brought, err error) {
	files := []TreeFile{{MD5: s.is.MD5, Exec: s.is.Exec}}
	if s.is.IsDir() {
		files = s.files
	}
	b.files = make([]TreeFile, len(files))
	var mu sync.Mutex
	err = each(ctx, indexes(files), func(i int) error {
		f := files[i]
		there := s.is.Hash
		if other := s.hashes[f.MD5]; other != "" {
			there = other
		}
		sum, n, came, err := p.bringAs(ctx, s, object{there, f.MD5}, hash)
		mu.Lock()
		defer mu.Unlock()
		b.files[i] = TreeFile{Path: f.Path, MD5: sum, Size: n, Exec: f.Exec}
		if b.n += n; came {
			b.count++
		}
		return err
	})
	if err != nil {
		return b, err
	}
	b.out = Entry{Hash: hash, MD5: b.files[0].MD5, Size: &b.n, Exec: s.is.Exec}
	if s.is.IsDir() {
		n := int64(len(files))
		b.out.Files, b.out.Exec = &n, false
		b.out.MD5, err = p.Cache.PutTree(b.files, hash)
	}
	return b, err
}

// bringAs brings one object and names it by hash. One that is there already is not asked for.
func (p *Project) bringAs(ctx context.Context, f far, o object, hash string) (sum string, size int64, came bool, err error) {
	if hash != o.hash {
		sum, size, err = p.bringRenamed(ctx, f, o, hash)
		return sum, size, err == nil, err
	}
	has, err := p.Cache.holds(ctx, o.hash, o.md5)
	if err == nil && !has {
		_, err = p.fetchOne(ctx, f, o)
	}
	if err != nil {
		return "", 0, false, err
	}
	info, err := p.Cache.stat(o.hash, o.md5)
	if err != nil {
		return "", 0, false, err
	}
	return o.md5, info.Size(), !has, nil
}

// bringRenamed compares an object with the name that it has there, while it gets another here.
func (p *Project) bringRenamed(ctx context.Context, f far, o object, hash string) (sum string, size int64, err error) {
	body, err := f.Get(ctx, farName(o.hash, o.md5), 0, -1)
	if err != nil {
		return "", 0, err
	}
	defer body.Close()
	r, w := io.Pipe()
	there := make(chan string, 1)
	go func() {
		got, _, err := Sum(ctx, r, o.hash)
		r.CloseWithError(err)
		there <- got
	}()
	sum, size, err = p.Cache.Put(ctx, io.TeeReader(body, w), hash)
	w.CloseWithError(err)
	got := <-there
	if err == nil && got != strings.TrimSuffix(o.md5, ".dir") {
		err = errs.New(errs.Corrupt, "the object %s there is damaged: its content has another hash", o.md5).WithHint("push it there again from where it is whole")
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
