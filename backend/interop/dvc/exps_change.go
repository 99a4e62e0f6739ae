package dvc

import (
	"context"
	"slices"
	"strings"
	"time"

	"rondo/backend/errs"
	"rondo/backend/git"
	"rondo/backend/interop/dvc/exp"
)

// withExps opens the repository under the project's lock.
func (p *Project) withExps(work func(repo *git.Repo) error) error {
	unlock, err := p.lock()
	if err != nil {
		return err
	}
	defer unlock()
	repo, err := git.Open(p.Dir)
	if err != nil {
		return err
	}
	return work(repo)
}

// Branch makes a branch of git of an experiment, as `dvc exp branch` does, and returns its
// name: that of the experiment with -branch after it, if none is said.
func (p *Project) Branch(_ context.Context, rev, branch string) (string, error) {
	return branch, p.withExps(func(repo *git.Repo) error {
		e, err := exp.Of(repo, rev)
		if err != nil {
			return err
		}
		if branch == "" {
			branch = e.Name + "-branch"
		}
		ref := "refs/heads/" + branch
		if strings.HasPrefix(branch, "-") || branch == "HEAD" {
			return errs.New(errs.Invalid, "a branch cannot be called %s", branch)
		}
		if there, err := repo.Refs(ref); err != nil {
			return err
		} else if slices.ContainsFunc(there, func(r git.Ref) bool { return r.Name == ref }) {
			return errs.New(errs.Conflict, "git has a branch %s already", branch).WithHint("choose another name")
		}
		return repo.SetRef(ref, e.Commit, "dvc: Created from experiment '"+e.Name+"'", time.Now())
	})
}

// Rename gives an experiment another name, as `dvc exp rename` does. One that has the name
// already is replaced with force only.
func (p *Project) Rename(_ context.Context, from, to string, force bool) error {
	return p.withExps(func(repo *git.Repo) error {
		e, err := exp.Find(repo, from)
		if err != nil || e.Name == to {
			return err
		}
		if to == "" || strings.Contains(to, "/") {
			return errs.New(errs.Invalid, "%q is no name of an experiment", to).WithHint("choose one without /")
		}
		all, err := exp.All(repo)
		if err != nil {
			return err
		}
		ref := exp.Place(e.Baseline, to)
		if !force && slices.ContainsFunc(all, func(o exp.Ref) bool { return o.Ref == ref }) {
			return errs.New(errs.Conflict, "there is an experiment %s already", to).WithHint("choose another name, or say --force to replace it")
		}
		if err := repo.SetRef(ref, e.Commit, "", time.Now()); err != nil {
			return err
		}
		return repo.DropRef(e.Ref)
	})
}

// RemoveExps says which experiments to remove.
type RemoveExps struct {
	exp.Choice
	Keep bool   // remove the others
	Far  string // of a remote of git's, or a repository elsewhere; empty: of this one
}

// RemoveExps takes experiments away, as `dvc exp remove` does, and returns their names. The
// commits themselves go with git's next collection. Where a name is not there, none goes.
func (p *Project) RemoveExps(ctx context.Context, in RemoveExps) (removed []string, err error) {
	removed = []string{}
	if in.Far != "" {
		return removed, p.removeFar(ctx, in, &removed)
	}
	return removed, p.withExps(func(repo *git.Repo) error {
		all, err := exp.All(repo)
		if err != nil {
			return err
		}
		list, err := in.choose(repo, all)
		if err != nil {
			return err
		}
		applied, _ := repo.Resolve(exp.ExecApply)
		for _, e := range list {
			if err := repo.DropRef(e.Ref); err != nil {
				return err
			}
			removed = append(removed, e.Name)
			if e.Commit == applied {
				if err := repo.DropRef(exp.ExecApply); err != nil {
					return err
				}
			}
		}
		if len(list) > 0 {
			return repo.DropRef(exp.ExecBranch)
		}
		return nil
	})
}

func (in RemoveExps) choose(repo *git.Repo, all []exp.Ref) ([]exp.Ref, error) {
	chosen, err := in.Of(repo, all)
	if err != nil || !in.Keep {
		return chosen, err
	}
	return slices.DeleteFunc(all, func(e exp.Ref) bool { return slices.Contains(chosen, e) }), nil
}
