package cache

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/interop/dvc/metafile"
)

// Sweep walks both layouts. What is no object stays.
func (c Cache) Sweep(ctx context.Context, used map[string]bool, dry bool) (done Swept, err error) {
	for hash, top := range map[string]string{metafile.MD5: filepath.Join(c.Dir, "files", "md5"), metafile.Dos2Unix: c.Dir} {
		folders, err := os.ReadDir(top)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return done, errs.Wrap(errs.Unavailable, err, "read the cache")
		}
		for _, d := range folders {
			if ctx.Err() != nil {
				return done, ctx.Err()
			}
			if atomicfile.IsTemporary(d.Name()) && !dry {
				abandon(filepath.Join(top, d.Name()), time.Now())
			}
			if !d.IsDir() || len(d.Name()) != 2 || strings.Trim(d.Name(), "0123456789abcdef") != "" {
				continue
			}
			if err := c.sweepFolder(filepath.Join(top, d.Name()), hash, used, dry, &done); err != nil {
				return done, err
			}
		}
	}
	return done, nil
}

func (c Cache) sweepFolder(dir, hash string, used map[string]bool, dry bool, done *Swept) error {
	list, err := os.ReadDir(dir)
	if err != nil {
		return errs.Wrap(errs.Unavailable, err, "read the cache")
	}
	for _, e := range list {
		md5 := filepath.Base(dir) + e.Name()
		if metafile.ValidMD5(md5) != "" || used[hash+" "+md5] || e.IsDir() {
			continue
		}
		var info fs.FileInfo
		if info, err = e.Info(); err == nil && !dry {
			err = os.Remove(filepath.Join(dir, e.Name()))
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return errs.Wrap(errs.Unavailable, err, "remove the cache object %s", md5)
		}
		if err == nil {
			done.Removed, done.Bytes = done.Removed+1, done.Bytes+info.Size()
		}
	}
	return nil
}

// LongAgo is the age from which on what nobody can be asked about counts as abandoned.
const LongAgo = 24 * time.Hour

// abandon removes what a program that was killed has left of its own in the cache: a file that
// was not whole yet, or the folder of a note of a run.
func abandon(at string, now time.Time) {
	info, err := os.Lstat(at)
	if err == nil && info.IsDir() && strings.HasPrefix(filepath.Base(at), runTemporary) && now.Sub(info.ModTime()) > LongAgo {
		_ = os.RemoveAll(at)
		return
	}
	atomicfile.RemoveAbandoned(at, now)
}

// Swept is what was removed.
type Swept struct {
	Removed int // objects
	Bytes   int64
}
