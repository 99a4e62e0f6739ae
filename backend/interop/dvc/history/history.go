// Package history brings the past of a DVC project into the Rondo project that lies in the
// same folder: the outcomes of its commits and experiments as runs, and the earlier
// contents of its data as snapshots that know their commit. Nothing of DVC's or git's is
// changed, and what has come is not brought again.
package history

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"rondo/backend/dataset"
	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
	"rondo/backend/interop/dvc/past"
	"rondo/backend/ref"
	"rondo/backend/run"
)

// Importer joins the nouns that a past needs.
type Importer struct {
	Dir      string // of the project
	Runs     *run.Service
	Datasets *dataset.Service
}

// Account says what came.
type Account struct {
	Commits     int      `json:"commits"`     // that were looked at
	Experiments int      `json:"experiments"` // of refs/exps
	Runs        int      `json:"runs"`        // new ones
	Points      int64    `json:"points"`      // of metrics
	Files       int      `json:"files"`       // of DVCLive, in new runs
	Snapshots   int      `json:"snapshots"`   // new ones
	Tags        int      `json:"tags"`        // new names of snapshots
	There       int      `json:"there"`       // runs and snapshots that had come before
	Left        []string `json:"left"`        // what did not come, and why
}

// Progress says how far an import is.
type Progress struct {
	Commits int  `json:"commits"`
	Done    bool `json:"done,omitempty"`
}

// Experiment is the name of the experiment that the runs are put into.
const Experiment = "dvc"

type bringing struct {
	*Importer
	from       *dvc.Project
	experiment run.Experiment
	sets       map[string]dataset.Dataset  // by path
	known      map[string]dataset.Snapshot // by dataset and MD5
	lost       map[string]bool             // as known: content that cannot come
	left       map[string]bool
	lacking    int   // commits of which git does not have all files here
	lacks      error // what it said of one of them
	account    Account
}

// Import brings what has not come yet. It stops when ctx ends; what has come stays.
func (im *Importer) Import(ctx context.Context, tell func(Progress)) (Account, error) {
	root, err := dvc.Find(im.Dir)
	if err != nil {
		return Account{}, err
	}
	if root != im.Dir && filepath.Clean(root) != filepath.Clean(im.Dir) {
		return Account{}, errs.New(errs.Precondition, "the DVC project is in %s, and this one in %s", root, im.Dir).WithHint("open the folder that has .dvc in it")
	}
	from, err := dvc.Open(root)
	if err != nil {
		return Account{}, err
	}
	defer from.Close()
	b := &bringing{Importer: im, from: from, sets: map[string]dataset.Dataset{}, known: map[string]dataset.Snapshot{}, lost: map[string]bool{}, left: map[string]bool{}}
	b.account.Left = []string{}
	if err := b.prepare(ctx); err != nil {
		return b.account, err
	}
	err = past.History(ctx, from, func(p *past.Commit) error {
		if err := b.one(ctx, p); err != nil {
			return err
		}
		tell(Progress{Commits: b.account.Commits + b.account.Experiments})
		return nil
	})
	tell(Progress{Commits: b.account.Commits + b.account.Experiments, Done: true})
	b.loseOfClone()
	return b.account, err
}

// loseOfClone tells what git does not have of the past in this copy of its repository.
func (b *bringing) loseOfClone() {
	if b.lacking > 0 {
		b.lose("%d of the commits and experiments, of which this copy of the git repository does not have all files: %s", b.lacking, errs.HintOf(b.lacks))
	}
	if end := b.from.EarlyEnd(dvc.Revisions{Commits: true}); end != "" {
		b.lose("%s", end)
	}
}

func (b *bringing) prepare(ctx context.Context) (err error) {
	sets, err := b.Datasets.List(ctx)
	if err != nil {
		return err
	}
	for _, d := range sets {
		b.sets[d.Path] = d
		list, err := b.Datasets.Snapshots(ctx, d.Name)
		if err != nil {
			return err
		}
		for _, s := range list {
			if md5 := namedMD5(s.Message); md5 != "" {
				b.known[d.Name+" "+md5] = s
			}
		}
	}
	b.experiment, err = b.Runs.EnsureExperiment(ctx, Experiment)
	return err
}

// lose notes what does not come, once.
func (b *bringing) lose(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !b.left[text] {
		b.left[text] = true
		b.account.Left = append(b.account.Left, text)
	}
}

func (b *bringing) one(ctx context.Context, p *past.Commit) error {
	if p.Name != "" {
		b.account.Experiments++
	} else {
		b.account.Commits++
	}
	if err := p.Lacking(); err != nil { // it is another once they are here
		b.lacking, b.lacks = b.lacking+1, err
		return nil
	}
	if p.Problem != "" {
		b.lose("commit %.12s: %s", p.Commit, p.Problem)
	}
	for _, d := range p.Data {
		if err := b.data(ctx, p, d); err != nil {
			return err
		}
	}
	if !p.Ran() {
		return nil
	}
	return b.run(ctx, p)
}

// runID is one and the same for a commit whenever it is brought.
func runID(p *past.Commit) string { return ref.Of([]byte("dvc\x00" + p.Commit)).String()[:32] }

func (b *bringing) run(ctx context.Context, p *past.Commit) error {
	id := runID(p)
	if _, err := b.Runs.Get(ctx, id); err == nil {
		b.account.There++
		return nil
	} else if !errs.Is(err, errs.NotFound) {
		return err
	}
	in := run.Carried{Run: run.Run{
		ID: id, ExperimentID: b.experiment.ID, Name: nameOf(p), User: p.Author, Status: run.Finished, Lifecycle: run.Active,
		StartedAt: p.At, EndedAt: p.At, Params: p.Params, Tags: tagsOf(p),
	}}
	in.Left = func(what, key string, why error) { b.lose("commit %.12s: %s %s: %s", p.Commit, what, key, why) }
	in.Points = func(yield func([]run.Point) error) error { return points(p, yield) }
	did, err := b.Runs.Carry(ctx, in)
	if err != nil {
		if ctx.Err() != nil || errs.Is(err, errs.Unavailable) || errs.Is(err, errs.Internal) {
			return err
		}
		b.lose("commit %.12s: %s", p.Commit, err)
		return nil
	}
	b.account.Runs++
	b.account.Points += did.Points
	return b.files(ctx, id, p)
}

func nameOf(p *past.Commit) string {
	name, _, _ := strings.Cut(p.Message, "\n")
	switch {
	case p.Name != "":
		name = p.Name
	case len(p.Tags) > 0:
		name = p.Tags[0]
	}
	if name = strings.TrimSpace(name); name == "" {
		name = p.Commit[:12]
	}
	if len(name) > 120 {
		name = strings.ToValidUTF8(name[:120], "")
	}
	return name
}

func tagsOf(p *past.Commit) map[string]string {
	tags := map[string]string{"mlflow.source.git.commit": p.Commit, "dvc.commit": p.Commit}
	if p.Name != "" {
		tags["dvc.experiment"], tags["dvc.baseline"] = p.Name, p.Baseline
	}
	if p.Message != "" {
		tags["mlflow.note.content"] = p.Message
	}
	if len(p.Tags) > 0 {
		tags["dvc.tags"] = strings.Join(p.Tags, ", ")
	}
	return tags
}

// points are the course of what DVCLive noted, and the one value of every other metric.
func points(p *past.Commit, yield func([]run.Point) error) error {
	at := p.At.UnixMilli()
	var list []run.Point
	seen := map[string]bool{}
	for _, s := range p.Live.Series {
		seen[strings.ReplaceAll(s.Name, "/", ".")] = true
		for _, v := range s.Points {
			when := v.Time
			if when == 0 {
				when = at
			}
			list = append(list, run.Point{Key: s.Name, Value: v.Value, Step: v.Step, Time: when})
		}
	}
	for key, v := range p.Metrics {
		if !seen[key] {
			list = append(list, run.Point{Key: key, Value: v, Time: at})
		}
	}
	slices.SortFunc(list, func(a, b run.Point) int { return strings.Compare(a.Key, b.Key) })
	if len(list) == 0 {
		return nil
	}
	return yield(list)
}

func (b *bringing) files(ctx context.Context, id string, p *past.Commit) error {
	if len(p.Live.Files) == 0 {
		return nil
	}
	to, err := b.Runs.CarryFiles(ctx, id)
	if err != nil {
		return err
	}
	defer to.Close()
	for _, f := range p.Live.Files {
		if _, err := to.Put(f.Name, strings.NewReader(string(f.Text))); err != nil {
			if ctx.Err() != nil || errs.Is(err, errs.Unavailable) {
				return err
			}
			b.lose("commit %.12s: %s: %s", p.Commit, f.Name, err)
			continue
		}
		b.account.Files++
	}
	return to.Commit()
}
