package dvc

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/cache"
	"rondo/backend/interop/dvc/metafile"
)

// Content opens a file as it is recorded: what DVC tracks from the cache, compared with its hash before
// any of it is handed out, and what git has as it is. Of the folder as it lies there, see Workspace, it
// is what the .dvc files and locks say, not what may have been changed since.
func (p *Project) Content(ctx context.Context, at string) (io.ReadCloser, error) {
	for _, o := range p.outs() {
		if !o.out.NoCache && (o.at == at || inside(at, o.at)) {
			return p.contentOf(ctx, o, at)
		}
	}
	f, err := p.tree.Open(at)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errs.New(errs.NotFound, "there is no %s", at).WithHint("`rondo data list` shows what DVC tracks")
	}
	if err != nil {
		return nil, errs.Wrap(errs.Unavailable, err, "open %s", at)
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		f.Close()
		return nil, noFile(at)
	}
	return f, nil
}

func noFile(at string) error {
	return errs.New(errs.Invalid, "%s is not a file", at).WithHint("name a file in it")
}

// contentOf opens a file of an out.
func (p *Project) contentOf(ctx context.Context, o tracked, at string) (io.ReadCloser, error) {
	if o.entry.Sum() == "" {
		return nil, errs.New(errs.NotFound, "nothing is recorded of %s", o.at).WithHint("run what makes it, or record what is there: `rondo repro`, `rondo data commit`")
	}
	files, err := p.filesOf(o.entry)
	if err != nil {
		return nil, err
	}
	name := strings.TrimPrefix(strings.TrimPrefix(at, o.at), "/")
	for _, f := range files {
		if f.Path == name {
			return p.sound(ctx, o.entry.Hash, f.MD5, at)
		}
	}
	if name == "" {
		return nil, noFile(at)
	}
	return nil, errs.New(errs.NotFound, "%s has no %s", o.at, name).WithHint("`rondo data diff` tells what changed between revisions")
}

// sound opens an object of the cache after it was read whole.
func (p *Project) sound(ctx context.Context, hash, md5, at string) (io.ReadCloser, error) {
	r, err := p.Cache.Open(hash, md5)
	if err != nil {
		return nil, errs.New(errs.KindOf(err), "%s: %w", at, err).WithHint("bring it: `rondo data fetch`, with --all-commits for another revision")
	}
	f := r.(*os.File)
	got, _, err := metafile.Sum(ctx, f, hash)
	if err == nil && got != md5 {
		err = cache.Damaged(md5)
	}
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		f.Close()
		return nil, errs.New(errs.KindOf(err), "%s: %w", at, err).WithHint("`rondo data verify` names all that is damaged, `rondo data fetch` takes it anew")
	}
	return f, nil
}
