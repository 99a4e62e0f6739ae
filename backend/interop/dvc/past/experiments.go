// Package past reads what commits and experiments of a DVC project have of params, metrics, data and
// what DVCLive wrote. Nothing is checked out, and nothing is written; package history brings it over.
package past

import (
	"context"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"rondo/backend/git"
	"rondo/backend/interop/dvc"
	"rondo/backend/interop/dvc/doc"
	"rondo/backend/interop/dvc/exp"
	"rondo/backend/interop/dvc/metafile"
)

// Experiment is one that `dvc exp run` or DVCLive has kept as refs/exps/BASELINE/NAME.
type Experiment struct {
	Name     string             `json:"name"`
	Commit   string             `json:"commit"`
	Baseline string             `json:"baseline"` // the commit that it began at
	At       time.Time          `json:"at"`
	Params   map[string]string  `json:"params"`  // of stages, as their lock has them, and of files at the top of a dvc.yaml; those of other files than params.yaml with the file in front
	Metrics  map[string]float64 `json:"metrics"` // of metrics files and DVCLive's summary
	Problem  string             `json:"problem,omitempty"`

	lacking error
}

// Lacking is an error where git does not have all of its files in this copy.
func (e *Experiment) Lacking() error { return e.lacking }

func (e *Experiment) lack(err error) {
	if e.lacking == nil && git.Lacks(err) {
		e.lacking = err
	}
}

// Experiments lists the experiments that git has, the newest first. Nothing is checked out.
func Experiments(ctx context.Context, p *dvc.Project) ([]Experiment, error) {
	repo, err := git.Open(p.Dir)
	if err != nil {
		return nil, err
	}
	refs, err := exp.All(repo)
	if err != nil {
		return nil, err
	}
	out := []Experiment{}
	for _, r := range refs {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		e := Experiment{Name: r.Name, Commit: r.Commit, Baseline: r.Baseline, Params: map[string]string{}, Metrics: map[string]float64{}}
		if err := e.read(p, repo); err != nil {
			e.Problem = err.Error()
			e.lack(err)
		}
		out = append(out, e)
	}
	slices.SortStableFunc(out, func(a, b Experiment) int { return b.At.Compare(a.At) })
	return out, nil
}

func (e *Experiment) read(p *dvc.Project, repo *git.Repo) error {
	c, err := repo.LogOne(e.Commit)
	if err != nil {
		return err
	}
	e.At = c.When.UTC()
	tree, err := repo.FS(e.Commit)
	if err != nil {
		return err
	}
	then, err := dvc.OpenTree(p.Dir, tree)
	if err != nil {
		return err
	}
	defer then.Close()
	e.gather(then)
	if len(then.Problems) > 0 {
		return then.Problems[0]
	}
	return nil
}

// gather reads params and metrics of all stages, and DVCLive's summary.
func (e *Experiment) gather(p *dvc.Project) {
	contents := p.Contents()
	for _, pl := range p.Pipelines {
		for _, s := range pl.Stages {
			e.addParams(s, p.Locks[pl.File].Stage(s.Name))
		}
		for _, m := range pl.Metrics {
			e.addMetrics(contents, path.Join(path.Dir(pl.File), m))
		}
		for _, name := range pl.Params {
			e.addTop(p, path.Join(path.Dir(pl.File), name))
		}
	}
	for _, m := range contents.Marked("metrics") {
		e.addMetrics(contents, m.Path)
	}
	e.addMetrics(contents, "dvclive/metrics.json") // where DVCLive leaves its summary
}

func (e *Experiment) addParams(s metafile.Stage, lock *metafile.LockStage) {
	if lock == nil {
		return
	}
	for i := 0; i < lock.Params.Len(); i++ {
		file := lock.Params.Keys[i]
		vals, _ := lock.Params.Value(file).(*doc.Map)
		prefix := ""
		if in := path.Join(s.Wdir, file); in != metafile.ParamsFile {
			prefix = in + ":"
		}
		for j := 0; j < vals.Len(); j++ {
			flat(vals.Value(vals.Keys[j]), prefix+vals.Keys[j], e.Params)
		}
	}
}

// addTop adds all params of a file that a dvc.yaml names at its top, as DVCLive has its own named.
// What a stage's lock says of a param stays.
func (e *Experiment) addTop(p *dvc.Project, at string) {
	b, err := p.Read(at)
	if err != nil {
		e.lack(err)
		return
	}
	values, err := doc.ReadParams(at, b)
	if err != nil {
		return
	}
	all := map[string]string{}
	flat(values, "", all)
	for key, v := range all {
		if at != metafile.ParamsFile {
			key = at + ":" + key
		}
		if _, locked := e.Params[key]; !locked {
			e.Params[key] = v
		}
	}
}

// addMetrics adds the numbers of a metrics file, or of all in a folder, from the commit or from the
// cache. One that neither has, or that cannot be read, has none.
func (e *Experiment) addMetrics(contents dvc.Contents, at string) {
	files := contents.Of(at)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		e.addFile(name, files[name])
	}
}

func (e *Experiment) addFile(at string, read dvc.Reader) {
	b, err := read()
	if err != nil {
		e.lack(err)
		return
	}
	values, err := doc.ReadParams(at, b)
	if err != nil {
		return
	}
	numbers(values, "", e.Metrics)
}

// numbers collects what are numbers, under their dotted keys.
func numbers(v any, key string, into map[string]float64) {
	switch x := v.(type) {
	case *doc.Map:
		for _, k := range x.Keys {
			numbers(x.Value(k), strings.TrimPrefix(key+"."+k, "."), into)
		}
	case int64, float64:
		if f, err := strconv.ParseFloat(doc.Text(x), 64); err == nil && f-f == 0 {
			into[key] = f
		}
	}
}
