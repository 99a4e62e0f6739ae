package dvc

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/cache"
	"rondo/backend/interop/dvc/metafile"
)

// Verified is what a reading of the whole cache has found.
type Verified struct {
	Objects int      `json:"objects"`
	Bytes   int64    `json:"bytes"`
	Damaged []Damage `json:"damaged"`
}

// Damage is an object whose content is not what its name says, and the tracked paths that
// it belongs to now; none where only the past knows it.
type Damage struct {
	MD5   string   `json:"md5"`
	Paths []string `json:"paths"`
}

// Verify reads every object of the cache, in both layouts and whatever its mode, and names
// those that are damaged. These lose the mode by which DVC trusts an object, so that a fetch, also
// dvc's, looks at them and takes them anew; nothing else changes.
func (p *Project) Verify(ctx context.Context) (v Verified, err error) {
	users := p.users()
	for hash, top := range map[string]string{metafile.MD5: filepath.Join(p.Cache.Dir, "files", "md5"), metafile.Dos2Unix: p.Cache.Dir} {
		list, err := filepath.Glob(filepath.Join(cache.EscapeGlob(top), "[0-9a-f][0-9a-f]", "*"))
		if err != nil {
			return v, err
		}
		for _, at := range list {
			md5 := filepath.Base(filepath.Dir(at)) + filepath.Base(at)
			if metafile.ValidMD5(md5) != "" {
				continue
			}
			n, whole, err := verifyObject(ctx, at, hash, md5)
			if err != nil {
				return v, err
			}
			v.Objects, v.Bytes = v.Objects+1, v.Bytes+n
			if !whole {
				distrust(at)
				v.Damaged = append(v.Damaged, Damage{md5, append([]string{}, users[hash+" "+md5]...)})
			}
		}
	}
	slices.SortFunc(v.Damaged, func(a, b Damage) int { return strings.Compare(a.MD5, b.MD5) })
	return v, nil
}

// distrust takes the protection of an object away. Where that may not be done, it is damaged and
// trusted, and is named once more by the next verification.
func distrust(at string) {
	if info, err := os.Lstat(at); err == nil && info.Mode().IsRegular() && info.Mode().Perm() == cache.Protected {
		_ = os.Chmod(at, 0o644)
	}
}

// verifyObject reads one object. What is gone meanwhile is not damaged.
func verifyObject(ctx context.Context, at, hash, md5 string) (n int64, whole bool, err error) {
	info, err := os.Lstat(at)
	if missing(err) || err == nil && info.IsDir() {
		return 0, true, nil
	}
	if err == nil && !info.Mode().IsRegular() {
		return 0, false, nil
	}
	f, err := os.Open(at)
	if err != nil {
		return 0, false, errs.New(errs.Unavailable, "the cache object %s cannot be opened: %w", md5, err).WithHint("see who may read %s", at)
	}
	defer f.Close()
	got, n, err := metafile.Sum(ctx, f, hash)
	if ctx.Err() != nil {
		return n, false, ctx.Err()
	}
	return n, err == nil && got == strings.TrimSuffix(md5, ".dir"), nil
}

// users are the paths that need each object now.
func (p *Project) users() map[string][]string {
	out := map[string][]string{}
	for _, o := range p.outs() {
		if o.entry.MD5 == "" {
			continue
		}
		key := o.entry.Hash + " "
		out[key+o.entry.MD5] = append(out[key+o.entry.MD5], o.at)
		if !o.entry.IsDir() {
			continue
		}
		files, err := p.filesOf(o.entry)
		if err != nil {
			continue // its list is damaged, or not there
		}
		for _, f := range files {
			out[key+f.MD5] = append(out[key+f.MD5], o.at+"/"+f.Path)
		}
	}
	return out
}
