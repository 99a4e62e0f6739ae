package git

import (
	"bytes"
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/format/index"
	"github.com/go-git/go-git/v5/plumbing/object"

	"rondo/backend/store"
)

// Dirty is what of the folder is in no commit. Ignored files are not part of it.
type Dirty struct {
	Changed   []string `json:"changed"`           // in the commit, but other than there
	Deleted   []string `json:"deleted"`           // in the commit, but not in the folder
	Untracked []string `json:"untracked"`         // in the folder, but not in the commit
	Skipped   []Skip   `json:"skipped,omitempty"` // of those, what Capture leaves out
}

// Skip says why a path is left out.
type Skip struct {
	Path   string `json:"path"`
	Reason string `json:"reason"`
}

// Any reports whether there is anything that no commit has.
func (d Dirty) Any() bool { return len(d.Changed)+len(d.Deleted)+len(d.Untracked) > 0 }

// Status compares the folder with the commit that is checked out, except for the named
// files and folders: data, which is not code and is kept elsewhere.
func (r *Repo) Status(ctx context.Context, except ...string) (Dirty, error) {
	d := Dirty{Changed: []string{}, Deleted: []string{}, Untracked: []string{}}
	committed, err := r.committed()
	if err != nil {
		return d, err
	}
	root, err := r.root()
	if err != nil {
		return d, err
	}
	defer root.Close()
	c := comparison{root: root, stat: r.statIndex(), crlf: r.convertsLines()}
	for name, entry := range committed {
		if err := ctx.Err(); err != nil {
			return d, err
		}
		if excepted(name, except) {
			continue
		}
		same, err := c.same(name, entry)
		switch {
		case gone(err):
			d.Deleted = append(d.Deleted, name)
		case err != nil:
			return d, fmt.Errorf("%s: %w", name, err)
		case !same:
			d.Changed = append(d.Changed, name)
		}
	}
	d.Untracked, d.Skipped, err = r.untracked(ctx, root, committed, except)
	slices.Sort(d.Changed)
	slices.Sort(d.Deleted)
	return d, err
}

func excepted(name string, except []string) bool {
	return slices.ContainsFunc(except, func(e string) bool { return name == e || strings.HasPrefix(name, e+"/") })
}

// committed returns the commit's files inside the folder.
func (r *Repo) committed() (map[string]object.TreeEntry, error) {
	head, err := r.Head()
	if err != nil || head.Commit == "" {
		return nil, err
	}
	return r.filesOf(head.Commit)
}

func (r *Repo) filesOf(commit string) (map[string]object.TreeEntry, error) {
	tree, err := r.treeOf(commit)
	if err != nil || tree == nil {
		return nil, err
	}
	files := map[string]object.TreeEntry{}
	walker := object.NewTreeWalker(tree, true, nil)
	defer walker.Close()
	for {
		name, entry, err := walker.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, unreadable(err)
		}
		if entry.Mode.IsFile() {
			files[name] = entry
		}
	}
}

// treeOf returns the folder's tree in a commit, nil where the commit does not have it.
func (r *Repo) treeOf(commit string) (*object.Tree, error) {
	c, err := r.repo.CommitObject(plumbing.NewHash(commit))
	if err != nil {
		return nil, unreadable(err)
	}
	tree, err := c.Tree()
	if err != nil || r.sub == "" {
		return tree, err
	}
	tree, err = tree.Tree(r.sub)
	if errors.Is(err, object.ErrDirectoryNotFound) {
		return nil, nil
	}
	return tree, err
}

// statIndex is git's own memory of how the files looked, keyed by path in the folder.
// Where it cannot be read every file is hashed instead.
func (r *Repo) statIndex() *index.Index {
	if r.repo == nil {
		return nil
	}
	x, err := r.repo.Storer.Index()
	if err != nil {
		return nil
	}
	kept := x.Entries[:0]
	for _, e := range x.Entries {
		if name, ok := r.inside(e.Name); ok && e.Stage == settled {
			e.Name = name
			kept = append(kept, e)
		}
	}
	x.Entries = kept
	return x
}

func (r *Repo) convertsLines() bool {
	if r.repo == nil {
		return false
	}
	c, err := r.repo.ConfigScoped(scope)
	return err == nil && (c.Raw.Section("core").Option("autocrlf") == "true" || c.Raw.Section("core").Option("autocrlf") == "input")
}

// comparison answers whether a file is what the commit has.
type comparison struct {
	root   *os.Root
	stat   *index.Index
	byName map[string]*index.Entry
	crlf   bool
}

func (c *comparison) same(name string, want object.TreeEntry) (bool, error) {
	fi, err := c.root.Lstat(name)
	switch {
	case err != nil:
		return false, err
	case want.Mode == filemode.Symlink:
		return c.sameLink(name, fi, want.Hash)
	case fi.IsDir():
		return false, fs.ErrNotExist
	case !fi.Mode().IsRegular():
		return false, nil
	case executable(fi.Mode(), want.Mode == filemode.Executable) != (want.Mode == filemode.Executable):
		return false, nil
	case c.untouched(name, fi, want.Hash):
		return true, nil
	}
	return c.sameContent(name, fi.Size(), want.Hash)
}

// untouched trusts size and time as git does: not where the file is as young as the
// index itself, because it could have changed within one tick of the clock.
func (c *comparison) untouched(name string, fi fs.FileInfo, want plumbing.Hash) bool {
	if c.stat == nil {
		return false
	}
	if c.byName == nil {
		c.byName = make(map[string]*index.Entry, len(c.stat.Entries))
		for _, e := range c.stat.Entries {
			c.byName[e.Name] = e
		}
	}
	e := c.byName[name]
	now := store.StampOf(fi)
	return e != nil && e.Hash == want && e.Size == uint32(now.Size) && e.ModifiedAt.UnixNano() == now.Mtime &&
		(now.Ctime == 0 || e.CreatedAt.UnixNano() == now.Ctime) && fi.ModTime().Before(c.stat.ModTime)
}

func (c *comparison) sameLink(name string, fi fs.FileInfo, want plumbing.Hash) (bool, error) {
	if fi.Mode()&fs.ModeSymlink == 0 {
		return false, nil
	}
	target, err := c.root.Readlink(name)
	return plumbing.ComputeHash(plumbing.BlobObject, []byte(target)) == want, err
}

const maxConverted = 64 << 20 // bytes of a file whose line ends are converted for comparing

func (c *comparison) sameContent(name string, size int64, want plumbing.Hash) (bool, error) {
	f, err := c.root.Open(name)
	if err != nil {
		return false, err
	}
	defer f.Close()
	h := sha1.New()
	fmt.Fprintf(h, "blob %d\x00", size)
	if _, err := io.Copy(h, f); err != nil {
		return false, err
	}
	if plumbing.Hash(h.Sum(nil)) == want {
		return true, nil
	}
	if !c.crlf || size > maxConverted {
		return false, nil
	}
	b, err := c.root.ReadFile(name)
	unix := bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n"))
	return plumbing.ComputeHash(plumbing.BlobObject, unix) == want, err
}
