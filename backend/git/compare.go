package git

import (
	"bytes"
	"context"
	"crypto/sha1"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/format/index"
	"github.com/go-git/go-git/v5/plumbing/object"

	"rondo/backend/store"
)

// comparison answers whether a file is what the commit has.
type comparison struct {
	repo     *Repo
	root     *os.Root // the project's folder
	top      *os.Root // that of the work tree; the same one where there is no repository
	settings *settings
	attrs    *attributes
	stat     *index.Index
	byName   map[string]*index.Entry // by name in the project
	rules    map[string]*index.Entry // the .gitattributes and .gitignore of the index, by name from the top
	links    map[string]bool         // folders that were asked for, and whether they are links
	modes    bool                    // core.fileMode
	symlinks bool                    // core.symlinks
	fold     bool                    // core.ignoreCase
}

func (r *Repo) compare(root *os.Root) *comparison {
	s := r.settings()
	c := &comparison{
		repo: r, root: root, top: root, settings: s, byName: map[string]*index.Entry{}, links: map[string]bool{},
		modes: s.yes("core.filemode", nativeModes), symlinks: s.yes("core.symlinks", true), fold: s.yes("core.ignorecase", false),
	}
	c.stat, c.rules = r.statIndex()
	if r.repo == nil {
		return c
	}
	if top, err := os.OpenRoot(r.top); err == nil {
		c.top = top
	}
	if c.stat != nil {
		for _, e := range c.stat.Entries {
			c.byName[e.Name] = e
		}
	}
	c.attrs = r.attributes(s, c.attributesAt)
	return c
}

func (c *comparison) Close() {
	if c.top != c.root {
		c.top.Close()
	}
}

// leftOut reports that a sparse checkout leaves the file out of the folder.
func (c *comparison) leftOut(name string) bool {
	for at := name; at != "."; at = path.Dir(at) {
		if e := c.byName[at]; e != nil && e.SkipWorktree {
			return true
		}
		if e := c.byName[at+"/"]; e != nil && e.SkipWorktree { // a whole folder, in a sparse index
			return true
		}
	}
	return false
}

func (c *comparison) same(ctx context.Context, name string, want object.TreeEntry) (bool, error) {
	if c.behindLink(name) {
		return false, fs.ErrNotExist
	}
	fi, err := c.root.Lstat(name)
	switch {
	case err != nil:
		return false, err
	case want.Mode == filemode.Submodule:
		return c.sameModule(ctx, name, fi, want.Hash)
	case fi.IsDir():
		return false, fs.ErrNotExist
	case want.Mode == filemode.Symlink && (c.symlinks || !fi.Mode().IsRegular()):
		return c.sameLink(name, fi, want.Hash)
	case !fi.Mode().IsRegular():
		return false, nil
	case c.modes && executable(fi.Mode(), want.Mode == filemode.Executable) != (want.Mode == filemode.Executable):
		return false, nil
	case c.untouched(name, fi, want.Hash):
		return true, nil
	}
	return c.sameContent(name, fi.Size(), want)
}

// behindLink reports whether a folder above the name is a link: then git sees no file there.
func (c *comparison) behindLink(name string) bool {
	dir := path.Dir(name)
	if dir == "." {
		return false
	}
	is, asked := c.links[dir]
	if !asked {
		fi, err := c.root.Lstat(dir)
		is = c.behindLink(dir) || err == nil && fi.Mode()&fs.ModeSymlink != 0
		c.links[dir] = is
	}
	return is
}

// untouched trusts size and time as git does: not where the file is as young as the
// index itself, because it could have changed within one tick of the clock.
func (c *comparison) untouched(name string, fi fs.FileInfo, want plumbing.Hash) bool {
	e := c.byName[name]
	if e == nil {
		return false
	}
	now := store.StampOf(fi)
	return e.Hash == want && e.Size == uint32(now.Size) && e.ModifiedAt.UnixNano() == now.Mtime &&
		(now.Ctime == 0 || e.CreatedAt.UnixNano() == now.Ctime) && fi.ModTime().Before(c.stat.ModTime)
}

func (c *comparison) sameLink(name string, fi fs.FileInfo, want plumbing.Hash) (bool, error) {
	if fi.Mode()&fs.ModeSymlink == 0 {
		return false, nil
	}
	target, err := c.root.Readlink(name)
	return plumbing.ComputeHash(plumbing.BlobObject, []byte(target)) == want, err
}

const maxModules = 8 // repositories within each other

// sameModule compares a submodule: its commit, and that it has no changes of its own. One
// that was never fetched is an empty folder, and no change.
func (c *comparison) sameModule(ctx context.Context, name string, fi fs.FileInfo, want plumbing.Hash) (bool, error) {
	if !fi.IsDir() {
		return false, nil
	}
	if _, err := c.root.Lstat(path.Join(name, ".git")); err != nil || c.repo.deep >= maxModules {
		return true, nil
	}
	sub, err := Open(filepath.Join(c.repo.dir, filepath.FromSlash(name)))
	if err != nil || !sub.Exists() {
		return false, err
	}
	sub.deep = c.repo.deep + 1
	head, err := sub.Head()
	if err != nil || head.Commit != want.String() {
		return false, err
	}
	d, err := sub.Status(ctx)
	return !d.Any(), err
}

const maxConverted = 64 << 20 // bytes of a file that is converted in memory

// sameContent compares the bytes, and then what git would make of them.
func (c *comparison) sameContent(name string, size int64, want object.TreeEntry) (bool, error) {
	f, err := c.root.Open(name)
	if err != nil {
		return false, err
	}
	defer f.Close()
	h, stats := sha1.New(), &eolStats{}
	fmt.Fprintf(h, "blob %d\x00", size)
	if _, err := io.Copy(io.MultiWriter(h, stats), f); err != nil {
		return false, err
	}
	if plumbing.Hash(h.Sum(nil)) == want.Hash {
		return true, nil
	}
	stats.end()
	full := c.repo.inTop(name)
	if c.attrs.get(full, "filter") == "lfs" {
		return c.sameLFS(f, size, want.Hash)
	}
	if size > maxConverted || want.Mode == filemode.Symlink {
		return false, nil
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return false, err
	}
	b, err := io.ReadAll(io.LimitReader(f, maxConverted))
	if err != nil {
		return false, err
	}
	return plumbing.ComputeHash(plumbing.BlobObject, c.clean(full, b, want.Hash)) == want.Hash, nil
}

// clean makes of a file what git would put into the repository, where old is.
func (c *comparison) clean(full string, b []byte, old plumbing.Hash) []byte {
	stats := statsOf(b)
	if eolOf(c.attrs, full, c.settings).drops(stats, func() ([]byte, error) { return c.repo.whole(old) }) {
		var out bytes.Buffer
		u := &toUnix{w: &out}
		u.Write(b)
		u.end()
		b = out.Bytes()
	}
	if c.attrs.get(full, "ident") == attrSet {
		b = identID.ReplaceAll(b, []byte("$$Id$$"))
	}
	return b
}

var identID = regexp.MustCompile(`\$Id:[^\n$]*\$`)

// whole reads a blob, which is small where it is asked for; none for the zero hash.
func (r *Repo) whole(h plumbing.Hash) ([]byte, error) {
	if h.IsZero() {
		return nil, nil
	}
	b, err := r.repo.BlobObject(h)
	if err != nil {
		return nil, unreadable(err)
	}
	in, err := b.Reader()
	if err != nil {
		return nil, unreadable(err)
	}
	defer in.Close()
	return io.ReadAll(io.LimitReader(in, maxConverted))
}
