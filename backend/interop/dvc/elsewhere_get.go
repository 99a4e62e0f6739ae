package dvc

import (
	"context"
	"errors"
	"io"
	"os"
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
	got, err := arrive(ctx, in.From+"\x00"+in.Path, to, s.arriving(in.Path), force)
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
		list = append(list, arriving{f.Path, f.Exec, hash + " " + f.MD5, func(ctx context.Context, w *os.File, has int64) (int64, error) {
			body, err := s.Get(ctx, farName(hash, f.MD5), has, -1)
			if err != nil {
				return 0, err
			}
			defer body.Close()
			rest := io.TeeReader(countOf(ctx).reading(body), w)
			sum, n, err := metafile.Sum(ctx, io.MultiReader(io.NewSectionReader(w, 0, has), rest), hash)
			if err == nil && sum != f.MD5 {
				err = otherThan(w, has, path.Join(name, f.Path), f.MD5)
			}
			return n, unreadThere(err)
		}})
	}
	return list
}

// otherThan says that what came is something else. What came earlier may be to blame: it is brought anew.
func otherThan(w *os.File, had int64, name, md5 string) error {
	if had > 0 && errors.Join(w.Truncate(0), rewound(w)) == nil {
		return errs.New(errs.Unavailable, "what had come of %s was damaged", name).WithHint("do the same again")
	}
	return errs.New(errs.Corrupt, "%s there is damaged: its content has another hash than %s", name, md5).WithHint("push it there again from where it is whole")
}

// unreadThere gives a failure of the connection its kind.
func unreadThere(err error) error {
	var known *errs.Error
	if err == nil || errors.As(err, &known) || errors.Is(err, context.Canceled) {
		return err
	}
	return errs.New(errs.Unavailable, "what comes broke off: %w", err).WithHint("see whether you are online, and do the same again")
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
	list := make([]arriving, len(files))
	err = each(ctx, indexes(files), func(i int) error {
		f := files[i]
		tag, err := place.tag(ctx, f)
		list[i] = arriving{f.Path, f.Exec, tag, func(ctx context.Context, w *os.File, has int64) (int64, error) {
			return bringAddress(ctx, place, f, path.Join(redacted(from), f.Path), w, has)
		}}
		return err
	})
	if err != nil {
		return Got{}, notAt(err)
	}
	return arrive(ctx, from, to, list, force)
}

// bringAddress brings what is not there yet of a file that lies at an address.
func bringAddress(ctx context.Context, place originPlace, f metafile.Entry, name string, w *os.File, has int64) (int64, error) {
	if f.Size != nil && has >= *f.Size && has > 0 {
		return has, nil
	}
	body, err := place.open(ctx, f, has)
	if errs.Is(err, errs.Precondition) {
		return has, errs.New(errs.Precondition, "%s changed there while it was read, so what had come of it is not kept", name).WithHint("do the same again")
	}
	if err != nil {
		return has, err
	}
	defer body.Close()
	left := f.Size
	if left != nil {
		n := *f.Size - has
		left = &n
	}
	n, err := io.Copy(w, atMost(countOf(ctx).reading(body), left))
	if n += has; err == nil && f.Size != nil && n != *f.Size {
		err = errs.New(errs.Unavailable, "%s ended early, or changed there while it was read", name).WithHint("try again")
	}
	return n, unreadThere(err)
}

// notAt says of an address at which nothing is what to look at.
func notAt(err error) error {
	if !errs.Is(err, errs.NotFound) {
		return err
	}
	return errs.New(errs.NotFound, "%w", err).WithHint("see whether the address is right: `rondo data ls-url` tells what is there")
}
