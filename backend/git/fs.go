package git

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	gogit "github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"

	"rondo/backend/errs"
)

// FS is the project folder as a commit has it: names are relative to the folder. Files are
// read whole; links are told as what they are and not followed. Many may read it at once.
func (r *Repo) FS(rev string) (fs.FS, error) {
	if r.repo == nil {
		return nil, errs.New(errs.NotFound, "%s is in no git repository", r.dir)
	}
	h, err := r.repo.ResolveRevision(plumbing.Revision(rev))
	if err != nil {
		return nil, errs.New(errs.NotFound, "git knows no commit %s: %w", rev, err).WithHint("%s", r.Unknown("`git log` shows those that there are"))
	}
	c, err := r.repo.CommitObject(*h)
	if err != nil {
		return nil, unreadable(err)
	}
	tree, err := c.Tree()
	if err == nil && r.sub != "" {
		tree, err = tree.Tree(r.sub)
	}
	if errors.Is(err, object.ErrDirectoryNotFound) {
		tree, err = &object.Tree{}, nil // the folder was not there yet
	}
	if err != nil {
		return nil, unreadable(err)
	}
	return &treeFS{repo: r.repo, tree: tree}, nil
}

// Resolve finds the commit that a branch, a tag or an id is.
func (r *Repo) Resolve(rev string) (string, error) {
	if r.repo == nil {
		return "", errs.New(errs.NotFound, "%s is in no git repository", r.dir)
	}
	h, err := r.repo.ResolveRevision(plumbing.Revision(rev))
	if err != nil {
		return "", errs.New(errs.NotFound, "git knows no commit %s in %s: %w", rev, r.dir, err).WithHint("%s", r.Unknown("`git log` shows those that there are"))
	}
	return h.String(), r.onlyOne(rev, *h)
}

// onlyOne refuses the beginning of an id that is the beginning of several commits' ids.
func (r *Repo) onlyOne(rev string, h plumbing.Hash) error {
	if len(rev) < 4 || len(rev) >= len(h.String()) || !strings.HasPrefix(h.String(), rev) {
		return nil
	}
	s, ok := r.repo.Storer.(interface {
		HashesWithPrefix(prefix []byte) ([]plumbing.Hash, error)
	})
	begin, err := hex.DecodeString(rev[:len(rev)&^1])
	if !ok || err != nil {
		return nil
	}
	all, err := s.HashesWithPrefix(begin)
	if err != nil {
		return unreadable(err)
	}
	var commits []string
	for _, one := range all {
		if _, err := r.repo.CommitObject(one); err == nil && strings.HasPrefix(one.String(), rev) {
			commits = append(commits, one.String())
		}
	}
	slices.Sort(commits)
	if commits = slices.Compact(commits); len(commits) > 1 {
		return errs.New(errs.Invalid, "%s is the beginning of more than one commit: %s", rev, strings.Join(commits, ", ")).WithHint("write more of it")
	}
	return nil
}

// treeFS is one commit. A tree of go-git remembers the entries that were looked for, and
// guards nothing of that.
type treeFS struct {
	mu   sync.Mutex
	repo *gogit.Repository
	tree *object.Tree
}

func (f *treeFS) Open(name string) (fs.File, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	fail := func(err error) (fs.File, error) {
		if Lacks(err) {
			err = lacking(err)
		}
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	if !fs.ValidPath(name) {
		return fail(fs.ErrInvalid)
	}
	if name == "." {
		return &treeDir{info: entryInfo{name: ".", mode: fs.ModeDir | 0o755}, tree: f.tree}, nil
	}
	e, err := f.tree.FindEntry(name)
	if Lacks(err) {
		return fail(err)
	}
	if err != nil {
		return fail(fs.ErrNotExist)
	}
	info := entryInfo{name: path.Base(name), mode: modeFS(e.Mode)}
	switch e.Mode {
	case filemode.Dir:
		tree, err := f.repo.TreeObject(e.Hash)
		if err != nil {
			return fail(err)
		}
		return &treeDir{info: info, tree: tree}, nil
	case filemode.Submodule:
		return &treeDir{info: info, tree: &object.Tree{}}, nil
	}
	blob, err := f.repo.BlobObject(e.Hash)
	if err != nil {
		return fail(err)
	}
	in, err := blob.Reader()
	if err != nil {
		return fail(err)
	}
	info.size = blob.Size
	return &treeFile{info, in}, nil
}

func modeFS(m filemode.FileMode) fs.FileMode {
	switch m {
	case filemode.Dir, filemode.Submodule:
		return fs.ModeDir | 0o755
	case filemode.Executable:
		return 0o755
	case filemode.Symlink:
		return fs.ModeSymlink | 0o777
	}
	return 0o644
}

type entryInfo struct {
	name string
	size int64
	mode fs.FileMode
}

func (i entryInfo) Name() string               { return i.name }
func (i entryInfo) Size() int64                { return i.size }
func (i entryInfo) Mode() fs.FileMode          { return i.mode }
func (i entryInfo) ModTime() time.Time         { return time.Time{} }
func (i entryInfo) IsDir() bool                { return i.mode.IsDir() }
func (i entryInfo) Sys() any                   { return nil }
func (i entryInfo) Type() fs.FileMode          { return i.mode.Type() }
func (i entryInfo) Info() (fs.FileInfo, error) { return i, nil }

type treeFile struct {
	info entryInfo
	io.ReadCloser
}

func (f *treeFile) Stat() (fs.FileInfo, error) { return f.info, nil }

type treeDir struct {
	info entryInfo
	tree *object.Tree
	at   int
	bytes.Reader
}

func (d *treeDir) Stat() (fs.FileInfo, error) { return d.info, nil }
func (d *treeDir) Close() error               { return nil }

func (d *treeDir) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.info.name, Err: fs.ErrInvalid}
}

func (d *treeDir) ReadDir(n int) ([]fs.DirEntry, error) {
	var list []fs.DirEntry
	for ; d.at < len(d.tree.Entries) && (n <= 0 || len(list) < n); d.at++ {
		e := d.tree.Entries[d.at]
		list = append(list, entryInfo{name: e.Name, mode: modeFS(e.Mode)})
	}
	if n > 0 && len(list) == 0 {
		return nil, io.EOF
	}
	slices.SortFunc(list, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return list, nil
}

// Ref is a name for a commit.
type Ref struct {
	Name   string // such as refs/heads/main
	Commit string // 40 hex digits; that which a tag of its own means
}

// Refs lists the names that begin with a prefix, such as refs/exps/, sorted.
func (r *Repo) Refs(prefix string) (list []Ref, err error) {
	if r.repo == nil {
		return nil, nil
	}
	all, err := r.repo.References()
	if err != nil {
		return nil, unreadable(err)
	}
	err = all.ForEach(func(one *plumbing.Reference) error {
		name := one.Name().String()
		if one.Type() != plumbing.HashReference || !strings.HasPrefix(name, prefix) {
			return nil
		}
		at := one.Hash()
		if tag, err := r.repo.TagObject(at); err == nil {
			c, err := tag.Commit()
			if err != nil {
				return nil // a tag of something else
			}
			at = c.Hash
		}
		list = append(list, Ref{name, at.String()})
		return nil
	})
	slices.SortFunc(list, func(a, b Ref) int { return strings.Compare(a.Name, b.Name) })
	if err != nil {
		return nil, unreadable(err)
	}
	return list, nil
}

// Logged is what a commit says of itself.
type Logged struct {
	Commit  string
	Parents []string
	Author  string
	When    time.Time
	Message string
}

// Log lists the commits that can be reached from some, each once, the newest first; at most
// so many of them, 0 for all.
func (r *Repo) Log(from []string, most int) (list []Logged, err error) {
	if r.repo == nil {
		return nil, nil
	}
	seen, absent := map[plumbing.Hash]bool{}, r.beyond()
	for _, rev := range from {
		h, err := r.repo.ResolveRevision(plumbing.Revision(rev))
		if err != nil {
			continue // such as HEAD before the first commit
		}
		c, err := r.repo.CommitObject(*h)
		if err != nil {
			continue
		}
		err = object.NewCommitIterCTime(c, seen, absent).ForEach(func(c *object.Commit) error {
			seen[c.Hash] = true
			list = append(list, logged(c))
			return nil
		})
		if err != nil {
			return nil, unreadable(err)
		}
	}
	slices.SortStableFunc(list, func(a, b Logged) int { return b.When.Compare(a.When) })
	if most > 0 && len(list) > most {
		list = list[:most]
	}
	return list, nil
}

// LogOne tells of one commit.
func (r *Repo) LogOne(commit string) (Logged, error) {
	if r.repo == nil {
		return Logged{}, errs.New(errs.NotFound, "%s is in no git repository", r.dir)
	}
	c, err := r.repo.CommitObject(plumbing.NewHash(commit))
	if err != nil {
		return Logged{}, unreadable(err)
	}
	return logged(c), nil
}

func logged(c *object.Commit) Logged {
	l := Logged{Commit: c.Hash.String(), Author: c.Author.Name, When: c.Committer.When, Message: strings.TrimSpace(c.Message)}
	for _, p := range c.ParentHashes {
		l.Parents = append(l.Parents, p.String())
	}
	return l
}
