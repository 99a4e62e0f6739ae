package git

import (
	"context"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"

	"rondo/backend/errs"
)

// Laying is a commit whose files are about to be laid into the whole work tree, over what
// lies there, while HEAD stays where it is: what `git checkout COMMIT -- .` does, and that
// the index is HEAD's afterwards, so that all of it shows as changes. Close it.
type Laying struct {
	*comparison
	repo *Repo
	root *os.Root
	seen *seenIndex
	head Head
	out  *export

	want  map[string]object.TreeEntry // what the commit has
	were  map[string]object.TreeEntry // what HEAD has
	index map[string]object.TreeEntry // what the index has

	dirty         bool
	changed, gone map[string]bool // against the index
	loose         map[string]bool // what is untracked
	write, remove []string
	inTheWay      map[string]bool // what lies where something is to be written
	sub           string          // the folder that names are relative to, in the work tree
}

// Lay compares a commit with what lies in the work tree. Nothing is changed yet. It refuses
// while a merge or the like is going on, or another git command is at work.
func (r *Repo) Lay(ctx context.Context, commit string) (*Laying, error) {
	if r.repo == nil {
		return nil, errs.New(errs.Precondition, "%s is in no git repository", r.dir)
	}
	whole, err := Open(r.top)
	if err != nil {
		return nil, err
	}
	l := &Laying{repo: whole, sub: r.sub, changed: map[string]bool{}, gone: map[string]bool{}, loose: map[string]bool{}, inTheWay: map[string]bool{}}
	if err := l.open(commit); err != nil {
		l.Close()
		return nil, err
	}
	for _, step := range []func(context.Context) error{l.compareIndex, l.compareCommit} {
		if err := step(ctx); err != nil {
			l.Close()
			return nil, err
		}
	}
	return l, nil
}

func (l *Laying) open(commit string) (err error) {
	if err = l.repo.quiet(); err != nil {
		return err
	}
	if l.head, err = l.repo.Head(); err != nil {
		return err
	}
	if l.head.Commit == "" {
		return errs.New(errs.Precondition, "the git repository has no commit yet").WithHint("commit something first")
	}
	if l.seen, err = l.repo.seeIndex(); err != nil {
		return err
	}
	if l.root, err = l.repo.root(); err != nil {
		return err
	}
	l.comparison = l.repo.compare(l.root)
	if l.were, err = l.repo.filesOf(l.head.Commit); err != nil {
		return err
	}
	if l.want, err = l.repo.filesOf(commit); err != nil {
		return err
	}
	l.out = &export{root: l.root, left: []Skip{}, repo: l.repo, settings: l.settings}
	l.out.attrs = l.repo.attributes(l.settings, func(name string) string { return l.repo.committedText(commit, name) })
	return l.readIndex()
}

// readIndex takes the index over. What it leaves out of the folder, or has undecided, is not
// for programs that do not know of it.
func (l *Laying) readIndex() error {
	l.index = map[string]object.TreeEntry{}
	for _, e := range l.seen.index.Entries {
		if e.Stage != settled {
			return errs.New(errs.Precondition, "%s is in conflict in the git repository", e.Name).WithHint("decide it, and `git add` it")
		}
		if e.SkipWorktree {
			return errs.New(errs.Precondition, "the git repository has a sparse checkout, which is not written to").WithHint("git sparse-checkout disable")
		}
		l.index[e.Name] = object.TreeEntry{Mode: e.Mode, Hash: e.Hash}
	}
	return nil
}

// Close lets go of the work tree.
func (l *Laying) Close() {
	if l.comparison != nil {
		l.comparison.Close()
	}
	if l.root != nil {
		l.root.Close()
	}
}

// compareIndex finds what a person has changed.
func (l *Laying) compareIndex(ctx context.Context) error {
	for name, e := range l.index {
		if err := ctx.Err(); err != nil {
			return err
		}
		if e.Mode == filemode.Submodule {
			continue
		}
		same, err := l.same(ctx, name, e)
		switch {
		case gone(err):
			l.gone[name] = true
		case err != nil:
			return errs.Wrap(errs.Unavailable, err, "read %s", name)
		case !same:
			l.changed[name] = true
		}
	}
	untracked, _, err := l.untracked(ctx, l.index, nil)
	if err != nil {
		return err
	}
	for _, name := range untracked {
		l.loose[name] = true
	}
	l.dirty = len(l.changed)+len(l.gone)+len(l.loose) > 0 || !sameFiles(l.were, l.index)
	return nil
}

func sameFiles(a, b map[string]object.TreeEntry) bool {
	for name, e := range a {
		if o, ok := b[name]; !ok || o.Hash != e.Hash || o.Mode != e.Mode {
			return false
		}
	}
	return len(a) == len(b)
}

// compareCommit finds what is to be written and removed, and what lies in the way.
func (l *Laying) compareCommit(ctx context.Context) error {
	for name, e := range l.want {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := fit(name); err != nil {
			return err
		}
		if e.Mode == filemode.Submodule || ownPlace(name) {
			continue
		}
		same, err := l.same(ctx, name, e)
		if err != nil && !gone(err) {
			return errs.Wrap(errs.Unavailable, err, "read %s", name)
		}
		if same && err == nil {
			continue
		}
		if err := l.unfiltered(name); err != nil {
			return err
		}
		l.write = append(l.write, name)
		if err := l.look(name); err != nil {
			return err
		}
	}
	slices.Sort(l.write)
	l.findRemoved()
	return nil
}

// findRemoved finds what HEAD has and the commit does not. Beside changes all of it stays, as
// with `dvc exp apply`.
func (l *Laying) findRemoved() {
	for name, e := range l.were {
		if _, stays := l.want[name]; !stays && !l.dirty && e.Mode != filemode.Submodule && !ownPlace(name) {
			l.remove = append(l.remove, name)
		}
	}
	slices.Sort(l.remove)
}

// fit refuses names that no git would write, which only a repository made by hand has.
func fit(name string) error {
	ok := fs.ValidPath(name) && filepath.IsLocal(filepath.FromSlash(name))
	for part := range strings.SplitSeq(name, "/") {
		ok = ok && !strings.EqualFold(part, ".git") && !strings.EqualFold(part, "git~1")
	}
	if !ok {
		return errs.New(errs.Invalid, "the commit has a file %q, which is not written", name).WithHint("`git fsck` tells more")
	}
	return nil
}

// ownPlace reports whether a path is where programs keep what is theirs alone: Rondo's
// records, and what DVC works with. dvc commits some of it, and reads it with pickle.
func ownPlace(name string) bool {
	parts := strings.Split(name, "/")
	for i, p := range parts {
		if p == ".rondo" || p == ".dvc" && i+2 < len(parts) && (parts[i+1] == "tmp" || parts[i+1] == "cache") {
			return true
		}
	}
	return false
}

// unfiltered refuses what git would only write by another program.
func (l *Laying) unfiltered(name string) error {
	f := l.out.attrs.get(name, "filter")
	if f == "" || f == attrUnset || f == "lfs" || l.settings.get("filter."+f+".smudge")+l.settings.get("filter."+f+".process") == "" {
		return nil
	}
	return errs.New(errs.Precondition, "%s goes through git's filter %s, which Rondo does not run, so nothing was written", name, f).
		WithHint("use dvc itself, or take it out of .gitattributes")
}

// look notes what lies where a file is to be written: there, above it as a file or link, or
// below it.
func (l *Laying) look(name string) error {
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if fi, err := l.root.Lstat(dir); err == nil && !fi.IsDir() {
			l.inTheWay[dir] = true
		}
	}
	if l.behindLink(name) {
		return nil
	}
	fi, err := l.root.Lstat(name)
	if gone(err) {
		return nil
	}
	if err != nil || !fi.IsDir() {
		l.inTheWay[name] = true
		return err
	}
	return fs.WalkDir(l.root.FS(), name, func(at string, d fs.DirEntry, err error) error {
		if err == nil && d.Name() == ".git" {
			return errs.New(errs.Conflict, "%s is a git repository of its own, and a file of the commit has its place", path.Dir(at)).WithHint("move it away")
		}
		if err == nil && !d.IsDir() {
			l.inTheWay[at] = true
		}
		return err
	})
}

// InTheWay lists what would be overwritten though git neither has it nor would keep it: files
// that it ignores.
func (l *Laying) InTheWay() (list []string) {
	for name := range l.inTheWay {
		if !l.keeps(name) {
			list = append(list, l.told(name))
		}
	}
	slices.Sort(list)
	return list
}

// Keeps reports whether git has a file of the folder as it lies there, or will have it by Keep.
func (l *Laying) Keeps(name string) bool { return l.keeps(path.Join(l.sub, name)) }

func (l *Laying) keeps(name string) bool {
	e, tracked := l.index[name]
	return tracked && e.Mode != filemode.Submodule || l.loose[name]
}

// told is a name as seen from the folder.
func (l *Laying) told(name string) string {
	rel, err := filepath.Rel(filepath.FromSlash("/"+l.sub), filepath.FromSlash("/"+name))
	if err != nil {
		return name
	}
	return filepath.ToSlash(rel)
}
