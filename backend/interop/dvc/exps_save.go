package dvc

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"rondo/backend/errs"
	"rondo/backend/git"
	"rondo/backend/interop/dvc/doc"
	"rondo/backend/interop/dvc/exp"
	"rondo/backend/interop/dvc/metafile"
)

// SaveExp says how to keep the folder as an experiment.
type SaveExp struct {
	Name      string // empty: one of the experiment's hash
	Message   string // of the commit; empty: DVC's own
	Force     bool   // replace one of that name
	Targets   []string
	Untracked []string // files and folders that git does not track, and that belong to it all the same
}

// SavedExp is an experiment that was kept.
type SavedExp struct {
	Name   string   `json:"name"`
	Commit string   `json:"ref"`  // as `dvc exp save --json` calls it
	Left   []string `json:"left"` // untracked files that are not in it
}

// SaveExp keeps the folder as an experiment that began at what is checked out, as `dvc exp save`
// does: it records the data as CommitAll does, and commits what git tracks, as it lies there,
// beside the files named at the top of a dvc.yaml. HEAD, branches and index stay; dvc takes
// what was staged out of the index.
func (p *Project) SaveExp(ctx context.Context, in SaveExp) (done SavedExp, err error) {
	if len(p.Problems) > 0 {
		return done, p.Problems[0]
	}
	return done, p.withExps(func(repo *git.Repo) error {
		head, err := repo.Head()
		if err != nil {
			return err
		}
		if head.Commit == "" {
			return errs.New(errs.Precondition, "the git repository has no commit yet, at which an experiment could begin").WithHint("git commit")
		}
		if err := exp.MayBeCalled(repo, head.Commit, in.Name, in.Force); err != nil {
			return err
		}
		if err := p.locks().Unclaimed(nil, []string{"."}); err != nil {
			return err
		}
		if err := p.commitAll(ctx, p.withData(in.Targets)...); err != nil {
			return err
		}
		done, err = p.saveExp(ctx, repo, head.Commit, in)
		return err
	})
}

// withData are some targets and all data that is there, which dvc records whatever is named.
func (p *Project) withData(targets []string) []string {
	if len(targets) == 0 {
		return nil
	}
	for _, o := range p.outs() {
		if o.stage == o.file && !slices.Contains(targets, o.file) { // a .dvc file
			if _, err := p.stat(o.at); err == nil {
				targets = append(slices.Clone(targets), o.file)
			}
		}
	}
	return targets
}

func (p *Project) saveExp(ctx context.Context, repo *git.Repo, baseline string, in SaveExp) (done SavedExp, err error) {
	hash := p.expHash(func(string) bool { return len(in.Targets) == 0 })
	if in.Message == "" {
		in.Message = "dvc: commit experiment " + hash
	}
	lay, err := repo.Lay(ctx, baseline)
	if err != nil {
		return done, err
	}
	defer lay.Close()
	for _, name := range in.Untracked {
		if _, err := p.root.Lstat(name); err != nil {
			return done, errs.New(errs.NotFound, "there is no %s to include", name)
		}
	}
	now := time.Now()
	saved, err := lay.Save(in.Message, append(p.topFiles(), in.Untracked...), now)
	if err != nil {
		return done, err
	}
	done = SavedExp{in.Name, saved.Commit, saved.Left}
	for n := 1; done.Name == "" || in.Name == "" && exp.Has(repo, exp.Place(baseline, done.Name)); n++ {
		if done.Name = "exp-" + hash[:5]; n > 1 {
			done.Name += fmt.Sprintf("-%d", n)
		}
	}
	return done, repo.SetRef(exp.Place(baseline, done.Name), done.Commit, "", now)
}

// expHash is what DVC calls an experiment by: the SHA-256 of the JSON of what some stages have
// recorded. Where targets were saved it is that of none, as with dvc.
func (p *Project) expHash(counts func(address string) bool) string {
	all := &doc.Map{}
	for _, pl := range p.Pipelines {
		for _, s := range pl.Stages {
			if lock := p.Locks[pl.File].Stage(s.Name); lock != nil && counts(Address(pl.File, s.Name)) {
				all.Set(s.Name, lock.Value())
			}
		}
	}
	var b strings.Builder
	doc.WriteJSON(&b, all, nil)
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:])
}

// topFiles are what a dvc.yaml names at its top, and a dvc.lock that git does not track yet.
func (p *Project) topFiles() []string {
	list := []string{metafile.LockFile}
	for _, pl := range p.Pipelines {
		list = append(list, p.Own(path.Dir(pl.File), slices.Concat(pl.Metrics, pl.Params, plotFiles(pl.Plots))...)...)
	}
	return list
}

// plotFiles are the files of the plots at the top of a dvc.yaml: a plot's own name, or those
// that its x and y name.
func plotFiles(plots []any) (list []string) {
	for _, plot := range plots {
		if name, ok := plot.(string); ok {
			list = append(list, name)
			continue
		}
		m, _ := plot.(*doc.Map)
		for i := 0; i < m.Len(); i++ {
			props, _ := m.Value(m.Keys[i]).(*doc.Map)
			y, _ := props.Get("y")
			of, ok := y.(*doc.Map)
			if !ok {
				list = append(list, m.Keys[i])
				continue
			}
			list = append(list, of.Keys...)
			x, _ := props.Get("x")
			if of, ok := x.(*doc.Map); ok {
				list = append(list, of.Keys...)
			}
		}
	}
	return list
}
