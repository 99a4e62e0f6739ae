package dvc

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
)

// Collect says what of the cache is still needed: what the folder names, and what commits do.
type Collect struct {
	Revisions
	Dry bool // only count
}

// Collected is what was not needed any more.
type Collected struct {
	Removed int   `json:"removed"` // objects
	Bytes   int64 `json:"bytes"`
}

// Collect removes objects of the cache that nothing names, as `dvc gc` does. Where it cannot
// be told what a folder holds, because its list is not in the cache, nothing is removed.
func (p *Project) Collect(ctx context.Context, in Collect) (Collected, error) {
	unlock, err := p.lock()
	if err != nil {
		return Collected{}, err
	}
	defer unlock()
	used := map[string]bool{}
	if len(p.Problems) > 0 {
		return Collected{}, p.Problems[0]
	}
	if err := p.use(used, "the folder"); err != nil {
		return Collected{}, err
	}
	if err := p.commits(ctx, in.Revisions, func(then *Project, commit string) error { return then.use(used, commit) }); err != nil {
		return Collected{}, err
	}
	if !in.Dry {
		p.tidy()
	}
	return p.Cache.sweep(ctx, used, in.Dry)
}

// use notes the objects that the project names, with what is in folders.
func (p *Project) use(used map[string]bool, what string) error {
	for _, o := range p.outs() {
		sum := o.entry.sum()
		if sum == "" || o.out.NoCache {
			continue
		}
		key := o.entry.Hash + " " + sum
		if used[key] {
			continue
		}
		used[key] = true
		if !strings.HasSuffix(sum, ".dir") {
			continue
		}
		files, err := p.filesOf(o.entry)
		if err != nil && what == "the folder" {
			return errs.New(errs.Precondition, "nothing is removed: what %s holds cannot be told: %w", o.at, err).
				WithHint("bring its list from a remote first: rondo data fetch")
		}
		for _, f := range files {
			used[o.entry.Hash+" "+f.MD5] = true
		}
	}
	return nil
}

// sweep walks both layouts. What is no object stays.
func (c Cache) sweep(ctx context.Context, used map[string]bool, dry bool) (done Collected, err error) {
	for hash, top := range map[string]string{MD5: filepath.Join(c.Dir, "files", "md5"), Dos2Unix: c.Dir} {
		folders, err := os.ReadDir(top)
		if err != nil && !missing(err) {
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

func (c Cache) sweepFolder(dir, hash string, used map[string]bool, dry bool, done *Collected) error {
	list, err := os.ReadDir(dir)
	if err != nil {
		return errs.Wrap(errs.Unavailable, err, "read the cache")
	}
	for _, e := range list {
		md5 := filepath.Base(dir) + e.Name()
		if validMD5(md5) != "" || used[hash+" "+md5] || e.IsDir() {
			continue
		}
		var info fs.FileInfo
		if info, err = e.Info(); err == nil && !dry {
			err = os.Remove(filepath.Join(dir, e.Name()))
		}
		if err != nil && !missing(err) {
			return errs.Wrap(errs.Unavailable, err, "remove the cache object %s", md5)
		}
		if err == nil {
			done.Removed, done.Bytes = done.Removed+1, done.Bytes+info.Size()
		}
	}
	return nil
}
