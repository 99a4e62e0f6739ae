package dvc

import (
	"context"
	"io/fs"
	"net/url"
	"path"
	"path/filepath"
	"strings"
	"time"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/metafile"
)

// sight is how a path of the project looks now.
type sight struct {
	sum   string // empty where nothing is there
	files []metafile.TreeFile
	size  int64
	dir   bool
	exec  bool
}

// where turns a path as a stage writes it into one of the project; false for what lies
// elsewhere: an address, another folder of this machine.
func (p *Project) where(wdir, at string) (string, bool) {
	if u, err := url.Parse(at); err == nil && len(u.Scheme) > 1 {
		return at, false
	}
	if filepath.IsAbs(at) {
		rel, err := filepath.Rel(p.Dir, at)
		if err != nil || !filepath.IsLocal(rel) {
			return at, false
		}
		return filepath.ToSlash(rel), true
	}
	in := path.Join(wdir, filepath.ToSlash(at))
	return in, in != ".." && !strings.HasPrefix(in, "../")
}

// look hashes what lies at a path of the project, a folder by its files.
func (p *Project) look(ctx context.Context, at, hash string) (sight, error) {
	key := hash + " " + at
	if s, ok := p.seen[key]; ok {
		return s, nil
	}
	s, err := p.read(ctx, at, hash)
	if missing(err) {
		s, err = sight{}, nil
	}
	if err == nil {
		p.seen[key] = s
	}
	return s, err
}

func (p *Project) read(ctx context.Context, at, hash string) (sight, error) {
	info, err := p.stat(at)
	if err != nil {
		return sight{}, err
	}
	if info.IsDir() {
		return p.readDir(ctx, at, hash)
	}
	if !info.Mode().IsRegular() {
		return sight{}, errs.New(errs.Invalid, "%s is neither a file nor a folder", at).
			WithHint("pipes, sockets and devices hold nothing that can be kept: move it away, or leave it out by a rule in .dvcignore")
	}
	exec := info.Mode()&0o111 != 0
	if sum, ok := p.sums.get(hash+" "+at, info); ok {
		return sight{sum: sum, size: info.Size(), exec: exec}, nil
	}
	f, err := p.open(at)
	if err != nil {
		return sight{}, err
	}
	defer f.Close()
	began := time.Now()
	sum, size, err := metafile.Sum(ctx, f, hash)
	if err == nil && size == info.Size() && p.sums.put(hash+" "+at, info, began, sum, p.justMade(at)) {
		p.lost[at] = true
	}
	return sight{sum: sum, size: size, exec: exec}, err
}

// forget looks at every path anew from now on.
func (p *Project) forget() {
	p.seen, p.origins, p.lost = map[string]sight{}, map[string]metafile.Entry{}, map[string]bool{}
}

func (p *Project) readDir(ctx context.Context, at, hash string) (sight, error) {
	s := sight{dir: true}
	err := p.walkAt(at, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name != at && p.ignores(name, true) {
				return fs.SkipDir
			}
			return nil
		}
		if d.Name() == IgnoreFile {
			return errs.New(errs.Invalid, "%s lies in a folder that is tracked, which DVC refuses", name).WithHint("move its rules to the %s at the top", IgnoreFile)
		}
		if p.ignores(name, false) {
			return nil
		}
		if info, err := p.stat(name); err == nil && info.IsDir() {
			return nil // a link to a folder is not followed
		}
		one, err := p.read(ctx, name, hash)
		if missing(err) && d.Type()&fs.ModeSymlink != 0 {
			return errs.New(errs.Invalid, "%s is a link that leads to nothing", name).WithHint("remove it, or name it in %s", IgnoreFile)
		}
		if err != nil {
			return err
		}
		rel := strings.TrimPrefix(strings.TrimPrefix(name, at), "/")
		s.files = append(s.files, metafile.TreeFile{Path: rel, MD5: one.sum, Size: one.size, Exec: one.exec})
		s.size += one.size
		return nil
	})
	s.sum = metafile.TreeSum(metafile.TreeText(s.files))
	return s, err
}
