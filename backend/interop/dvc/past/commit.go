package past

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"rondo/backend/git"
	"rondo/backend/interop/dvc"
	"rondo/backend/interop/dvc/metafile"
)

// Commit is what a commit of a DVC project, or one of its experiments, has of params, metrics
// and data.
type Commit struct {
	Experiment
	Parents []string
	Author  string
	Message string
	Tags    []string   // of git
	Live    Live       // what DVCLive wrote
	Data    []dvc.Data // of .dvc files; only Path, From and what the entry names are set

	locked bool // a stage had run, or DVCLive had written something
	print  string
}

// Ran reports whether the commit holds the outcome of something that ran and that none of
// its parents has. Told by History.
func (p *Commit) Ran() bool { return p.locked }

// History tells of every commit that a branch or a tag reaches, the oldest first, and then
// of the experiments. Nothing is checked out.
func History(ctx context.Context, p *dvc.Project, tell func(*Commit) error) error {
	repo, err := git.Open(p.Dir)
	if err != nil {
		return err
	}
	tags, from, err := heads(repo)
	if err != nil {
		return err
	}
	log, err := repo.Log(from, 0)
	if err != nil {
		return err
	}
	slices.Reverse(log)
	prints := map[string]string{}
	for _, c := range log {
		if err := ctx.Err(); err != nil {
			return err
		}
		past := readCommit(p, repo, Experiment{Commit: c.Commit, At: c.When.UTC()})
		past.Parents, past.Author, past.Message, past.Tags = c.Parents, c.Author, c.Message, tags[c.Commit]
		prints[c.Commit] = past.print
		for _, parent := range c.Parents {
			past.locked = past.locked && prints[parent] != past.print
		}
		if err := tell(past); err != nil {
			return err
		}
	}
	return tellExperiments(ctx, p, repo, tell)
}

func tellExperiments(ctx context.Context, p *dvc.Project, repo *git.Repo, tell func(*Commit) error) error {
	list, err := Experiments(ctx, p)
	if err != nil {
		return err
	}
	slices.Reverse(list)
	for _, e := range list {
		past := readCommit(p, repo, Experiment{Name: e.Name, Commit: e.Commit, Baseline: e.Baseline, At: e.At})
		past.Parents, past.locked = []string{e.Baseline}, true
		if err := tell(past); err != nil {
			return err
		}
	}
	return nil
}

// heads are the names of git's tags by commit, and where to begin to go back from.
func heads(repo *git.Repo) (tags map[string][]string, from []string, err error) {
	tags, from = map[string][]string{}, []string{"HEAD"}
	for _, prefix := range []string{"refs/heads/", "refs/tags/"} {
		refs, err := repo.Refs(prefix)
		if err != nil {
			return nil, nil, err
		}
		for _, r := range refs {
			from = append(from, r.Commit)
			if name, ok := strings.CutPrefix(r.Name, "refs/tags/"); ok {
				tags[r.Commit] = append(tags[r.Commit], name)
			}
		}
	}
	return tags, from, nil
}

// readCommit reads a commit. What cannot be read is its problem.
func readCommit(p *dvc.Project, repo *git.Repo, e Experiment) *Commit {
	e.Params, e.Metrics = map[string]string{}, map[string]float64{}
	out := &Commit{Experiment: e}
	tree, err := repo.FS(e.Commit)
	if err != nil {
		out.Problem = err.Error()
		out.lack(err)
		return out
	}
	then, err := dvc.OpenTree(p.Dir, tree)
	if err != nil {
		out.Problem = err.Error()
		return out
	}
	defer then.Close()
	out.readTree(then)
	return out
}

func (past *Commit) readTree(then *dvc.Project) {
	past.gather(then)
	var made []string
	for _, o := range then.Tracked() {
		if !metafile.IsSingle(o.By) {
			past.locked = past.locked || o.MD5 != ""
			made = append(made, o.Path+"="+o.MD5)
		}
	}
	past.Data = then.NamedData()
	past.Live = liveOf(then)
	maps.DeleteFunc(past.Params, func(key, _ string) bool { return past.Live.told(key) })
	maps.Copy(past.Params, past.Live.Params)
	past.locked = past.locked || len(past.Live.Series) > 0 || len(past.Metrics) > 0
	b, _ := json.Marshal([]any{past.Params, past.Metrics, made, past.Live.Series})
	past.print = fmt.Sprintf("%x", sha256.Sum256(b))
	past.lack(past.Live.lacking)
	if len(then.Problems) > 0 {
		past.Problem = then.Problems[0].Error()
	}
	for _, err := range then.Problems {
		past.lack(err)
	}
}
