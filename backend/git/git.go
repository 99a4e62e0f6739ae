// Package git reads the state of the repository that a project lies in: the commit,
// the branch, and what of the code is in no commit. It can keep that rest, so that
// the code of a run can be written out again later, and it can commit the files that
// Rondo itself wrote. It needs no git executable, runs no hook and no filter, because a
// folder that came from elsewhere could name any program there, and never touches anything
// else. Ignore rules, attributes of line ends, settings with their includes and submodules
// are read as git reads them, which differential_test.go compares with git itself.
package git

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	gogit "github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"

	"rondo/backend/errs"
)

// Repo is the code of one project folder. The folder may be the top of a work tree,
// a folder inside of one, or in no repository at all: then Exists is false, Head is
// zero and every file counts as not committed. All paths are relative to the folder.
type Repo struct {
	dir    string // the project folder
	top    string // the top of the work tree
	gitDir string // what belongs to this work tree alone
	sub    string // the folder's place in the work tree, slash-separated; empty at the top
	repo   *gogit.Repository
	deep   int // how many repositories this one lies in, as their submodule
}

// Open finds the repository that dir lies in. It is cheap, and a Repo does not see
// what other programs pack away later, so open one for every piece of work.
func Open(dir string) (*Repo, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		abs = real
	}
	r := &Repo{dir: abs}
	top, gitDir := find(abs)
	if top == "" {
		return r, nil
	}
	repo, err := open(top, gitDir)
	if err != nil {
		return nil, errs.New(errs.Unavailable, "the git repository of %s cannot be read: %w", abs, err).
			WithHint("see what `git status` says there")
	}
	if repo == nil {
		return r, nil
	}
	rel, err := filepath.Rel(top, r.dir)
	if err != nil || !filepath.IsLocal(rel) {
		return r, nil
	}
	if rel != "." {
		r.sub = filepath.ToSlash(rel)
	}
	r.repo, r.top, r.gitDir = repo, top, gitDir
	return r, nil
}

// Init makes dir the top of a repository with the branch main, unless it is one
// already. A repository that dir lies in is left alone.
func Init(dir string) (*Repo, error) {
	r, err := Open(dir)
	if err != nil || r.Exists() && r.sub == "" {
		return r, err
	}
	_, err = gogit.PlainInitWithOptions(r.dir, &gogit.PlainInitOptions{
		InitOptions: gogit.InitOptions{DefaultBranch: plumbing.NewBranchReferenceName("main")},
	})
	if err != nil {
		return nil, errs.New(errs.Unavailable, "make a git repository of %s: %w", r.dir, err).WithHint("choose a folder that you may write to")
	}
	return Open(dir)
}

// Exists reports whether the folder is in a repository.
func (r *Repo) Exists() bool { return r.repo != nil }

// Head is where the work tree stands.
type Head struct {
	Commit string `json:"commit"`           // 40 hex digits; empty before the first commit
	Branch string `json:"branch,omitempty"` // empty where no branch is checked out
}

// Head returns the commit and branch that are checked out.
func (r *Repo) Head() (Head, error) {
	if r.repo == nil {
		return Head{}, nil
	}
	at, err := r.repo.Reference(plumbing.HEAD, false)
	if err != nil {
		return Head{}, unreadable(err)
	}
	h := Head{}
	if at.Type() == plumbing.SymbolicReference {
		h.Branch = at.Target().Short()
		at, err = r.repo.Reference(at.Target(), true)
		if errors.Is(err, plumbing.ErrReferenceNotFound) {
			return h, nil
		}
		if err != nil {
			return h, unreadable(err)
		}
	}
	h.Commit = at.Hash().String()
	return h, nil
}

func unreadable(err error) error {
	if Lacks(err) {
		return lacking(err)
	}
	return errs.New(errs.Unavailable, "the git repository cannot be read: %w", err).WithHint("see what `git status` and `git fsck` say")
}

// inTop returns a path's name in the work tree.
func (r *Repo) inTop(path string) string {
	if r.sub == "" {
		return path
	}
	return r.sub + "/" + path
}

// inside returns the project's name of a path of the work tree.
func (r *Repo) inside(path string) (string, bool) {
	if r.sub == "" {
		return path, true
	}
	return strings.CutPrefix(path, r.sub+"/")
}

// gone reports that a name leads to nothing.
func gone(err error) bool { return errors.Is(err, fs.ErrNotExist) || errors.Is(err, errNotDir) }

func (r *Repo) root() (*os.Root, error) { return os.OpenRoot(r.dir) }
