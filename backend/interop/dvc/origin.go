package dvc

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"strings"
	"sync"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/cache"
	"rondo/backend/interop/dvc/metafile"
)

// source is where data of `dvc import` comes from: a path of another repository, at the
// commit that was locked. It is a far that is only read.
type source struct {
	project *Project       // nil where the repository is no DVC project
	lists   map[string]any // by MD5: the text of a list, or the name of a file that git has
	near    fs.FS
	lies    bool // near is a folder as it lies there, in which what is tracked may be another than what is recorded
	opening sync.Once
	far     far                 // the other project's own remote, once it was needed
	closed  error               // why that cannot be opened
	own     bool                // some of it is the other project's own, and not imported there
	inner   []*source           // where parts of it were imported from in turn
	is      metafile.Entry      // what the path holds
	files   []metafile.TreeFile // of a folder
	hashes  map[string]string   // by MD5: those of files that have another one than is
}

// importOf is what a .dvc file says of the repository that a path was imported from.
func (p *Project) importOf(o tracked) *metafile.SingleDep {
	for _, f := range p.Singles {
		if f.Path == o.file && f.Import() && f.Deps[0].Repo != nil {
			return &f.Deps[0]
		}
	}
	return nil
}

// openSource opens the repository of an import at the commit that was locked.
func (p *Project) openSource(ctx context.Context, o tracked, d *metafile.SingleDep) (*source, error) {
	if p.chain >= maxChain {
		return nil, errs.New(errs.Invalid, "%s was imported from what was imported, more than %d times", o.at, maxChain)
	}
	from, err := p.repository(d.Repo.URL)
	if err != nil {
		return nil, err
	}
	rev := d.Repo.RevLock
	if rev == "" {
		rev = d.Repo.Rev
	}
	commit, err := from.commit(ctx, rev)
	if err != nil {
		return nil, errs.New(errs.KindOf(err), "%s, which was imported: %w", o.at, err).WithHint("%s", errs.HintOf(err))
	}
	return p.sourceAt(ctx, from, commit, o, d)
}

// sourceAt opens a repository at a commit, and looks what lies at the path of an import.
func (p *Project) sourceAt(ctx context.Context, from *repository, commit string, o tracked, d *metafile.SingleDep) (*source, error) {
	tree, err := from.tree(ctx, commit)
	if err != nil {
		return nil, errs.New(errs.KindOf(err), "%s, which was imported: %w", o.at, err).WithHint("%s", errs.HintOf(err))
	}
	s := &source{lists: map[string]any{}, hashes: map[string]string{}, near: tree, is: metafile.Entry{Hash: o.entry.Hash}}
	at := path.Clean(filepath.ToSlash(d.Path))
	if !fs.ValidPath(at) {
		return nil, errs.New(errs.Invalid, "%s: %q is no path in a repository", o.file, d.Path)
	}
	top := projectOf(tree, at)
	if top != "" {
		if s.project, err = p.foreign(from, tree, top, d.Repo); err != nil {
			return nil, err
		}
		if at = strings.TrimPrefix(at, top+"/"); at == top {
			at = "."
		}
	}
	if err := s.collect(ctx, at, path.Join(strings.TrimPrefix(top, "."), at), o.entry.Hash); err != nil {
		s.Close()
		return nil, errs.New(errs.KindOf(err), "%s, which was imported from %s: %w", o.at, redacted(d.Repo.URL), err).WithHint("%s", errs.HintOf(err))
	}
	return s, nil
}

// projectOf is the folder of the DVC project that a path of a tree is in, the innermost one;
// empty where there is none.
func projectOf(tree fs.FS, at string) string {
	for dir := at; ; dir = path.Dir(dir) {
		if fi, err := fs.Stat(tree, path.Join(dir, Dir)); err == nil && fi.IsDir() {
			return dir
		}
		if dir == "." {
			return ""
		}
	}
}

func (s *source) Get(ctx context.Context, name string, offset, length int64) (io.ReadCloser, error) {
	hash, sum := metafile.Dos2Unix, strings.Replace(name, "/", "", 1)
	if in, ok := strings.CutPrefix(name, "files/md5/"); ok {
		hash, sum = metafile.MD5, strings.Replace(in, "/", "", 1)
	}
	switch x := s.lists[sum].(type) {
	case []byte:
		return io.NopCloser(bytes.NewReader(x[min(offset, int64(len(x))):])), nil
	case string:
		return skipping(s.near.Open(x))(offset)
	}
	if s.project == nil {
		return nil, cache.NotCached(sum, fs.ErrNotExist)
	}
	for _, h := range []string{hash, metafile.MD5, metafile.Dos2Unix} {
		if f, err := s.project.Cache.Open(h, sum); err == nil {
			return skipping(f, nil)(offset)
		}
	}
	for _, from := range s.inner {
		if body, err := from.Get(ctx, name, offset, length); err == nil || from == s.inner[len(s.inner)-1] && !s.own {
			return body, err
		}
	}
	s.opening.Do(func() { s.far, s.closed = s.project.openFar(ctx, "") })
	switch f := s.far.(type) {
	case nil:
		return nil, s.closed
	case *versions:
		at, id := s.project.versionOf(sum)
		if id == "" {
			return nil, errs.New(errs.NotFound, "the repository names no version of the object %s", sum)
		}
		body, _, err := f.Open(ctx, at, id, offset)
		return body, err
	}
	for _, h := range []string{hash, metafile.MD5, metafile.Dos2Unix} { // named as there, not as here
		body, err := s.far.Get(ctx, farName(h, sum), offset, length)
		if err == nil || !errs.Is(err, errs.NotFound) {
			return body, err
		}
	}
	return nil, errs.New(errs.NotFound, "neither the repository's cache nor its remote has the object %s", sum).
		WithHint("whoever works there can push it: dvc push")
}

// skipping goes to an offset of what was opened.
func skipping[R io.ReadCloser](r R, err error) func(offset int64) (io.ReadCloser, error) {
	return func(offset int64) (io.ReadCloser, error) {
		if err != nil {
			return nil, err
		}
		if _, err := io.CopyN(io.Discard, r, offset); err != nil && err != io.EOF {
			r.Close()
			return nil, err
		}
		return r, nil
	}
}

// versionOf finds an object among the versions that a project names.
func (p *Project) versionOf(sum string) (at, id string) {
	for _, o := range p.outs() {
		files, err := p.filesOf(o.entry)
		if err != nil {
			continue
		}
		for _, e := range o.entry.Parts(files) {
			if e.MD5 == sum && e.VersionID != "" {
				return path.Join(o.at, e.Path), e.VersionID
			}
		}
	}
	return "", ""
}

// Sizes and Put are there to be a far; nothing is brought to where an import comes from.
func (s *source) Sizes(context.Context, []string) (map[string]int64, error) {
	return map[string]int64{}, nil
}

func (s *source) Put(context.Context, string, *io.SectionReader) (bool, error) {
	return false, errs.New(errs.Precondition, "where data was imported from is only read")
}

func (s *source) Close() error {
	for _, from := range s.inner {
		from.Close()
	}
	if s.far != nil {
		s.far.Close()
	}
	if s.project != nil {
		return s.project.root.Close()
	}
	return nil
}
