package git

import (
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/go-git/go-git/v5/plumbing/format/index"
)

const maxOwnFile = 1 << 20 // bytes of a file that says what git shall do

// ruleFiles are the files with rules that an index has, by name from the top: of one that
// is in conflict, our side.
func ruleFiles(x *index.Index) map[string]*index.Entry {
	list := map[string]*index.Entry{}
	for _, e := range x.Entries {
		base := path.Base(e.Name)
		if (base == ".gitattributes" || base == ".gitignore") && (e.Stage == settled || e.Stage == index.OurMode) {
			list[e.Name] = e
		}
	}
	return list
}

// attributesAt reads a .gitattributes by its name from the top. git takes the one in the
// index where it cannot open the folder's, be it gone or a link, which it does not follow.
func (c *comparison) attributesAt(name string) string {
	if text, ok := c.readOwn(name); ok {
		return text
	}
	return c.fromIndex(name)
}

// ignoresAt reads a .gitignore. Here the index counts only for what a sparse checkout
// leaves out of the folder.
func (c *comparison) ignoresAt(name string) string {
	text, ok := c.readOwn(name)
	if e := c.rules[name]; !ok && e != nil && e.SkipWorktree {
		return c.fromIndex(name)
	}
	return text
}

// readOwn reads a small file of the work tree, and reports whether git could open it: a
// folder it can, and finds nothing in it.
func (c *comparison) readOwn(name string) (string, bool) {
	name = filepath.FromSlash(name)
	fi, err := c.top.Lstat(name)
	switch {
	case err != nil:
		return "", false
	case !fi.Mode().IsRegular() || fi.Size() > maxOwnFile:
		return "", fi.Mode()&fs.ModeSymlink == 0
	}
	b, err := c.top.ReadFile(name)
	return string(b), err == nil
}

func (c *comparison) fromIndex(name string) string {
	e := c.rules[name]
	if e == nil {
		return ""
	}
	text, _, _ := c.repo.blob(e.Hash)
	return text
}

// outside reads a file of the person or of the machine.
func outside(at string) string {
	f, err := os.Open(at)
	if err != nil {
		return ""
	}
	defer f.Close()
	b, _ := io.ReadAll(io.LimitReader(f, maxOwnFile))
	return string(b)
}
