package dvc

import (
	"context"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/git"
	"rondo/backend/interop/dvc/config"
	"rondo/backend/interop/dvc/metafile"
)

// Elsewhere names a path of a repository, as `dvc get` and `dvc ls` take one.
type Elsewhere struct {
	From   string // a folder of this machine, or the address of a repository
	Path   string // in the DVC project that the folder is in, or in the repository; empty: its top
	Rev    string // empty: the folder as it lies there, or the newest commit of what lies elsewhere
	Remote string // of the repository, where not its own default; empty: that
	Config string // a file that is laid over the repository's settings; empty: none
}

// foreignTree is a repository at a commit, or a folder as it lies there.
type foreignTree struct {
	p    *Project // for which it is read
	from *repository
	near fs.FS
	in   Elsewhere
	at   string // the path, from the top of near
	root *os.Root
}

// openElsewhere opens what is named; nothing of it is run or followed out of it.
func (p *Project) openElsewhere(ctx context.Context, in Elsewhere) (t *foreignTree, err error) {
	t = &foreignTree{p: p, in: in, at: path.Clean(filepath.ToSlash(in.Path))}
	if !fs.ValidPath(t.at) {
		return nil, errs.New(errs.Invalid, "%q is no path in a repository", in.Path).WithHint("name it from the top of the repository: data/images")
	}
	dir := ""
	if !git.IsRemote(in.From) {
		dir = topOf(folderOf(in.From))
	}
	if dir == "" || in.Rev != "" {
		t.from, t.near, err = p.treeAt(ctx, firstText(dir, in.From), in.Rev)
		return t, err
	}
	if t.root, err = openRoot(dir); err != nil {
		return nil, err
	}
	t.from, t.near = &repository{p: p, url: in.From, dir: dir, lies: true}, t.root.FS()
	return t, nil
}

// treeAt is a repository at a revision.
func (p *Project) treeAt(ctx context.Context, at, rev string) (*repository, fs.FS, error) {
	from, err := p.repository(at)
	if err != nil {
		return nil, nil, err
	}
	commit, err := from.commit(ctx, rev)
	if err != nil {
		return nil, nil, err
	}
	tree, err := from.tree(ctx, commit)
	return from, tree, err
}

// folderOf is the folder that the address of a repository of this machine names.
func folderOf(at string) string {
	if u, err := url.Parse(at); err == nil && u.Scheme == "file" {
		return filepath.FromSlash(u.Path)
	}
	return at
}

// topOf is the folder of the DVC project that a folder is in, and itself where it is in none.
func topOf(dir string) string {
	if top, err := Find(dir); err == nil {
		return top
	}
	return dir
}

func firstText(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}

// source opens the innermost DVC project that a path of the tree is in, if there is one, and says
// where in it the path is.
func (t *foreignTree) source(at string) (s *source, inProject string, err error) {
	s = &source{lists: map[string]any{}, hashes: map[string]string{}, near: t.near, lies: t.from.lies, is: metafile.Entry{Hash: metafile.MD5}}
	top := projectOf(t.near, at)
	if top == "" {
		return s, at, nil
	}
	if s.project, err = t.p.foreign(t.from, t.near, top, &metafile.Repo{URL: t.in.From}); err != nil {
		return nil, "", err
	}
	if err = t.settings(s.project); err != nil {
		s.Close()
		return nil, "", err
	}
	return s, below(at, top), nil
}

// settings lays what a person has named over the settings of a project there.
func (t *foreignTree) settings(p *Project) error {
	if name := t.in.Config; name != "" {
		b, err := os.ReadFile(name)
		if err != nil {
			return errs.New(errs.NotFound, "the settings of %s cannot be read: %w", name, err)
		}
		c, err := config.Read(name, b)
		if err != nil {
			return err
		}
		p.Config = p.Config.Over(c.From(filepath.Dir(name)))
	}
	if t.in.Remote != "" {
		p.Config = p.Config.Over(config.Config{"core": {"remote": t.in.Remote}})
	}
	return nil
}

func (t *foreignTree) Close() error {
	if t.root != nil {
		return t.root.Close()
	}
	return nil
}

// lost says of what is not there in words of who asked for it.
func (t *foreignTree) lost(err error) error {
	if !errs.Is(err, errs.NotFound) {
		return err
	}
	return errs.New(errs.NotFound, "%s: %w", redacted(t.in.From), err).WithHint("`rondo data ls %s` tells what is there", redacted(t.in.From))
}

// below is a path as it is from the folder top, which it is in.
func below(at, top string) string {
	switch {
	case top == "." || top == "":
		return at
	case at == top:
		return "."
	}
	return strings.TrimPrefix(at, top+"/")
}
