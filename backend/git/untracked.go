package git

import (
	"bufio"
	"context"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/plumbing/format/gitignore"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// Files that are not committed are code where they are small. What is larger, or more
// than this, is data that somebody forgot to ignore.
const (
	maxUntracked      = 10 << 20 // bytes of one file
	maxUntrackedFiles = 10_000
	maxIgnoreFile     = 1 << 20
)

// neverCode are folders that no project means as its own code, ignored or not.
var neverCode = map[string]bool{".git": true, ".rondo": true, ".venv": true, "node_modules": true, "__pycache__": true, ".ipynb_checkpoints": true}

// untracked walks the folder for files that neither the commit nor an ignore rule
// knows. Ignored folders are not entered.
func (r *Repo) untracked(ctx context.Context, root *os.Root, committed map[string]object.TreeEntry, except []string) ([]string, []Skip, error) {
	w := &untrackedWalk{ctx: ctx, root: root, committed: committed, except: except, repo: r, names: []string{}}
	err := w.folder(".", r.outerRules())
	return w.names, w.skipped, err
}

type untrackedWalk struct {
	ctx       context.Context
	root      *os.Root
	repo      *Repo
	committed map[string]object.TreeEntry
	except    []string
	names     []string
	skipped   []Skip
}

func (w *untrackedWalk) folder(dir string, rules []gitignore.Pattern) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	rules = append(rules[:len(rules):len(rules)], readRules(w.root, path.Join(dir, ".gitignore"), w.repo.domain(dir))...)
	match := gitignore.NewMatcher(rules)
	entries, err := fs.ReadDir(w.root.FS(), dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		_, known := w.committed[name]
		if known || neverCode[e.Name()] || slices.Contains(w.except, name) || match.Match(w.repo.domain(name), e.IsDir()) {
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
	}
}

// unfit says why a file is named but not kept.
func (w *untrackedWalk) unfit(name string, e fs.DirEntry) string {
	fi, err := e.Info()
	switch {
	case err != nil:
		return "it cannot be read"
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

// domain is a path as gitignore rules see it: from the top of the work tree.
func (r *Repo) domain(name string) []string {
	full := path.Join(r.sub, name)
	if full == "." || full == "" {
		return nil
	}
	return strings.Split(full, "/")
}

// outerRules are those of the person, of the repository and of the folders above.
func (r *Repo) outerRules() []gitignore.Pattern {
	system := osfs.New("/")
	rules, _ := gitignore.LoadSystemPatterns(system)
	own, _ := gitignore.LoadGlobalPatterns(system)
	rules = append(rules, own...)
	if r.repo == nil {
		return rules
	}
	w, err := r.repo.Worktree()
	if err != nil {
		return rules
	}
	top, err := os.OpenRoot(w.Filesystem.Root())
	if err != nil {
		return rules
	}
	defer top.Close()
	rules = append(rules, readRules(top, ".git/info/exclude", nil)...)
	if r.sub == "" {
		return rules
	}
	at := ""
	for _, part := range strings.Split(r.sub, "/") {
		var domain []string
		if at != "" {
			domain = strings.Split(at, "/")
		}
		rules = append(rules, readRules(top, path.Join(at, ".gitignore"), domain)...)
		at = path.Join(at, part)
	}
	return rules
}

// readRules reads an ignore file; one that is not there has no rules.
func readRules(root *os.Root, name string, domain []string) (rules []gitignore.Pattern) {
	f, err := root.Open(name)
	if err != nil {
		return nil
	}
	defer f.Close()
	lines := bufio.NewScanner(io.LimitReader(f, maxIgnoreFile))
	for lines.Scan() {
		if s := strings.TrimRight(lines.Text(), "\r"); strings.TrimSpace(s) != "" && !strings.HasPrefix(s, "#") {
			rules = append(rules, gitignore.ParsePattern(s, domain))
		}
	}
	return rules
}
