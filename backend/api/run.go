package api

import (
	"context"
	"net/http"

	"rondo/backend/errs"
	"rondo/backend/proc"
	"rondo/backend/run"
	"rondo/backend/run/launch"
)

func (a *API) runRoutes(r *Router) {
	Get(r, "/experiments", a.experiments)
	Post(r, "/experiments", a.createExperiment)
	Get(r, "/experiments/{id}", func(ctx context.Context, in experimentID) (run.Experiment, error) {
		return a.Runs.Experiment(ctx, in.ID)
	})
	Patch(r, "/experiments/{id}", a.renameExperiment)
	Delete(r, "/experiments/{id}", func(ctx context.Context, in experimentID) (Nothing, error) {
		return Nothing{}, a.Runs.DeleteExperiment(ctx, in.ID)
	})
	Post(r, "/experiments/{id}/restore", func(ctx context.Context, in experimentID) (Nothing, error) {
		return Nothing{}, a.Runs.RestoreExperiment(ctx, in.ID)
	})
	Get(r, "/runs", a.runs)
	Post(r, "/runs", a.launch)
	Get(r, "/runs/compare", a.compareRuns)
	Get(r, "/runs/{id}", func(ctx context.Context, in runID) (run.Run, error) { return a.Runs.Get(ctx, in.ID) })
	Patch(r, "/runs/{id}", a.changeRun)
	Delete(r, "/runs/{id}", func(ctx context.Context, in runID) (Nothing, error) { return Nothing{}, a.Runs.Delete(ctx, in.ID) })
	Post(r, "/runs/{id}/restore", func(ctx context.Context, in runID) (Nothing, error) {
		return Nothing{}, a.Runs.Restore(ctx, in.ID)
	})
	Post(r, "/runs/{id}/stop", a.stopRun)
	Get(r, "/runs/{id}/metrics", a.runMetrics)
	Get(r, "/runs/{id}/system", a.runSystem)
	Get(r, "/runs/{id}/log", a.runLog)
	Get(r, "/runs/{id}/code", a.runCode)
	Get(r, "/runs/{id}/environment", a.runEnvironment)
	Get(r, "/runs/{id}/artifacts", a.runArtifacts)
	Raw(r, http.MethodGet, "/runs/{id}/artifacts/file", a.runArtifact, "one artifact, as a download; path= names it")
	Get(r, "/queue", a.queue)
	Post(r, "/seals", a.seal)
}

type runID struct {
	ID string `path:"id"`
}

type experimentID struct {
	ID string `path:"id"`
}

// ExperimentQuery selects experiments in MLflow's grammar.
type ExperimentQuery struct {
	Filter  string   `query:"filter"`
	OrderBy []string `query:"order_by"`
	View    string   `query:"view"` // active, deleted or all
}

var views = map[string]run.View{"": run.ViewActive, "active": run.ViewActive, "deleted": run.ViewDeleted, "all": run.ViewAll}

func viewOf(name string) (run.View, error) {
	v, ok := views[name]
	if !ok {
		return v, errs.New(errs.Invalid, "view=%.40q: want active, deleted or all", name)
	}
	return v, nil
}

func (a *API) experiments(ctx context.Context, in ExperimentQuery) ([]run.Experiment, error) {
	view, err := viewOf(in.View)
	if err != nil {
		return nil, err
	}
	list, _, err := a.Runs.SearchExperiments(ctx, run.Search{Filter: in.Filter, OrderBy: in.OrderBy, View: view, Limit: 10_000})
	return list, err
}

// NewExperiment asks for an experiment.
type NewExperiment struct {
	Name string            `json:"name"`
	Tags map[string]string `json:"tags"`
}

func (a *API) createExperiment(ctx context.Context, in NewExperiment) (run.Experiment, error) {
	return a.Runs.CreateExperiment(ctx, in.Name, "", in.Tags)
}

// ExperimentChange gives an experiment another name.
type ExperimentChange struct {
	ID   string `path:"id" json:"-"`
	Name string `json:"name"`
}

func (a *API) renameExperiment(ctx context.Context, in ExperimentChange) (run.Experiment, error) {
	if err := a.Runs.RenameExperiment(ctx, in.ID, in.Name); err != nil {
		return run.Experiment{}, err
	}
	return a.Runs.Experiment(ctx, in.ID)
}

// RunQuery selects runs; experiment takes names and ids.
type RunQuery struct {
	Experiment []string `query:"experiment"`
	Filter     string   `query:"filter"`
	OrderBy    []string `query:"order_by"`
	View       string   `query:"view"`
	Limit      int      `query:"limit"`
	Page       string   `query:"page"`
}

// RunPage is one page of runs.
type RunPage struct {
	Runs  []run.Run `json:"runs"`
	Next  string    `json:"next,omitempty"` // page of the next one
	Total int       `json:"total"`
}

func (a *API) runs(ctx context.Context, in RunQuery) (RunPage, error) {
	q := run.Search{Filter: in.Filter, OrderBy: in.OrderBy, Limit: in.Limit, Page: in.Page}
	var err error
	if q.View, err = viewOf(in.View); err != nil {
		return RunPage{}, err
	}
	for _, name := range in.Experiment {
		id, err := a.experimentNamed(ctx, name)
		if err != nil {
			return RunPage{}, err
		}
		q.ExperimentIDs = append(q.ExperimentIDs, id)
	}
	list, next, total, err := a.Runs.Search(ctx, q)
	return RunPage{list, next, total}, err
}

func (a *API) experimentNamed(ctx context.Context, name string) (string, error) {
	e, err := a.Runs.ExperimentByName(ctx, name)
	if errs.Is(err, errs.NotFound) {
		e, err = a.Runs.Experiment(ctx, name)
	}
	if errs.Is(err, errs.NotFound) {
		err = errs.New(errs.NotFound, "there is no experiment with the name or id %.80q", name)
	}
	return e.ID, err
}

func (a *API) launch(ctx context.Context, in launch.Request) (run.Run, error) {
	if a.Launch == nil {
		return run.Run{}, errs.New(errs.Unavailable, "this server starts no runs")
	}
	if in.Kind != "" && in.Kind != run.Launched {
		return run.Run{}, errs.New(errs.Invalid, "kind %.40q cannot be asked for", in.Kind).WithHint("executions are started with POST /executions")
	}
	return a.Launch.Launch(ctx, in)
}

func (a *API) stopRun(ctx context.Context, in runID) (run.Run, error) {
	if a.Launch == nil {
		return run.Run{}, errs.New(errs.Unavailable, "this server stops no runs")
	}
	if err := a.Launch.Stop(ctx, in.ID); err != nil {
		return run.Run{}, err
	}
	return a.Runs.Get(ctx, in.ID)
}

func (a *API) queue(ctx context.Context, _ Nothing) (launch.Queue, error) {
	if a.Launch == nil {
		return launch.Queue{Running: []run.Run{}, Waiting: []run.Run{}}, nil
	}
	return a.Launch.Queue(ctx)
}

// CompareQuery names the runs to set side by side.
type CompareQuery struct {
	IDs []string `query:"ids"`
}

func (a *API) compareRuns(ctx context.Context, in CompareQuery) (run.Comparison, error) {
	return a.Runs.Compare(ctx, in.IDs, func(r run.Run) []run.Trait { return launch.Traits(ctx, a.Runs.Dir(r.ID)) })
}

// RunChange renames a run and sets its tags; a null tag is removed.
type RunChange struct {
	ID   string             `path:"id" json:"-"`
	Name *string            `json:"name"`
	Tags map[string]*string `json:"tags"`
}

func (a *API) changeRun(ctx context.Context, in RunChange) (run.Run, error) {
	set := map[string]string{}
	for k, v := range in.Tags {
		if v != nil {
			set[k] = *v
		}
	}
	if len(set) > 0 {
		if err := a.Runs.Log(ctx, in.ID, run.Batch{Tags: set}); err != nil {
			return run.Run{}, err
		}
	}
	for k, v := range in.Tags {
		if v != nil {
			continue
		}
		if err := a.Runs.DeleteTag(ctx, in.ID, k); err != nil {
			return run.Run{}, err
		}
	}
	if in.Name == nil {
		return a.Runs.Get(ctx, in.ID)
	}
	return a.Runs.Update(ctx, in.ID, run.Change{Name: in.Name})
}

// SystemQuery asks what a run took of the machine.
type SystemQuery struct {
	ID     string `path:"id"`
	Points int    `query:"points"` // at most; 0 means 1000
}

func (a *API) runSystem(ctx context.Context, in SystemQuery) ([]proc.Sample, error) {
	if _, err := a.Runs.Get(ctx, in.ID); err != nil {
		return nil, err
	}
	return launch.ReadSystem(ctx, a.Runs.Dir(in.ID), pointsOf(in.Points))
}

const usualPoints = 1000

func pointsOf(n int) int {
	if n <= 0 {
		return usualPoints
	}
	return min(n, 100_000)
}
