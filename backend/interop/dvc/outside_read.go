package dvc

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/doc"
	"rondo/backend/store"
)

func (p *Project) readFile(at string) ([]byte, error) {
	if !filepath.IsAbs(at) {
		return p.Read(at)
	}
	f, err := p.open(at)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, doc.MaxSize+1))
	if err == nil && len(b) > doc.MaxSize {
		err = doc.TooLarge(at, len(b))
	}
	return b, err
}

func (p *Project) walkAt(at string, visit fs.WalkDirFunc) error {
	if !filepath.IsAbs(at) {
		return fs.WalkDir(p.root.FS(), at, visit)
	}
	return filepath.WalkDir(filepath.FromSlash(at), func(name string, d fs.DirEntry, err error) error {
		return visit(filepath.ToSlash(name), d, err)
	})
}

func (p *Project) ignores(at string, dir bool) bool {
	return !filepath.IsAbs(at) && p.ignore.Match(at, dir)
}

func reach[T any](p *Project, at string, do func(string) (T, error)) (T, error) {
	if !p.allows(at) {
		var none T
		return none, errs.New(errs.Denied, "%s is outside of the project, and is not read", at).WithHint("`rondo trust` shows what its stages read, and asks")
	}
	return do(filepath.FromSlash(at))
}

func (p *Project) traces(ctx context.Context, paths []string) map[string]string {
	out := map[string]string{}
	for _, top := range paths {
		sum := md5.New()
		_ = p.walkAt(top, func(name string, d fs.DirEntry, err error) error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				return nil // what cannot be seen says nothing
			}
			if info, err := os.Stat(filepath.FromSlash(name)); err == nil {
				fmt.Fprintln(sum, name, store.StampOf(info))
			}
			return nil
		})
		out[top] = hex.EncodeToString(sum.Sum(nil))
	}
	return out
}
