package dvc

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"rondo/backend/errs"
)

// source is where data of `dvc import` comes from: a path of another repository, at the
// commit that was locked. It is a far that is only read.
type source struct {
	project *Project       // nil where the repository is no DVC project
	lists   map[string]any // by MD5: the text of a list, or the name of a file that git has
	near    fs.FS
	far     far // the other project's own remote, once it was needed
	asked   bool
	closed  error      // why that cannot be opened
	inner   *source    // where it was imported from in turn
	is      Entry      // what the path holds
	files   []TreeFile // of a folder
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

// openSource opens the repository of an import at the commit that was locked.
func (p *Project) openSource(ctx context.Context, o tracked, d *SingleDep) (*source, error) {
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
func (p *Project) sourceAt(ctx context.Context, from *repository, commit string, o tracked, d *SingleDep) (*source, error) {
	tree, err := from.tree(ctx, commit)
	if err != nil {
		return nil, errs.New(errs.KindOf(err), "%s, which was imported: %w", o.at, err).WithHint("%s", errs.HintOf(err))
	}
	s := &source{lists: map[string]any{}, near: tree, is: Entry{Hash: o.entry.Hash}}
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

// collect finds what lies at a path there, tracked by DVC or by git; inTree is the path in
// the repository.
func (s *source) collect(ctx context.Context, at, inTree, hash string) error {
	if s.project != nil {
		if list, within, err := s.project.choose([]string{at}); err == nil && len(list) > 0 {
			return s.tracked(ctx, list[0], within[list[0].at])
		}
	}
	var files []TreeFile
	err := fs.WalkDir(s.near, inTree, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !d.Type().IsRegular() {
			return err
		}
		f, err := s.near.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		sum, size, err := Sum(ctx, f, hash)
		s.lists[sum] = name
		files = append(files, TreeFile{Path: strings.TrimPrefix(strings.TrimPrefix(name, inTree), "/"), MD5: sum, Size: size, Exec: executable(d)})
		return err
	})
	if missing(err) {
		return errs.New(errs.NotFound, "it has no %s at that commit", inTree).WithHint("`rondo data update` takes a newer one; `rondo data remove` ends the import")
	}
	s.found(files)
	return err
}

func executable(d fs.DirEntry) bool {
	info, err := d.Info()
	return err == nil && info.Mode()&0o111 != 0
}

// tracked takes over what DVC tracks there. A folder in a folder has no list of its own.
func (s *source) tracked(ctx context.Context, o tracked, parts []string) error {
	if d := s.project.importOf(o); d != nil {
		inner, err := s.project.openSource(ctx, o, d)
		if err != nil {
			return err
		}
		s.inner = inner
	}
	if o.entry.sum() == "" {
		return errs.New(errs.NotFound, "%s has not been made there", o.at).WithHint("run the stage there, and push what it made")
	}
	e := o.entry.named()
	if len(parts) == 0 && !e.IsDir() {
		s.is = e
		return nil
	}
	files, err := s.tree(ctx, e)
	if err != nil {
		return err
	}
	if len(parts) == 0 {
		s.found(files)
		s.is = e
		return nil
	}
	var in []TreeFile
	for _, f := range files {
		if f.Path == parts[0] {
			s.is = Entry{Hash: e.Hash, MD5: f.MD5, Exec: f.Exec}
			return nil
		}
		if rel, ok := strings.CutPrefix(f.Path, parts[0]+"/"); ok {
			in = append(in, TreeFile{Path: rel, MD5: f.MD5, Size: f.Size})
		}
	}
	if len(in) == 0 {
		return errs.New(errs.NotFound, "it has no %s in %s at that commit", parts[0], o.at)
	}
	s.found(in)
	s.is.Hash = e.Hash
	return nil
}

// tree is the list of a folder there, which is brought where only a remote has it.
func (s *source) tree(ctx context.Context, e Entry) ([]TreeFile, error) {
	files, err := s.project.filesOf(e)
	if !errs.Is(err, errs.NotFound) {
		return files, err
	}
	body, err := s.Get(ctx, farName(e.Hash, e.MD5), 0, -1)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	text, err := io.ReadAll(io.LimitReader(body, maxTree+1))
	if err != nil {
		return nil, errs.Wrap(errs.Unavailable, err, "bring the list of %s", e.Path)
	}
	if TreeSum(text) != e.MD5 {
		return nil, errs.New(errs.Corrupt, "the list of %s there is damaged: its content has another hash", e.Path).WithHint("push it there again from where it is whole")
	}
	s.lists[e.MD5] = text
	return ReadTree(e.MD5, text)
}

// found notes what the path holds: a file has an empty path.
func (s *source) found(files []TreeFile) {
	if len(files) == 1 && files[0].Path == "" {
		f := files[0]
		s.is.MD5, s.is.Size, s.is.Exec = f.MD5, &f.Size, f.Exec
		return
	}
	s.list(files)
	s.is.MD5 = TreeSum(TreeText(files))
}

func (s *source) list(files []TreeFile) {
	s.files = files
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
	if s.inner != nil {
		return s.inner.Get(ctx, name, offset, length)
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
		s.far, s.closed = s.project.openFar(ctx, "")
	}
	switch f := s.far.(type) {
	case nil:
		return nil, s.closed
	case *versions:
		at, id := s.project.versionOf(sum)
		if id == "" {
			return nil, errs.New(errs.NotFound, "the repository names no version of the object %s", sum)
		}
		body, _, err := f.Open(ctx, at, id)
		return body, err
	}
	for _, h := range []string{hash, MD5, Dos2Unix} { // named as there, not as here
		body, err := s.far.Get(ctx, farName(h, sum), offset, length)
		if err == nil || !errs.Is(err, errs.NotFound) {
			return body, err
		}
	}
	return nil, errs.New(errs.NotFound, "neither the repository's cache nor its remote has the object %s", sum).
		WithHint("whoever works there can push it: dvc push")
}

// versionOf finds an object among the versions that a project names.
func (p *Project) versionOf(sum string) (at, id string) {
	for _, o := range p.outs() {
		files, err := p.filesOf(o.entry)
		if err != nil {
			continue
		}
		for _, e := range o.entry.parts(files) {
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
	if s.inner != nil {
		s.inner.Close()
	}
	if s.far != nil {
		s.far.Close()
	}
	if s.project != nil {
		return s.project.root.Close()
	}
	return nil
}
