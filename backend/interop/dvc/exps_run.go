package dvc

import (
	"context"
	"path"
	"slices"
	"time"

	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/git"
	"rondo/backend/interop/dvc/exp"
	"rondo/backend/interop/dvc/metafile"
	"rondo/backend/pipeline"
)

// PlanExperiment gives an experiment that is to be run its name, if it has none, and the commit
// that is checked out as its baseline. It refuses what could not be kept afterwards.
func (p *Project) PlanExperiment(e pipeline.Experiment, force bool) (pipeline.Experiment, error) {
	repo, head, err := p.headOf()
	if err != nil {
		return e, err
	}
	if e.Baseline = head; e.Name == "" {
		e.Name = exp.NewName(repo, head)
	}
	return e, exp.MayBeCalled(repo, head, e.Name, force)
}

// headOf is the repository, and the commit that is checked out, at which experiments begin.
func (p *Project) headOf() (*git.Repo, string, error) {
	repo, err := git.Open(p.Dir)
	if err != nil {
		return nil, "", err
	}
	if err := noGit(repo, p.Dir); err != nil {
		return nil, "", err
	}
	head, err := repo.Head()
	if err == nil && head.Commit == "" {
		err = errs.New(errs.Precondition, "the git repository has no commit yet, at which an experiment could begin").WithHint("git commit")
	}
	return repo, head.Commit, err
}

// Suppose implements pipeline.Experimenter.
func (b *Books) Suppose(set []string) error { return b.p.Suppose(set) }

// Prepare implements pipeline.Experimenter: what `dvc exp run` does before it reproduces.
func (b *Books) Prepare(ctx context.Context, e pipeline.Experiment, force bool, addresses []string) error {
	p := b.p
	unlock, err := p.lock()
	if err != nil {
		return err
	}
	defer unlock()
	if err := p.mayBegin(ctx, e, force); err != nil {
		return err
	}
	if err := p.setParams(e.Set); err != nil {
		return err
	}
	fault.Point("dvc.params")
	if err := p.Reload(); err != nil {
		return err
	}
	if len(p.Problems) > 0 {
		return p.Problems[0]
	}
	for _, f := range p.dataOf(addresses) {
		b.begun[f.Path] = true
		if err := b.track(ctx, f, false, func(string, ...any) {}); err != nil {
			return err
		}
	}
	b.exp = &e
	return p.bringOuts(ctx, addresses)
}

// bringOuts brings what is recorded of some stages and what they need, of all without any. Where
// that would overwrite what nobody has kept it does nothing, and the stages decide.
func (p *Project) bringOuts(ctx context.Context, addresses []string) error {
	targets := slices.DeleteFunc(slices.Clone(addresses), func(a string) bool {
		return !slices.ContainsFunc(p.outs(), func(o tracked) bool { return o.stage == a })
	})
	if len(addresses) > 0 && len(targets) == 0 {
		return nil
	}
	c := &checkout{p: p, in: Checkout{Selection: Selection{Targets: targets, WithDeps: true}}}
	if err := c.plan(ctx); err != nil {
		return err
	}
	if lost, err := c.lost(ctx); err != nil || len(lost) > 0 {
		return err
	}
	err := c.apply(ctx)
	if len(c.done.Failed)+len(c.done.Damaged) > 0 {
		return nil // what the cache lacks
	}
	return err
}

// mayBegin refuses an experiment that could not be kept, before anything is changed for it.
func (p *Project) mayBegin(ctx context.Context, e pipeline.Experiment, force bool) error {
	repo, err := p.stillAt(e, force)
	if err != nil {
		return err
	}
	if err := p.locks().Unclaimed(nil, []string{"."}); err != nil {
		return err
	}
	lay, err := repo.Lay(ctx, e.Baseline)
	if err != nil {
		return err
	}
	lay.Close()
	return nil
}

// stillAt is the repository, if what is checked out is where the experiment began.
func (p *Project) stillAt(e pipeline.Experiment, force bool) (*git.Repo, error) {
	repo, head, err := p.headOf()
	if err != nil {
		return nil, err
	}
	if head != e.Baseline {
		return nil, errs.New(errs.Conflict, "the experiment began at %.8s, and %.8s is checked out by now", e.Baseline, head).
			WithHint("rondo exps save --name %s keeps the folder as it is", e.Name)
	}
	return repo, exp.MayBeCalled(repo, head, e.Name, force)
}

// dataOf are the .dvc files whose data is there and is read by some stages; of all, if none are
// named.
func (p *Project) dataOf(addresses []string) []SingleFile {
	return slices.DeleteFunc(slices.Clone(p.Singles), func(f SingleFile) bool {
		if f.Cmd != "" {
			return true
		}
		for _, o := range f.Outs {
			at, here := p.where(path.Join(path.Dir(f.Path), f.Wdir), o.Entry.Path)
			if _, err := p.stat(at); !here || err != nil {
				return true
			}
		}
		return len(addresses) > 0 && !slices.ContainsFunc(addresses, func(a string) bool {
			_, s, err := p.find(a)
			return err == nil && p.reads(s, f)
		})
	})
}

// Keep implements pipeline.Experimenter: a commit of the folder that no branch has, as `dvc exp
// run` makes it. HEAD, branches and index stay; dvc takes what was staged out of the index.
func (b *Books) Keep(ctx context.Context, e pipeline.Experiment, force bool, all, ran []string) (pipeline.Experiment, error) {
	p := b.p
	unlock, err := p.lock()
	if err != nil {
		return e, err
	}
	defer unlock()
	if err := p.Reload(); err != nil {
		return e, err
	}
	repo, err := p.stillAt(e, force)
	if err != nil {
		return e, err
	}
	lay, err := repo.Lay(ctx, e.Baseline)
	if err != nil {
		return e, err
	}
	defer lay.Close()
	if e.Message == "" {
		e.Message = "dvc: commit experiment " + p.expHash(func(address string) bool { return slices.Contains(ran, address) })
	}
	_, files, err := overrides(e.Set)
	if err != nil {
		return e, err
	}
	now := time.Now()
	saved, err := lay.Save(e.Message, p.looseOf(lay, all, files), now)
	if err != nil {
		return e, err
	}
	fault.Point("dvc.saved")
	e.Commit = saved.Commit
	return e, repo.SetRef(exp.Place(e.Baseline, e.Name), e.Commit, "", now)
}

// looseOf are the files that git does not track and that belong to an experiment of some stages
// all the same: what those are written in, read and make, as far as neither DVC nor git keeps it
// out, and what is named at the top of a dvc.yaml.
func (p *Project) looseOf(lay *git.Laying, stages, params []string) (list []string) {
	own := append(p.topFiles(), params...)
	for _, address := range stages {
		pl, s, err := p.find(address)
		if err != nil {
			continue
		}
		own = append(own, pl.File, path.Join(path.Dir(pl.File), metafile.LockFile))
		for _, at := range s.Deps {
			own = append(own, path.Join(s.Wdir, at))
		}
		for _, d := range s.Params {
			own = append(own, path.Join(s.Wdir, d.File))
		}
		for _, o := range s.Outs {
			if o.NoCache {
				own = append(own, path.Join(s.Wdir, o.Path))
			}
		}
		for _, f := range p.dataOf([]string{address}) {
			own = append(own, f.Path)
		}
	}
	for _, name := range lay.Loose() {
		if slices.ContainsFunc(own, func(at string) bool { return name == at || inside(name, at) }) {
			list = append(list, name)
		}
	}
	return list
}
