package dvc

import (
	"context"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/cache"
	"rondo/backend/interop/dvc/metafile"
)

// Restore brings data that only the cache has into the folder, every hash compared. It
// appears whole or not at all; what an interrupted one left is removed by the next.
func (p *Project) Restore(ctx context.Context, d Data) error {
	if d.State != Cached {
		return nil
	}
	tmp := path.Join(path.Dir(d.Path), "."+path.Base(d.Path)+".rondo-import")
	if err := p.root.RemoveAll(tmp); err != nil {
		return cannotWrite(d.Path, err)
	}
	defer p.root.RemoveAll(tmp)
	if err := p.root.MkdirAll(path.Dir(d.Path), 0o755); err != nil {
		return cannotWrite(d.Path, err)
	}
	if err := p.fetch(ctx, d.entry, tmp); err != nil {
		return err
	}
	if err := p.root.Rename(tmp, d.Path); err != nil {
		return cannotWrite(d.Path, err)
	}
	return nil
}

func cannotWrite(at string, err error) error {
	return errs.New(errs.Unavailable, "%s cannot be written: %w", at, err).WithHint("see whether the disk is full and whether you may write there")
}

func (p *Project) fetch(ctx context.Context, e metafile.Entry, to string) error {
	if !strings.HasSuffix(e.MD5, ".dir") {
		perm := fs.FileMode(0o644)
		if e.Exec {
			perm = 0o755
		}
		return p.copyOut(ctx, e.Hash, e.MD5, to, perm)
	}
	files, err := p.Cache.Tree(e.Hash, e.MD5)
	if err != nil {
		return err
	}
	if err := p.root.MkdirAll(to, 0o755); err != nil {
		return cannotWrite(to, err)
	}
	for _, f := range files {
		at := path.Join(to, f.Path)
		if err := p.root.MkdirAll(path.Dir(at), 0o755); err != nil {
			return cannotWrite(at, err)
		}
		if err := p.copyOut(ctx, e.Hash, f.MD5, at, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func (p *Project) copyOut(ctx context.Context, hash, md5, to string, perm fs.FileMode) error {
	from, err := p.Cache.Open(hash, md5)
	if err != nil {
		return err
	}
	defer from.Close()
	out, err := p.root.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, perm)
	if err != nil {
		return cannotWrite(to, err)
	}
	defer out.Close()
	got, _, err := metafile.Sum(ctx, io.TeeReader(from, out), hash)
	if err != nil {
		return cannotWrite(to, err)
	}
	if got != md5 {
		return cache.Damaged(md5)
	}
	if err := out.Sync(); err != nil {
		return cannotWrite(to, err)
	}
	return nil
}
