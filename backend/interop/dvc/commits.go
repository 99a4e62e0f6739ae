package dvc

import (
	"context"

	"rondo/backend/errs"
	"rondo/backend/git"
)

// Revisions are commits that are meant beside the folder. The zero value is none.
type Revisions struct {
	Branches    bool // the last commit of each branch
	Tags        bool // and of each tag
	Commits     bool // all that a branch, also of a remote of git's, a tag or HEAD reaches
	Experiments bool // the last of each; with Commits all before them, too

	Just []string // these commits alone, and not the folder
}

// Any reports whether any commits are meant.
func (r Revisions) Any() bool {
	return r.Branches || r.Tags || r.Commits || r.Experiments || r.Just != nil
}

// EarlyEnd says that commits which are meant may not be known here, in a shallow clone, and the way out;
// it is empty otherwise.
func (p *Project) EarlyEnd(r Revisions) string {
	if !r.Any() {
		return ""
	}
	repo, err := git.Open(p.Dir)
	if err != nil {
		return "" // who reads the commits says so
	}
	return repo.Unknown("")
}

// commits calls fn with the project as each commit has it, the newest first.
func (p *Project) commits(ctx context.Context, r Revisions, fn func(then *Project, commit string) error) error {
	if !r.Any() {
		return nil
	}
	repo, err := git.Open(p.Dir)
	if err != nil {
		return err
	}
	list, err := r.list(repo)
	if err != nil {
		return err
	}
	for _, commit := range list {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		tree, err := repo.FS(commit)
		if err != nil {
			return err
		}
		then, err := p.then(tree)
		if err != nil {
			return err
		}
		err = fn(then, commit)
		then.root.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

func (r Revisions) list(repo *git.Repo) (commits []string, err error) {
	if r.Just != nil {
		return r.Just, nil
	}
	seen := map[string]bool{}
	for _, kind := range []struct {
		is     bool
		prefix string
	}{{r.Commits || r.Branches, "refs/heads/"}, {r.Commits || r.Tags, "refs/tags/"}, {r.Commits, "refs/remotes/"}, {r.Experiments, "refs/exps/"}} {
		if !kind.is {
			continue
		}
		refs, err := repo.Refs(kind.prefix)
		if err != nil {
			return nil, err
		}
		for _, ref := range refs {
			if !seen[ref.Commit] {
				seen[ref.Commit], commits = true, append(commits, ref.Commit)
			}
		}
	}
	if !r.Commits {
		return commits, nil
	}
	log, err := repo.Log(append(commits, "HEAD"), 0)
	if err != nil {
		return nil, err
	}
	commits = nil
	for _, c := range log {
		commits = append(commits, c.Commit)
	}
	return commits, nil
}

// manyVersions refuses what dvc refuses: what a remote of versions gets is noted in the folder's
// own .dvc files and locks, and no commit has any to be changed.
func manyVersions(f far, name string, r Revisions) error {
	if _, is := f.(*versions); !is || !r.Any() {
		return nil
	}
	return errs.New(errs.Precondition, "the remote %s is one of versions, to which only the folder's data can be pushed", name).
		WithHint("push each commit when it is made, or check it out and push then")
}
