package git

import (
	"context"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"

	"rondo/backend/ignore"
)

// Files that are not committed are code where they are small. What is larger, or more
// than this, is data that somebody forgot to ignore.
const (
	maxUntracked      = 10 << 20 // bytes of one file
	maxUntrackedFiles = 10_000
)

// neverCode are folders that no project means as its own code, ignored or not.
var neverCode = map[string]bool{".git": true, ".rondo": true, ".venv": true, "node_modules": true, "__pycache__": true, ".ipynb_checkpoints": true}

// untracked walks the folder for files that neither the commit nor an ignore rule
// knows. Ignored folders are not entered. What a person has told git to add is told
// whatever the rules say.
func (c *comparison) untracked(ctx context.Context, committed map[string]object.TreeEntry, except []string) ([]string, []Skip, error) {
	w := &untrackedWalk{ctx: ctx, comparison: c, committed: committed, except: except, names: []string{}, seen: map[string]bool{}}
	if err := w.folder(".", c.outerRules()); err != nil {
		return w.names, w.skipped, err
	}
	for name, e := range c.byName {
		if _, known := committed[name]; known || w.seen[name] || e.Mode == filemode.Submodule || excepted(name, except) || c.behindLink(name) {
			continue
		}
		if fi, err := c.root.Lstat(name); err == nil && !fi.IsDir() {
			w.file(name, fs.FileInfoToDirEntry(fi))
		}
	}
	slices.Sort(w.names)
	return w.names, w.skipped, nil
}

type untrackedWalk struct {
	*comparison
	ctx       context.Context
	committed map[string]object.TreeEntry
	except    []string
	names     []string
	seen      map[string]bool
	skipped   []Skip
}

func (w *untrackedWalk) folder(dir string, rules []ignore.Pattern) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	entries, err := readDir(w.root, dir)
	if err != nil {
		return err
	}
	at := w.repo.inTop(path.Join(dir, ".gitignore"))
	if w.rules[at] != nil || slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == ".gitignore" }) {
		rules = append(rules[:len(rules):len(rules)], ignore.Rules(w.ignoresAt(at), folderOf(at))...)
	}
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		entry, known := w.committed[name]
		if known && (!e.IsDir() || entry.Mode == filemode.Submodule) {
			continue
		}
		if neverCode[e.Name()] || slices.Contains(w.except, name) || ignore.Ignored(rules, w.repo.inTop(name), e.IsDir(), w.fold) {
			continue
		}
		if !e.IsDir() {
			w.file(name, e)
		} else if !w.foreign(name) {
			if err := w.folder(name, rules); err != nil {
				return err
			}
		}
	}
	return nil
}

// readDir takes names that are no UTF-8 too, which an fs.FS does not.
func readDir(root *os.Root, dir string) ([]fs.DirEntry, error) {
	f, err := root.Open(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	list, err := f.ReadDir(-1)
	slices.SortFunc(list, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return list, err
}

// folderOf is the folder of a path from the top, empty for the top itself.
func folderOf(name string) string {
	if dir := path.Dir(name); dir != "." {
		return dir
	}
	return ""
}

// foreign reports whether a folder belongs to something else: another repository,
// or an environment of Python packages.
func (w *untrackedWalk) foreign(dir string) bool {
	for _, mark := range []string{".git", "pyvenv.cfg", "conda-meta"} {
		if _, err := w.root.Lstat(path.Join(dir, mark)); err == nil {
			return true
		}
	}
	return false
}

func (w *untrackedWalk) file(name string, e fs.DirEntry) {
	reason := w.unfit(name, e)
	if reason != "" {
		w.skipped = append(w.skipped, Skip{name, reason})
	}
	if len(w.names) < maxUntrackedFiles {
		w.names = append(w.names, name)
		w.seen[name] = true
	}
}

// unfit says why a file is named but not kept.
func (w *untrackedWalk) unfit(name string, e fs.DirEntry) string {
	fi, err := e.Info()
	switch {
	case err != nil:
		return "it cannot be read"
	case !utf8.ValidString(name):
		return "its name is not UTF-8"
	case len(w.names) >= maxUntrackedFiles:
		return "there are too many files that are not committed"
	case fi.Mode()&fs.ModeSymlink != 0:
		if target, err := w.root.Readlink(name); err != nil || !staysInside(name, target) {
			return "it is a link that leaves the project"
		}
	case !fi.Mode().IsRegular():
		return "it is not a file"
	case fi.Size() > maxUntracked:
		return "it is larger than 10 MiB"
	}
	return ""
}

// staysInside reports whether a link's target is in the project.
func staysInside(link, target string) bool {
	target = filepath.ToSlash(target)
	return !path.IsAbs(target) && filepath.IsLocal(filepath.FromSlash(path.Join(path.Dir(link), target)))
}

// outerRules are those of the person, of the repository and of the folders above.
func (c *comparison) outerRules() (rules []ignore.Pattern) {
	rules = ignore.Rules(c.settings.ownIgnores(c.top.Name()), "")
	if c.repo.repo == nil {
		return rules
	}
	rules = append(rules, ignore.Rules(outside(filepath.Join(commonOf(c.repo.gitDir), "info", "exclude")), "")...)
	if c.repo.sub == "" {
		return rules
	}
	at := ""
	for part := range strings.SplitSeq(c.repo.sub, "/") {
		rules = append(rules, ignore.Rules(c.ignoresAt(path.Join(at, ".gitignore")), at)...)
		at = path.Join(at, part)
	}
	return rules
}
