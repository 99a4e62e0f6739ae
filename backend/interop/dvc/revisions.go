package dvc

import (
	"context"
	"strings"
	"time"

	"rondo/backend/errs"
	"rondo/backend/git"
	"rondo/backend/interop/dvc/exp"
)

// Kinds of revisions.
const (
	KindWorkspace  = "workspace" // the folder as it lies there
	KindExperiment = "experiment"
	KindBranch     = "branch"
	KindTag        = "tag"
	KindCommit     = "commit" // one that leads to what is checked out
)

// Revision is what the figures and plots of a project can be asked of.
type Revision struct {
	Name   string     `json:"name"` // by which it is asked for
	Kind   string     `json:"kind"`
	Commit string     `json:"commit,omitempty"`
	At     *time.Time `json:"at,omitempty"`
	Text   string     `json:"text,omitempty"` // the first line of a commit's message
}

const maxRevisions = 100 // commits of one list

// Project opens the project to be read.
func (v *Inventory) Project() (*Project, error) {
	p, err := v.open()
	if err == nil && p == nil {
		err = errs.New(errs.NotFound, "this project is no DVC project").WithHint("`rondo runs compare` shows what differs between runs")
	}
	return p, err
}

// Revisions lists the folder, experiments, branches, tags and the newest commits, in this order.
func (v *Inventory) Revisions(ctx context.Context) ([]Revision, error) {
	p, err := v.Project()
	if err != nil {
		return nil, err
	}
	defer p.Close()
	list := []Revision{{Name: Workspace, Kind: KindWorkspace}}
	repo, err := git.Open(p.Dir)
	if err != nil || !repo.Exists() {
		return list, err
	}
	exps, err := exp.All(repo)
	if err != nil {
		return nil, err
	}
	for _, e := range exps {
		list = append(list, revision(repo, KindExperiment, e.Name, e.Commit))
	}
	for _, kind := range []struct{ kind, prefix string }{{KindBranch, "refs/heads/"}, {KindTag, "refs/tags/"}} {
		refs, err := repo.Refs(kind.prefix)
		if err != nil {
			return nil, err
		}
		for _, r := range refs {
			list = append(list, revision(repo, kind.kind, strings.TrimPrefix(r.Name, kind.prefix), r.Commit))
		}
	}
	commits, err := repo.Log([]string{"HEAD"}, maxRevisions)
	for _, c := range commits {
		list = append(list, ofCommit(KindCommit, c.Commit[:10], c))
	}
	return list, err
}

// revision tells of a name in git; one whose commit cannot be read is told by its name.
func revision(repo *git.Repo, kind, name, commit string) Revision {
	c, err := repo.LogOne(commit)
	if err != nil {
		return Revision{Name: name, Kind: kind, Commit: commit}
	}
	return ofCommit(kind, name, c)
}

func ofCommit(kind, name string, c git.Logged) Revision {
	at := c.When.UTC()
	first, _, _ := strings.Cut(c.Message, "\n")
	return Revision{name, kind, c.Commit, &at, first}
}
