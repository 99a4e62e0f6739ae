package dvc

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"net/url"
	"path"
	"path/filepath"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/git"
)

// source is where data of `dvc import` comes from: a path of another repository, at the
// commit that was locked. It is a far that is only read.
type source struct {
	project *Project       // nil where the repository is no DVC project
	lists   map[string]any // by MD5: the text of a list, or the name of a file that git has
	near    fs.FS
	far     far // the other project's own remote, once it was needed
	asked   bool
}

// importOf is what a .dvc file says of the repository that a path was imported from.
func (p *Project) importOf(o tracked) *SingleDep {
	for _, f := range p.Singles {
		if f.Path == o.file && f.Import() && f.Deps[0].Repo != nil {
			return &f.Deps[0]
		}
	}
	return nil
}

// openSource opens the repository of an import: a folder of this machine.
func (p *Project) openSource(ctx context.Context, o tracked, d *SingleDep) (*source, error) {
	dir, ok := p.repoDir(d.Repo.URL)
	if !ok {
		return nil, errs.New(errs.Unavailable, "%s was imported from %s, which Rondo does not clone", o.at, redacted(d.Repo.URL)).
			WithHint("dvc fetch %s brings it", o.file)
	}
	repo, err := git.Open(dir)
	if err != nil {
		return nil, err
	}
	rev := d.Repo.RevLock
	if rev == "" {
		rev = d.Repo.Rev
	}
	s := &source{lists: map[string]any{}}
	if s.near, err = repo.FS(rev); err != nil {
		return nil, errs.New(errs.KindOf(err), "%s, from which %s was imported: %w", dir, o.at, err).WithHint("rondo data pull brings what other origins have")
	}
	if _, err := fs.Stat(s.near, path.Join(Dir, "config")); err == nil {
		if s.project, err = OpenTree(dir, s.near); err != nil {
			return nil, err
		}
	}
	return s, s.collect(ctx, path.Clean(filepath.ToSlash(d.Path)), o.entry.Hash)
}

// repoDir is the folder that the address of a repository names, if it does.
func (p *Project) repoDir(at string) (string, bool) {
	if u, err := url.Parse(at); err == nil && len(u.Scheme) > 1 {
		return filepath.FromSlash(u.Path), u.Scheme == "file"
	}
	if strings.Contains(at, "@") && strings.Contains(at, ":") && !filepath.IsAbs(at) {
		return "", false // HOST:PATH, as ssh has it
	}
	if !filepath.IsAbs(at) {
		at = filepath.Join(p.Dir, filepath.FromSlash(at))
	}
	return at, true
}

// collect finds what lies at a path there: tracked by DVC, or by git.
func (s *source) collect(ctx context.Context, at, hash string) error {
	if s.project != nil {
		if list, within, err := s.project.choose([]string{at}); err == nil && len(list) > 0 {
			return s.tracked(list[0].entry, within[list[0].at])
		}
	}
	var files []TreeFile
	err := fs.WalkDir(s.near, at, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !d.Type().IsRegular() {
			return err
		}
		f, err := s.near.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		sum, _, err := Sum(ctx, f, hash)
		s.lists[sum] = name
		files = append(files, TreeFile{Path: strings.TrimPrefix(strings.TrimPrefix(name, at), "/"), MD5: sum})
		return err
	})
	s.list(files)
	return err
}

// tracked makes the list of a folder in a folder, which has no object of its own there.
func (s *source) tracked(e Entry, parts []string) error {
	if len(parts) == 0 {
		return nil
	}
	files, err := s.project.filesOf(e)
	var in []TreeFile
	for _, f := range files {
		if rel, ok := strings.CutPrefix(f.Path, parts[0]+"/"); ok {
			in = append(in, TreeFile{Path: rel, MD5: f.MD5})
		}
	}
	s.list(in)
	return err
}

func (s *source) list(files []TreeFile) {
	text := TreeText(files)
	s.lists[TreeSum(text)] = text
}

func (s *source) Get(ctx context.Context, name string, offset, length int64) (io.ReadCloser, error) {
	hash, sum := Dos2Unix, strings.Replace(name, "/", "", 1)
	if in, ok := strings.CutPrefix(name, "files/md5/"); ok {
		hash, sum = MD5, strings.Replace(in, "/", "", 1)
	}
	switch x := s.lists[sum].(type) {
	case []byte:
		return io.NopCloser(bytes.NewReader(x)), nil
	case string:
		return s.near.Open(x)
	}
	if s.project == nil {
		return nil, notCached(sum, fs.ErrNotExist)
	}
	for _, h := range []string{hash, MD5, Dos2Unix} {
		if f, err := s.project.Cache.open(h, sum); err == nil {
			return f, nil
		}
	}
	if !s.asked {
		s.asked = true
		s.far, _ = s.project.openFar(ctx, "")
	}
	if s.far == nil {
		return nil, notCached(sum, fs.ErrNotExist)
	}
	return s.far.Get(ctx, name, offset, length)
}

// Sizes and Put are there to be a far; nothing is brought to where an import comes from.
func (s *source) Sizes(context.Context, []string) (map[string]int64, error) {
	return map[string]int64{}, nil
}

func (s *source) Put(context.Context, string, *io.SectionReader) (bool, error) {
	return false, errs.New(errs.Precondition, "where data was imported from is only read")
}

func (s *source) Close() error {
	if s.far != nil {
		s.far.Close()
	}
	if s.project != nil {
		return s.project.root.Close()
	}
	return nil
}
