package dvc

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"rondo/backend/interop/dvc/cache"
	"rondo/backend/interop/dvc/metafile"
	"rondo/backend/ref"
)

// ownTmp is where files are made before they take their place.
var ownTmp = path.Join(Dir, "tmp", "rondo")

// OwnFolder is that place in the DVC project at root.
func OwnFolder(root string) string { return filepath.Join(root, filepath.FromSlash(ownTmp)) }

// bring puts an object of the cache at a path of the project, as the config says: a copy,
// or a link to the object. What lay there is replaced; every hash is compared.
func (p *Project) bring(ctx context.Context, hash, md5, at string, exec bool) error {
	if err := p.root.MkdirAll(ownTmp, 0o755); err != nil {
		return cannotWrite(ownTmp, err)
	}
	if err := p.root.MkdirAll(path.Dir(at), 0o755); err != nil {
		return cannotWrite(at, err)
	}
	tmp := path.Join(ownTmp, ref.NewID())
	defer p.root.Remove(tmp)
	err := errors.ErrUnsupported
	for _, kind := range p.Cache.Types {
		if kind == "hardlink" || kind == "symlink" {
			err = p.linkOut(ctx, kind, hash, md5, tmp)
		} else {
			perm := fs.FileMode(0o644)
			if exec {
				perm = 0o755
			}
			err = p.copyOut(ctx, hash, md5, tmp, perm)
		}
		if !errors.Is(err, errors.ErrUnsupported) {
			break
		}
	}
	if err != nil {
		return err
	}
	if exec {
		if info, err := p.root.Stat(tmp); err == nil {
			_ = p.root.Chmod(tmp, info.Mode().Perm()|0o100)
		}
	}
	if err := p.root.Rename(tmp, at); err != nil {
		return cannotWrite(at, err)
	}
	return nil
}

// linkOut makes a second name for an object, or a link to it. ErrUnsupported means that
// the file system has none.
func (p *Project) linkOut(ctx context.Context, kind, hash, md5, to string) error {
	if err := p.intact(ctx, hash, md5); err != nil {
		return err
	}
	from := p.Cache.Path(hash, md5)
	make := os.Link
	if kind == "symlink" {
		make = os.Symlink
	}
	if err := make(from, filepath.Join(p.Dir, filepath.FromSlash(to))); err != nil {
		return errors.ErrUnsupported
	}
	return nil
}

// intact reads an object that is about to be linked, unless it looks as it did when it was
// read the last time.
func (p *Project) intact(ctx context.Context, hash, md5 string) error {
	f, err := os.Open(p.Cache.Path(hash, md5))
	if err != nil {
		return cache.NotCached(md5, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return cache.NotCached(md5, err)
	}
	key := cacheKey + hash + " " + md5
	if sum, ok := p.sums.get(key, info); ok && sum == md5 {
		return nil
	}
	began := time.Now()
	got, _, err := metafile.Sum(ctx, f, hash)
	if err == nil && got != strings.TrimSuffix(md5, ".dir") {
		err = cache.Damaged(md5)
	}
	if err == nil {
		p.sums.put(key, info, began, md5, true)
	}
	return err
}

// relink replaces what has just come into the cache by links to it, where the config says
// so; otherwise a file stays what it is, and a link elsewhere becomes a file.
func (p *Project) relink(ctx context.Context, at, hash string, now sight) error {
	p.brought[at] = true
	files := now.files
	if !now.dir {
		files = []metafile.TreeFile{{MD5: now.sum, Exec: now.exec}}
	}
	kind := p.Cache.Types[0]
	linked := kind == "hardlink" || kind == "symlink"
	for _, f := range files {
		name := path.Join(at, f.Path)
		if !linked {
			if info, err := p.root.Lstat(name); err != nil || info.Mode()&fs.ModeSymlink == 0 {
				continue
			}
		}
		if err := p.bring(ctx, hash, f.MD5, name, f.Exec); err != nil {
			return err
		}
	}
	return nil
}

// unprotect makes what is a link to the cache a file of its own, so that writing to it does
// not reach the object.
func (p *Project) unprotect(at string) error {
	info, err := p.root.Lstat(at)
	if err != nil || !info.IsDir() {
		return p.unprotectFile(at)
	}
	return fs.WalkDir(p.root.FS(), at, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return ignoreMissing(err)
		}
		return p.unprotectFile(name)
	})
}

func (p *Project) unprotectFile(name string) error {
	info, err := p.root.Lstat(name)
	if err != nil || info.Mode().IsRegular() && info.Mode().Perm()&0o200 != 0 {
		return ignoreMissing(err)
	}
	if to, err := p.stat(name); err != nil || !to.Mode().IsRegular() {
		return nil // it is no link to the cache
	}
	return p.ownCopy(name)
}

func ignoreMissing(err error) error {
	if missing(err) {
		return nil
	}
	return err
}

func (p *Project) ownCopy(name string) error {
	from, err := p.open(name)
	if err != nil {
		return ignoreMissing(err)
	}
	defer from.Close()
	tmp := path.Join(ownTmp, ref.NewID())
	if err := p.root.MkdirAll(ownTmp, 0o755); err != nil {
		return cannotWrite(name, err)
	}
	defer p.root.Remove(tmp)
	to, err := p.root.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return cannotWrite(name, err)
	}
	_, err = io.Copy(to, from)
	if err = errors.Join(err, to.Close(), p.root.Rename(tmp, name)); err != nil {
		return cannotWrite(name, err)
	}
	return nil
}
