package dvc

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"rondo/backend/errs"
	"rondo/backend/git"
	"rondo/backend/interop/dvc/exp"
	"rondo/backend/interop/dvc/metafile"
)

// Applied is what applying an experiment has done to the folder.
type Applied struct {
	Commit string   `json:"commit"`
	Kept   string   `json:"kept,omitempty"` // the commit that holds what no other had: refs/exps/apply/stash
	Files  git.Laid `json:"files"`
	Data   Changes  `json:"data"`
}

// Apply makes the folder as an experiment, or any commit, left it, as `dvc exp apply` does:
// the files that git tracks, and the data out of the cache. What is checked out stays. Changes
// that no commit has are kept in git as refs/exps/apply/stash, and earlier ones stay in its
// log. Where that does not reach, at data that the cache does not have and at files that git
// ignores, nothing is changed without force, where dvc overwrites.
func (p *Project) Apply(ctx context.Context, rev string, force bool) (done Applied, err error) {
	unlock, err := p.lock()
	if err != nil {
		return done, err
	}
	defer unlock()
	if err := p.locks().Unclaimed(nil, []string{"."}); err != nil {
		return done, err
	}
	repo, err := git.Open(p.Dir)
	if err != nil {
		return done, err
	}
	if done.Commit, err = exp.CommitOf(repo, rev); err != nil {
		return done, err
	}
	lay, err := repo.Lay(ctx, done.Commit)
	if err != nil {
		return done, err
	}
	defer lay.Close()
	if err := p.mayLay(ctx, repo, lay, done.Commit, force); err != nil {
		return done, err
	}
	if err := p.lay(ctx, repo, lay, rev, &done); err != nil {
		return done, err
	}
	lay.Close()
	if err := p.Reload(); err != nil {
		return done, err
	}
	if done.Data, err = p.checkout(ctx, Checkout{Force: true}); err != nil {
		return done, err
	}
	return done, repo.SetRef(exp.ExecApply, done.Commit, "", time.Now())
}

// lay keeps what is there, and then writes.
func (p *Project) lay(ctx context.Context, repo *git.Repo, lay *git.Laying, rev string, done *Applied) error {
	head, err := repo.Head()
	if err != nil {
		return err
	}
	now := time.Now()
	if err := repo.SetRef(exp.ApplyHead, head.Commit, "", now); err != nil {
		return err
	}
	if done.Kept, err = lay.Keep(exp.ApplyStash, fmt.Sprintf("dvc-exp-apply:%s:%s:%s", head.Commit, done.Commit, rev), now); err != nil {
		return err
	}
	if err := p.noteMore(); err != nil { // what the experiment does not track goes, also if dvc has brought it
		return err
	}
	done.Files, err = lay.Write(ctx)
	return err
}

// mayLay refuses an experiment that cannot be read, and the loss of what is kept nowhere.
func (p *Project) mayLay(ctx context.Context, repo *git.Repo, lay *git.Laying, commit string, force bool) error {
	tree, err := repo.FS(commit)
	if err != nil {
		return err
	}
	then, err := OpenTree(p.Dir, tree)
	if err != nil {
		return err
	}
	defer then.Close()
	if len(then.Problems) > 0 {
		return errs.New(errs.Invalid, "it cannot be applied: %w", then.Problems[0])
	}
	if force {
		return nil
	}
	lost, err := p.lostData(ctx, then, lay)
	if err != nil {
		return err
	}
	for _, name := range lay.InTheWay() {
		if has, err := p.hasContent(ctx, name); err != nil {
			return err
		} else if !has {
			lost = append(lost, name)
		}
	}
	if len(lost) == 0 {
		return nil
	}
	return errs.New(errs.Conflict, "%s would be overwritten, and neither git nor the cache has what lies there", named(lost)).
		WithHint("keep it first (rondo data commit, git add, or move it away), or say --force")
}

// lostData lists what of tracked data would be overwritten and is kept nowhere.
func (p *Project) lostData(ctx context.Context, then *Project, lay *git.Laying) (lost []string, err error) {
	c := &checkout{p: p}
	if err := c.planOf(ctx, then.outs()); err != nil {
		return nil, err
	}
	all, err := c.lost(ctx)
	for _, name := range all {
		if !lay.Keeps(name) {
			lost = append(lost, name)
		}
	}
	return lost, err
}

// hasContent reports whether the cache has what lies at a path of the project.
func (p *Project) hasContent(ctx context.Context, name string) (bool, error) {
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		return false, nil
	}
	for _, hash := range []string{metafile.MD5, metafile.Dos2Unix} {
		now, err := p.look(ctx, name, hash)
		if err != nil || now.sum == "" {
			return false, nil // a link that leads out, or to nothing
		}
		if has, err := p.Cache.Holds(ctx, hash, now.sum); has || err != nil {
			return has, err
		}
	}
	return false, nil
}

// named are the first of many paths.
func named(list []string) string {
	what := strings.Join(list[:min(len(list), maxNamed)], ", ")
	if len(list) > maxNamed {
		what += " and others"
	}
	return what
}
