package api

import (
	"context"
	"log/slog"
	"net/http"

	"rondo/backend/run"
	"rondo/backend/run/launch"
	"rondo/backend/seals"
)

// MetricQuery asks for the points of some metrics, or of all.
type MetricQuery struct {
	ID     string   `path:"id"`
	Keys   []string `query:"keys"`
	Points int      `query:"points"` // at most per key; 0 means 1000
}

// MetricPoint is one point of a chart.
type MetricPoint struct {
	Value run.Float `json:"value"`
	Step  int64     `json:"step"`
	Time  int64     `json:"time"` // ms since 1970
}

// MetricSeries are the points by key, in the order of their steps.
type MetricSeries struct {
	Metrics map[string][]MetricPoint `json:"metrics"`
	Damage  []string                 `json:"damage"` // what of the run's files could not be read; the points are those that could
}

func (a *API) runMetrics(ctx context.Context, in MetricQuery) (MetricSeries, error) {
	out := MetricSeries{Metrics: map[string][]MetricPoint{}}
	all, err := a.Runs.Sample(ctx, in.ID, in.Keys, pointsOf(in.Points))
	if err != nil {
		return out, err
	}
	for k, list := range all {
		points := make([]MetricPoint, len(list))
		for i, p := range list {
			points[i] = MetricPoint{run.Float(p.Value), p.Step, p.Time}
		}
		out.Metrics[k] = points
	}
	out.Damage = a.Runs.Damage(in.ID)
	return out, nil
}

// LogQuery asks for a piece of a run's log.
type LogQuery struct {
	ID     string `path:"id"`
	Stream string `query:"stream"` // stdout or stderr
	Offset int64  `query:"offset"` // negative: from the end
	Limit  int    `query:"limit"`
}

// RunLog is a piece of a run's log.
type RunLog struct {
	launch.Log
	End bool `json:"end"` // nothing more will come
}

func (a *API) runLog(ctx context.Context, in LogQuery) (RunLog, error) {
	r, err := a.Runs.Get(ctx, in.ID) // before the log: what is printed after it is not the end
	if err != nil {
		return RunLog{}, err
	}
	part, err := launch.ReadLog(ctx, a.Runs.Dir(in.ID), in.Stream, in.Offset, in.Limit)
	return RunLog{part, ended(r) && part.Next >= part.Size}, err
}

// ended reports whether nothing of the run's process is left.
func ended(r run.Run) bool {
	if r.Kind == run.Client {
		return r.Status != run.Running && r.Status != run.Queued
	}
	return r.Exit != nil
}

// RunCode is what a run ran: its command and the state of its code.
type RunCode struct {
	Argv []string    `json:"argv"`
	Cwd  string      `json:"cwd,omitempty"`
	Git  launch.Code `json:"git"`
	Diff string      `json:"diff"`
}

func (a *API) runCode(ctx context.Context, in runID) (RunCode, error) {
	out := RunCode{Argv: []string{}}
	if _, err := a.Runs.Get(ctx, in.ID); err != nil {
		return out, err
	}
	env, err := launch.ReadEnvironment(ctx, a.Runs.Dir(in.ID))
	if err != nil {
		return out, err
	}
	out.Argv, out.Cwd = env.Command, env.Dir
	if out.Git, err = launch.ReadCode(ctx, a.Runs.Dir(in.ID)); err != nil {
		out.Git = launch.Code{Problem: err.Error()}
	}
	out.Diff, out.Git.Diff = out.Git.Diff, ""
	return out, nil
}

func (a *API) runEnvironment(ctx context.Context, in runID) (launch.Environment, error) {
	if _, err := a.Runs.Get(ctx, in.ID); err != nil {
		return launch.Environment{}, err
	}
	return launch.ReadEnvironment(ctx, a.Runs.Dir(in.ID))
}

// ArtifactQuery names a folder or file among a run's artifacts.
type ArtifactQuery struct {
	ID   string `path:"id"`
	Path string `query:"path"`
}

func (a *API) runArtifacts(ctx context.Context, in ArtifactQuery) ([]run.File, error) {
	return a.Runs.ListArtifacts(ctx, in.ID, in.Path)
}

// runArtifact serves a file that somebody else wrote: as a download, or, with inline=1,
// to be looked at in a place from which it reaches nothing.
func (a *API) runArtifact(w http.ResponseWriter, req *http.Request) error {
	name := req.URL.Query().Get("path")
	f, info, err := a.Runs.OpenArtifact(req.Context(), req.PathValue("id"), name)
	if err != nil {
		return err
	}
	defer f.Close()
	foreign(w.Header(), name, req.URL.Query().Get("inline") == "1")
	http.ServeContent(w, req, "", info.MTime, f)
	if err := seals.Found(f); err != nil {
		slog.Error("a download was cut", "path", req.URL.Path, "file", name, "err", err)
		panic(http.ErrAbortHandler) // what has gone must not look whole
	}
	return nil
}
