package dvc

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"rondo/backend/interop/dvc/metafile"
)

// stat looks at a path of the project. A link to an object of the cache, as cache.type =
// symlink makes them, is that object, wherever the cache lies; other links that lead out of
// the project are refused.
func (p *Project) stat(at string) (fs.FileInfo, error) {
	if filepath.IsAbs(at) {
		return reach(p, at, os.Stat)
	}
	info, err := p.root.Stat(filepath.FromSlash(at))
	if err != nil && !missing(err) {
		if object, ok := p.linked(at); ok {
			return os.Lstat(object)
		}
	}
	return info, err
}

// open opens what stat sees.
func (p *Project) open(at string) (*os.File, error) {
	if filepath.IsAbs(at) {
		return reach(p, at, os.Open)
	}
	f, err := p.root.Open(filepath.FromSlash(at))
	if err != nil && !missing(err) {
		if object, ok := p.linked(at); ok {
			return openIn(filepath.Dir(object), filepath.Base(object))
		}
	}
	return f, err
}

// openIn opens a file of a folder, and nothing that it may have become a link to meanwhile.
func openIn(dir, name string) (*os.File, error) {
	in, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	return in.Open(name)
}

// linked is the object of the cache that a path links to. What is no file there, such as a
// link that leads on, is no object.
func (p *Project) linked(at string) (string, bool) {
	target, err := p.root.Readlink(filepath.FromSlash(at))
	if err != nil {
		return "", false
	}
	if !filepath.IsAbs(target) {
		target = filepath.Join(p.Dir, filepath.FromSlash(at), "..", target)
	}
	tops := []string{p.Cache.Dir}
	if real, err := filepath.EvalSymlinks(p.Cache.Dir); err == nil {
		tops = append(tops, real)
	}
	for _, top := range tops {
		rel, err := filepath.Rel(top, target)
		if err != nil || !filepath.IsLocal(rel) {
			continue
		}
		kind, name := metafile.Dos2Unix, filepath.ToSlash(rel)
		if in, ok := strings.CutPrefix(name, "files/md5/"); ok {
			kind, name = metafile.MD5, in
		}
		if md5 := strings.Replace(name, "/", "", 1); strings.Index(name, "/") == 2 && metafile.ValidMD5(md5) == "" {
			object := p.Cache.Path(kind, md5)
			info, err := os.Lstat(object)
			return object, err != nil || info.Mode().IsRegular()
		}
	}
	return "", false
}
