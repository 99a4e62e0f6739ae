package dvc

import (
	"context"
	"io"
	"path"
	"path/filepath"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/metafile"
)

// Get brings a path of a repository to a place that nothing tracks, as `dvc get` does.
func (p *Project) Get(ctx context.Context, in Elsewhere, to string, force bool) (Got, error) {
	if metafile.IsSingle(path.Base(filepath.ToSlash(to))) || path.Base(to) == metafile.PipelineFile {
		return Got{}, errs.New(errs.Invalid, "%s is a file in which DVC says what it tracks, and no data", in.Path).WithHint("name what it tracks")
	}
	t, err := p.openElsewhere(ctx, in)
	if err != nil {
		return Got{}, err
	}
	defer t.Close()
	s, at, err := t.source(t.at)
	if err != nil {
		return Got{}, t.lost(err)
	}
	defer s.Close()
	if err := s.collect(ctx, at, t.at, metafile.MD5); err != nil {
		return Got{}, t.lost(err)
	}
	got, err := arrive(ctx, to, s.arriving(in.Path), force)
	return got, t.lost(err)
}

// arriving are the files that the path of a source holds, which is called name there.
func (s *source) arriving(name string) (list []arriving) {
	files := s.files
	if !s.is.IsDir() {
		files = []metafile.TreeFile{{MD5: s.is.MD5, Exec: s.is.Exec}}
	}
	for _, f := range files {
		hash := s.is.Hash
		if other := s.hashes[f.MD5]; other != "" {
			hash = other
		}
		list = append(list, arriving{f.Path, f.Exec, func(ctx context.Context, w io.Writer) (int64, error) {
			body, err := s.Get(ctx, farName(hash, f.MD5), 0, -1)
			if err != nil {
				return 0, err
			}
			defer body.Close()
			sum, n, err := metafile.Sum(ctx, io.TeeReader(body, w), hash)
			if err == nil && sum != f.MD5 {
				err = errs.New(errs.Corrupt, "%s there is damaged: its content has another hash than %s", path.Join(name, f.Path), f.MD5).
					WithHint("push it there again from where it is whole")
			}
			return n, err
		}})
	}
	return list
}

// GetAddress brings what lies at a path or an address to a place that nothing tracks, as
// `dvc get-url` does.
func (p *Project) GetAddress(ctx context.Context, from, to string, force bool) (Got, error) {
	place, err := p.openOrigin(ctx, p.Dir, from, false)
	if err != nil {
		return Got{}, notAt(err)
	}
	defer place.Close()
	files, _, err := place.facts(ctx)
	if err != nil {
		return Got{}, notAt(err)
	}
	var list []arriving
	for _, f := range files {
		list = append(list, arriving{f.Path, f.Exec, func(ctx context.Context, w io.Writer) (int64, error) {
			body, err := place.open(ctx, f)
			if err != nil {
				return 0, err
			}
			defer body.Close()
			n, err := io.Copy(w, atMost(body, f.Size))
			if err == nil && f.Size != nil && n != *f.Size {
				err = errs.New(errs.Unavailable, "%s changed there while it was read", path.Join(redacted(from), f.Path)).WithHint("try again")
			}
			return n, err
		}})
	}
	return arrive(ctx, to, list, force)
}

// notAt says of an address at which nothing is what to look at.
func notAt(err error) error {
	if !errs.Is(err, errs.NotFound) {
		return err
	}
	return errs.New(errs.NotFound, "%w", err).WithHint("see whether the address is right: `rondo data ls-url` tells what is there")
}
