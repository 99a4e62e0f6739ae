package dvc

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"rondo/backend/git"
	"rondo/backend/interop/dvc/cache"
	"rondo/backend/interop/dvc/metafile"
)

// Past is what a commit of a DVC project, or one of its experiments, has of params, metrics
// and data.
type Past struct {
	Experiment
	Parents []string
	Author  string
	Message string
	Tags    []string // of git
	Live    Live     // what DVCLive wrote
	Data    []Data   // of .dvc files; only Path, From and what the entry names are set

	locked bool // a stage had run, or DVCLive had written something
	print  string
}

// Ran reports whether the commit holds the outcome of something that ran and that none of
// its parents has. Told by History.
func (p *Past) Ran() bool { return p.locked }

// MD5 is how DVC names the data, empty where it does not.
func (d Data) MD5() string { return d.entry.MD5 }

// Hash is the way in which MD5 was made: MD5, or Dos2Unix.
func (d Data) Hash() string { return d.entry.Hash }

// History tells of every commit that a branch or a tag reaches, the oldest first, and then
// of the experiments. Nothing is checked out.
func (p *Project) History(ctx context.Context, tell func(*Past) error) error {
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
		past := p.past(repo, Experiment{Commit: c.Commit, At: c.When.UTC()})
		past.Parents, past.Author, past.Message, past.Tags = c.Parents, c.Author, c.Message, tags[c.Commit]
		prints[c.Commit] = past.print
		for _, parent := range c.Parents {
			past.locked = past.locked && prints[parent] != past.print
		}
		if err := tell(past); err != nil {
			return err
		}
	}
	return p.pastExperiments(ctx, repo, tell)
}

func (p *Project) pastExperiments(ctx context.Context, repo *git.Repo, tell func(*Past) error) error {
	list, err := p.Experiments(ctx)
	if err != nil {
		return err
	}
	slices.Reverse(list)
	for _, e := range list {
		past := p.past(repo, Experiment{Name: e.Name, Commit: e.Commit, Baseline: e.Baseline, At: e.At})
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

// past reads a commit. What cannot be read is its problem.
func (p *Project) past(repo *git.Repo, e Experiment) *Past {
	e.Params, e.Metrics = map[string]string{}, map[string]float64{}
	out := &Past{Experiment: e}
	tree, err := repo.FS(e.Commit)
	if err != nil {
		out.Problem = err.Error()
		return out
	}
	then, err := OpenTree(p.Dir, tree)
	if err != nil {
		out.Problem = err.Error()
		return out
	}
	defer then.Close()
	out.read(then)
	return out
}

func (past *Past) read(then *Project) {
	then.gather(&past.Experiment)
	var made []string
	for _, o := range then.outs() {
		if !metafile.IsSingle(o.file) {
			past.locked = past.locked || o.entry.MD5 != ""
			made = append(made, o.at+"="+o.entry.MD5)
		}
	}
	for _, f := range then.Singles {
		for _, o := range f.Outs {
			if at, here := then.where(path.Join(path.Dir(f.Path), f.Wdir), o.Entry.Path); here && o.Entry.MD5 != "" {
				past.Data = append(past.Data, Data{Path: at, From: f.Path, entry: o.Entry})
			}
		}
	}
	past.Live = then.live()
	maps.DeleteFunc(past.Params, func(key, _ string) bool { return past.Live.told(key) })
	maps.Copy(past.Params, past.Live.Params)
	past.locked = past.locked || len(past.Live.Series) > 0 || len(past.Metrics) > 0
	b, _ := json.Marshal([]any{past.Params, past.Metrics, made, past.Live.Series})
	past.print = fmt.Sprintf("%x", sha256.Sum256(b))
	if len(then.Problems) > 0 {
		past.Problem = then.Problems[0].Error()
	}
}

// Bring writes data of a commit, which the cache has, to a new path of the project, every
// hash compared.
func (p *Project) Bring(ctx context.Context, d Data, to string) error {
	if has, err := p.Cache.Has(ctx, d.entry); err != nil {
		return cache.NotCached(d.entry.MD5, err)
	} else if !has {
		return cache.NotCached(d.entry.MD5, fs.ErrNotExist)
	}
	if err := p.root.MkdirAll(path.Dir(to), 0o755); err != nil {
		return cannotWrite(to, err)
	}
	return p.fetch(ctx, d.entry, to)
}

// Drop removes what Bring wrote.
func (p *Project) Drop(at string) error { return p.root.RemoveAll(at) }
