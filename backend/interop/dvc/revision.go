package dvc

import (
	"errors"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/git"
	"rondo/backend/interop/dvc/exp"
)

// Workspace is the name of the folder as it lies there, among revisions.
const Workspace = "workspace"

// At is the project in a revision of git: a commit, branch or tag, an experiment of DVC's, or
// Workspace. Close it, unless it is the project itself.
func (p *Project) At(rev string) (*Project, error) {
	if rev == Workspace {
		return p, nil
	}
	repo, err := git.Open(p.Dir)
	if err != nil {
		return nil, err
	}
	commit, err := exp.CommitOf(repo, rev)
	if err != nil {
		return nil, err
	}
	tree, err := repo.FS(commit)
	if err != nil {
		return nil, err
	}
	return allThere(OpenTree(p.Dir, tree))
}

// allThere refuses a project at a commit of which git does not have all files: what they say is no
// mistake in them, and what there is without them is another project.
func allThere(p *Project, err error) (*Project, error) {
	if err != nil {
		return nil, err
	}
	if err := p.lacking(); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

func (p *Project) lacking() error {
	for _, problem := range p.Problems {
		if git.Lacks(problem) {
			return problem
		}
	}
	return nil
}

// Misset is the first of Problems that is one of the settings, which are the same in each revision.
func (p *Project) Misset() error { return p.misset }

// NamedCommit is a commit, and what it is called where it is told of.
type NamedCommit struct{ Name, Commit string }

// Named are the commits that are meant, each once, under the names of the branches and tags that
// led to it, with commas between; a commit that is meant for its own sake under its id.
func (p *Project) Named(r Revisions) (list []NamedCommit, err error) {
	repo, err := git.Open(p.Dir)
	if err != nil {
		return nil, err
	}
	commits, err := r.list(repo)
	if err != nil || !repo.Exists() {
		return nil, errors.Join(err, noGit(repo, p.Dir))
	}
	names := map[string][]string{}
	for _, kind := range []struct {
		is     bool
		prefix string
	}{{r.Branches, "refs/heads/"}, {r.Tags, "refs/tags/"}} {
		if !kind.is || r.Commits {
			continue
		}
		refs, err := repo.Refs(kind.prefix)
		if err != nil {
			return nil, err
		}
		for _, ref := range refs {
			names[ref.Commit] = append(names[ref.Commit], strings.TrimPrefix(ref.Name, kind.prefix))
		}
	}
	for _, commit := range commits {
		list = append(list, NamedCommit{firstText(strings.Join(names[commit], ","), commit), commit})
	}
	return list, nil
}

func noGit(repo *git.Repo, dir string) error {
	if repo.Exists() {
		return nil
	}
	return errs.New(errs.Precondition, "%s is in no git repository, and has no branches, tags and commits", dir)
}
