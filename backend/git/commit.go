package git

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/storage/filesystem"

	"rondo/backend/errs"
)

const scope = config.SystemScope // the repository's settings, then the person's, then the machine's

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
	dir, err := r.gitDir()
	if err != nil {
		return err
	}
	for name, what := range map[string]string{
		"MERGE_HEAD": "merge", "CHERRY_PICK_HEAD": "cherry-pick", "REVERT_HEAD": "revert", "rebase-merge": "rebase", "rebase-apply": "rebase",
	} {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			return errs.New(errs.Precondition, "a %s is in progress in the git repository", what).WithHint("finish or abort it, then commit")
		}
	}
	return nil
}

func (r *Repo) gitDir() (string, error) {
	s, ok := r.repo.Storer.(*filesystem.Storage)
	if !ok {
		return "", errs.New(errs.Internal, "the repository is not in files")
	}
	return s.Filesystem().Root(), nil
}

func (r *Repo) author(now time.Time) (object.Signature, error) {
	c, err := r.repo.ConfigScoped(scope)
	if err != nil {
		return object.Signature{}, unreadable(err)
	}
	name, email := c.Author.Name, c.Author.Email
	if name == "" {
		name = c.User.Name
	}
	if email == "" {
		email = c.User.Email
	}
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
	for _, p := range paths {
		name := filepath.ToSlash(filepath.Clean(p))
		c, err := r.storeOne(root, name)
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b change) int { return strings.Compare(a.name, b.name) })
	return slices.CompactFunc(list, func(a, b change) bool { return a.name == b.name }), nil
}

func (r *Repo) storeOne(root *os.Root, name string) (change, error) {
	c := change{name: r.inTop(name), mode: filemode.Regular}
	fi, err := root.Lstat(name)
	if err != nil {
		return c, errs.New(errs.NotFound, "commit %s: %w", name, err)
	}
	if !fi.Mode().IsRegular() || fi.Size() > maxCommitted {
		return c, errs.New(errs.Invalid, "%s is no small file, so it is not committed", name)
	}
	b, err := root.ReadFile(name)
	if err != nil {
		return c, err
	}
	if executable(fi.Mode(), false) {
		c.mode = filemode.Executable
	}
	c.info = fi
	c.hash, err = r.write(plumbing.BlobObject, b)
	return c, err
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
	c := &object.Commit{Author: author, Committer: author, Message: strings.TrimSpace(message) + "\n"}
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
	if old != nil {
		old = plumbing.NewHashReference(name, old.Hash())
	}
	if err := r.repo.Storer.CheckAndSetReference(plumbing.NewHashReference(name, hash), old); err != nil {
		return "", errs.New(errs.Conflict, "the branch moved while the commit was made: %w", err).WithHint("try again")
	}
	return hash.String(), lock.save(files)
}
