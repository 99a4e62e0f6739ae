package git

import (
	"cmp"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"

	"rondo/backend/errs"
)

const maxCommitted = 16 << 20 // bytes of a file that Commit takes

// Commit commits the content of exactly these paths on top of what is checked out. What
// else is staged or changed stays as it is. It returns the commit, or the one that
// is checked out where nothing differs.
func (r *Repo) Commit(paths []string, message string, now time.Time) (string, error) {
	if r.repo == nil {
		return "", errs.New(errs.Precondition, "%s is in no git repository", r.dir).WithHint("make one with `git init`, or leave the commit out")
	}
	if err := r.quiet(); err != nil {
		return "", err
	}
	author, err := r.author(now)
	if err != nil {
		return "", err
	}
	lock, err := r.lockIndex()
	if err != nil {
		return "", err
	}
	defer lock.Close()
	files, err := r.store(paths)
	if err != nil {
		return "", err
	}
	return r.commit(lock, files, author, message)
}

// quiet refuses while a merge or the like is in progress: a commit would end it.
func (r *Repo) quiet() error {
	for name, what := range map[string]string{
		"MERGE_HEAD": "merge", "CHERRY_PICK_HEAD": "cherry-pick", "REVERT_HEAD": "revert", "rebase-merge": "rebase", "rebase-apply": "rebase",
	} {
		if _, err := os.Lstat(filepath.Join(r.gitDir, name)); err == nil {
			return errs.New(errs.Precondition, "a %s is in progress in the git repository", what).WithHint("finish or abort it, then commit")
		}
	}
	return nil
}

// author is who git's settings say the person is.
func (r *Repo) author(now time.Time) (object.Signature, error) { return r.who("author", now) }

// who is what the environment says of the author or committer, then the settings, and then those
// of the user.
func (r *Repo) who(role string, now time.Time) (object.Signature, error) {
	s := r.settings()
	env := "GIT_" + strings.ToUpper(role)
	name := cmp.Or(os.Getenv(env+"_NAME"), s.get(role+".name"), s.get("user.name"))
	email := cmp.Or(os.Getenv(env+"_EMAIL"), s.get(role+".email"), s.get("user.email"))
	if name == "" || email == "" {
		return object.Signature{}, errs.New(errs.Precondition, "git does not know who you are, so nothing was committed").
			WithHint("git config --global user.name \"Your Name\"; git config --global user.email you@example.com")
	}
	return object.Signature{Name: name, Email: email, When: now}, nil
}

// Introduce tells this repository, and no other, who commits, where git does not
// know yet. It is for repositories that a program makes, such as samples.
func (r *Repo) Introduce(name, email string) error {
	if _, err := r.author(time.Time{}); !errs.Is(err, errs.Precondition) {
		return err
	}
	c, err := r.repo.Config()
	if err != nil {
		return unreadable(err)
	}
	c.User.Name, c.User.Email = name, email
	if err := r.repo.SetConfig(c); err != nil {
		return errs.Wrap(errs.Unavailable, err, "write the repository's settings")
	}
	return nil
}

// change is a file as it shall be in the commit.
type change struct {
	name string // from the top of the work tree
	hash plumbing.Hash
	mode filemode.FileMode
	info fs.FileInfo
}

// store writes the files' content into the repository, where nothing refers to it yet.
func (r *Repo) store(paths []string) (list []change, err error) {
	root, err := r.root()
	if err != nil {
		return nil, err
	}
	defer root.Close()
	committed, err := r.committed()
	if err != nil {
		return nil, err
	}
	c := r.compare(root)
	defer c.Close()
	for _, p := range paths {
		name := filepath.ToSlash(filepath.Clean(p))
		one, err := c.store(name, committed)
		if err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	slices.SortFunc(list, func(a, b change) int { return strings.Compare(a.name, b.name) })
	return slices.CompactFunc(list, func(a, b change) bool { return a.name == b.name }), nil
}

func (c *comparison) store(name string, committed map[string]object.TreeEntry) (change, error) {
	one := change{name: c.repo.inTop(name), mode: filemode.Regular}
	fi, err := c.root.Lstat(name)
	if err != nil {
		return one, errs.New(errs.NotFound, "commit %s: %w", name, err)
	}
	if err := c.committable(name, fi, committed); err != nil {
		return one, err
	}
	b, err := c.root.ReadFile(name)
	if err != nil {
		return one, err
	}
	old := committed[name]
	if c.modes && executable(fi.Mode(), false) || !c.modes && old.Mode == filemode.Executable {
		one.mode = filemode.Executable
	}
	one.info = fi
	one.hash, err = c.repo.write(plumbing.BlobObject, c.clean(one.name, b, old.Hash))
	return one, err
}

// committable refuses what git does not take, or would only by another program.
func (c *comparison) committable(name string, fi fs.FileInfo, committed map[string]object.TreeEntry) error {
	if c.behindLink(name) {
		return errs.New(errs.Invalid, "%s lies behind a link, so it is not committed", name).WithHint("commit it where the link leads to")
	}
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if committed[dir].Mode == filemode.Submodule {
			return errs.New(errs.Invalid, "%s lies in the submodule %s, so it is not committed here", name, dir).WithHint("commit it in %s itself", dir)
		}
	}
	if !fi.Mode().IsRegular() || fi.Size() > maxCommitted {
		return errs.New(errs.Invalid, "%s is no small file, so it is not committed", name)
	}
	if f := c.attrs.get(c.repo.inTop(name), "filter"); f != "" && f != attrUnset && c.settings.get("filter."+f+".clean")+c.settings.get("filter."+f+".process") != "" {
		return errs.New(errs.Precondition, "%s goes through git's filter %s, which Rondo does not run, so it is not committed", name, f).
			WithHint("commit it with git itself, or take it out of .gitattributes")
	}
	return nil
}

func (r *Repo) write(kind plumbing.ObjectType, b []byte) (plumbing.Hash, error) {
	o := r.repo.Storer.NewEncodedObject()
	o.SetType(kind)
	w, err := o.Writer()
	if err != nil {
		return plumbing.ZeroHash, err
	}
	if _, err := w.Write(b); err != nil {
		return plumbing.ZeroHash, err
	}
	if err := w.Close(); err != nil {
		return plumbing.ZeroHash, err
	}
	return r.repo.Storer.SetEncodedObject(o)
}

func (r *Repo) commit(lock *indexLock, files []change, author object.Signature, message string) (string, error) {
	head, err := r.repo.Reference(plumbing.HEAD, false)
	if err != nil {
		return "", unreadable(err)
	}
	committer, err := r.who("committer", author.When)
	if err != nil {
		return "", err
	}
	c := &object.Commit{Author: author, Committer: committer, Message: tidy(message)}
	tree, old := &object.Tree{}, (*plumbing.Reference)(nil)
	if at, err := r.repo.Head(); err == nil {
		parent, err := r.repo.CommitObject(at.Hash())
		if err != nil {
			return "", unreadable(err)
		}
		if tree, err = parent.Tree(); err != nil {
			return "", unreadable(err)
		}
		old, c.ParentHashes = at, []plumbing.Hash{at.Hash()}
	}
	for _, f := range files {
		if tree, err = r.graft(tree, strings.Split(f.name, "/"), f); err != nil {
			return "", err
		}
	}
	if c.TreeHash, err = r.writeTree(tree); err != nil {
		return "", err
	}
	if old != nil && r.sameTree(old.Hash(), c.TreeHash) {
		return old.Hash().String(), lock.save(files)
	}
	return r.advance(lock, head, old, c, files)
}

// tidy is git's own way with a message: no spaces at ends of lines, one empty line where
// there were more, none before and after.
func tidy(message string) string {
	var out []string
	for line := range strings.SplitSeq(message, "\n") {
		line = strings.TrimRight(line, " \t\r\v\f")
		if line == "" && (len(out) == 0 || out[len(out)-1] == "") {
			continue
		}
		out = append(out, line)
	}
	return strings.TrimRight(strings.Join(out, "\n"), "\n") + "\n"
}

func (r *Repo) sameTree(commit, tree plumbing.Hash) bool {
	c, err := r.repo.CommitObject(commit)
	return err == nil && c.TreeHash == tree
}

// advance writes the commit, moves the branch unless somebody else has moved it, and
// lets git's index know, so that `git status` shows the paths as committed.
func (r *Repo) advance(lock *indexLock, head, old *plumbing.Reference, c *object.Commit, files []change) (string, error) {
	o := r.repo.Storer.NewEncodedObject()
	if err := c.Encode(o); err != nil {
		return "", err
	}
	hash, err := r.repo.Storer.SetEncodedObject(o)
	if err != nil {
		return "", err
	}
	name := plumbing.HEAD
	if head.Type() == plumbing.SymbolicReference {
		name = head.Target()
	}
	made, err := r.madeFor(c.TreeHash, files)
	if err == nil {
		err = r.settle(append(made, hash))
	}
	if err != nil {
		return "", errs.New(errs.Unavailable, "the git repository cannot be written: %w", err).WithHint("see whether the disk is full")
	}
	if err := r.moveBranch(name, old, hash); err != nil {
		return "", err
	}
	return hash.String(), lock.save(files)
}
