package dvc

import (
	"context"
	"slices"

	"rondo/backend/errs"
	"rondo/backend/git"
	"rondo/backend/interop/dvc/exp"
	"rondo/backend/remote"
)

// ExchangeExps says which experiments to exchange with another repository of git's, and what of
// their data with a remote of DVC's.
type ExchangeExps struct {
	exp.Choice
	Far      string // a remote of git's, an address or a folder
	Force    bool   // replace what has another meaning on the other side
	NoData   bool   // names and commits only
	Remote   string // of DVC's; empty: the default one
	RunCache bool
}

// ExchangedExps are the names of experiments that were exchanged, or not.
type ExchangedExps struct {
	Moved    []string   `json:"success"`
	UpToDate []string   `json:"up_to_date"`
	Diverged []string   `json:"diverged"` // both sides have one of that name, and not the same
	Data     *Exchanged `json:"data,omitempty"`
}

// ChosenExps lists experiments of this repository.
func (p *Project) ChosenExps(c exp.Choice) (list []exp.Ref, err error) {
	return list, p.withExps(func(repo *git.Repo) error {
		all, err := exp.All(repo)
		if err == nil {
			list, err = c.Of(repo, all)
		}
		return err
	})
}

// FarExps lists the experiments of another repository.
func (p *Project) FarExps(ctx context.Context, far string, c exp.Choice) (list []exp.Ref, err error) {
	return list, p.withFar(far, false, func(repo *git.Repo, f *git.Far) error {
		refs, err := f.Refs(ctx, exp.Prefix)
		if err == nil {
			list, err = c.Of(repo, exp.Among(refs))
		}
		return err
	})
}

// PushExps sends experiments to another repository, as `dvc exp push` does, and then their data to
// a remote.
func (p *Project) PushExps(ctx context.Context, in ExchangeExps) (done ExchangedExps, err error) {
	var list []exp.Ref
	err = p.withFar(in.Far, true, func(repo *git.Repo, f *git.Far) error {
		all, err := exp.All(repo)
		if err != nil {
			return err
		}
		if list, err = in.Of(repo, all); err != nil {
			return err
		}
		states, err := f.Push(ctx, refsOf(list), in.Force)
		if err == nil {
			done.sort(list, states)
		}
		return err
	})
	return p.withTheirData(ctx, in, list, done, err, p.Push)
}

// PullExps brings experiments of another repository, as `dvc exp pull` does, and then their data
// into the cache. The folder stays as it is.
func (p *Project) PullExps(ctx context.Context, in ExchangeExps) (done ExchangedExps, err error) {
	var list []exp.Ref
	err = p.withFar(in.Far, false, func(repo *git.Repo, f *git.Far) error {
		refs, err := f.Refs(ctx, exp.Prefix)
		if err != nil {
			return err
		}
		if list, err = in.Of(repo, exp.Among(refs)); err != nil {
			return err
		}
		states, err := f.Fetch(ctx, refsOf(list), in.Force)
		if err == nil {
			done.sort(list, states)
		}
		return err
	})
	return p.withTheirData(ctx, in, list, done, err, p.Fetch)
}

func (p *Project) removeFar(ctx context.Context, in RemoveExps, removed *[]string) error {
	return p.withFar(in.Far, true, func(repo *git.Repo, f *git.Far) error {
		refs, err := f.Refs(ctx, exp.Prefix)
		if err != nil {
			return err
		}
		list, err := in.choose(repo, exp.Among(refs))
		if err != nil {
			return err
		}
		var names []string
		for _, e := range list {
			names = append(names, e.Ref)
		}
		if err := f.Drop(ctx, names); err != nil {
			return err
		}
		for _, e := range list {
			*removed = append(*removed, e.Name)
		}
		return nil
	})
}

// withFar opens another repository, under the project's lock.
func (p *Project) withFar(far string, toPush bool, work func(repo *git.Repo, f *git.Far) error) error {
	return p.withExps(func(repo *git.Repo) error {
		f, err := repo.Far(far, toPush, remote.SSHSession)
		if err != nil {
			return err
		}
		return work(repo, f)
	})
}

func refsOf(list []exp.Ref) (refs []git.Ref) {
	for _, e := range list {
		refs = append(refs, git.Ref{Name: e.Ref, Commit: e.Commit})
	}
	return refs
}

func (d *ExchangedExps) sort(list []exp.Ref, states map[string]string) {
	d.Moved, d.UpToDate, d.Diverged = []string{}, []string{}, []string{}
	for _, e := range list {
		switch states[e.Ref] {
		case git.Moved:
			d.Moved = append(d.Moved, e.Name)
		case git.UpToDate:
			d.UpToDate = append(d.UpToDate, e.Name)
		case git.Diverged:
			d.Diverged = append(d.Diverged, e.Name)
		}
	}
}

// withTheirData moves the data of the experiments that both sides have now.
func (p *Project) withTheirData(ctx context.Context, in ExchangeExps, list []exp.Ref, done ExchangedExps, err error, move func(context.Context, Exchange) (Exchanged, error)) (ExchangedExps, error) {
	if err != nil {
		return done, err
	}
	commits, err := p.commitsOf(list, done.Diverged)
	if err == nil && !in.NoData && len(commits) > 0 {
		var data Exchanged
		data, err = move(ctx, Exchange{Remote: in.Remote, RunCache: in.RunCache, Revisions: Revisions{Just: commits}})
		done.Data = &data
	}
	if err == nil && len(done.Diverged) > 0 {
		err = errs.New(errs.Conflict, "there is something else by the name of %s on the other side, which stays", fewOf(done.Diverged)).WithHint("say --force to replace it")
	}
	return done, err
}

// commitsOf are the commits of experiments, but for some, back to where they began.
func (p *Project) commitsOf(list []exp.Ref, without []string) (commits []string, err error) {
	repo, err := git.Open(p.Dir)
	if err != nil {
		return nil, err
	}
	for _, e := range list {
		if slices.Contains(without, e.Name) {
			continue
		}
		of, err := e.Commits(repo)
		if err != nil {
			return nil, err
		}
		commits = append(commits, of...)
	}
	return commits, nil
}
