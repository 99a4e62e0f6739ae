// Package mlflow brings people over from MLflow, and back: it reads a file store, an
// MLflow database in SQLite or PostgreSQL with its artifacts, and a running server,
// brings what they hold into a project, and writes a store that MLflow opens.
//
// Nothing is changed in a source, and what it says is not trusted: artifacts are read
// below the folders that a person has named and nowhere else, and no file of a model
// is opened. Ids stay the same, so that `models:/` and `runs:/` go on working.
package mlflow

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/evaluation"
	"rondo/backend/registry"
	"rondo/backend/run"
	"rondo/backend/trace"
)

// Source is a store of MLflow that is read. What it cannot read it tells Options.Left
// and goes on. Points and Files may be called from several goroutines.
type Source interface {
	About() About
	Experiments(ctx context.Context) ([]run.Experiment, error)
	LoggedModels(ctx context.Context, experiment string, fn func(LoggedModel) error) error
	Runs(ctx context.Context, experiment string, fn func(Run) error) error
	Points(ctx context.Context, r Run, fn func([]run.Point) error) error
	Traces(ctx context.Context, experiment string, fn func(Trace) error) error
	Models(ctx context.Context, fn func(Model) error) error
	Datasets(ctx context.Context, fn func(Dataset) error) error
	Scorers(ctx context.Context, experiment string, fn func(evaluation.Scorer) error) error
	Files(ctx context.Context, owner Owner) (Tree, error)
	Close() error
}

// About says what a source is.
type About struct {
	ID    string   // the same whenever the same store is read
	Words string   // for the person
	Lacks []string // what a store of this version cannot hold
	Stays []string // what it holds and Rondo has no place for
}

// Run is a run without its points.
type Run struct {
	run.Run
	URI    string // of its artifacts
	Mark   string // changes when points were added
	inside any    // what the source needs to find its points
}

// LoggedModel is one with the address of its files. What was measured of it is with
// the points of its runs.
type LoggedModel struct {
	run.LoggedModel
	Lifecycle string
	URI       string
}

// Trace is a trace; its spans are read when they are wanted.
type Trace struct {
	trace.Trace
	Runs    []string
	Prompts []string
	Mark    string
	Spans   func(ctx context.Context) ([]trace.Span, error)
}

// Model is a registered model with its versions, the oldest first.
type Model struct {
	registry.Model
	Versions []Version
	Next     int // numbers below it were used
}

// Version is one of its versions.
type Version struct {
	registry.Version
	Message string // why it is not ready
	Storage string // where its files are, if not at its source
	ModelID string // logged model that it was made of
}

// Dataset is an evaluation dataset with its records.
type Dataset struct {
	evaluation.Dataset
	List []evaluation.Record
}

// Owner is whose artifacts are wanted: those of a run, a logged model, a trace or of
// none of them, by their address.
type Owner struct {
	Kind, ID   string // run, model, trace or version
	Experiment string
	URI        string
}

// Options say how a source is read.
type Options struct {
	Roots  []string // folders below which artifacts may be read, beside those that are the source's own
	Getenv func(string) string
	Left   func(kind, name, why string) // hears of what could not be read
	Temp   string                       // folder for what must be copied to be read
}

// Open opens what spec names: a folder or file of this machine, postgresql://… or http(s)://…
func Open(ctx context.Context, spec string, o Options) (Source, error) {
	if o.Left == nil {
		o.Left = func(string, string, string) {}
	}
	if o.Getenv == nil {
		o.Getenv = func(string) string { return "" }
	}
	kind, rest, _ := strings.Cut(spec, ":")
	switch kind, _, _ = strings.Cut(strings.ToLower(kind), "+"); {
	case kind == "http" || kind == "https":
		return openServer(ctx, spec, o)
	case kind == "postgresql" || kind == "postgres":
		return openPostgres(ctx, spec, o)
	case kind == "sqlite":
		return openSQLite(ctx, strings.TrimPrefix(rest, "///"), o)
	case kind == "mysql" || kind == "mssql" || kind == "databricks" || kind == "uc":
		return nil, errs.New(errs.Invalid, "Rondo does not read MLflow's %s stores itself", kind).
			WithHint("start `mlflow server` on it, and import from the server's address")
	case kind == "file":
		spec = strings.TrimPrefix(strings.TrimPrefix(rest, "//"), "localhost")
	}
	return openPath(ctx, spec, o)
}

// openPath tells a file store from a database, and a folder that holds either.
func openPath(ctx context.Context, at string, o Options) (Source, error) {
	info, err := os.Stat(at)
	if err != nil {
		return nil, errs.New(errs.NotFound, "there is no MLflow store at %s", at).
			WithHint("name an mlruns folder, an mlflow.db, a postgresql:// address or the http:// address of a server")
	}
	if !info.IsDir() {
		return openSQLite(ctx, at, o)
	}
	if isFileStore(at) {
		return openFiles(at, o)
	}
	for _, name := range []string{"mlflow.db", "mlruns.db"} {
		if inner := filepath.Join(at, name); isFile(inner) {
			return openSQLite(ctx, inner, o)
		}
	}
	if inner := filepath.Join(at, "mlruns"); isFileStore(inner) {
		return openFiles(inner, o)
	}
	return nil, errs.New(errs.Invalid, "%s holds no MLflow store", at).
		WithHint("an mlruns folder has folders with a meta.yaml in them; a database is a file such as mlflow.db")
}

func isFile(at string) bool {
	info, err := os.Stat(at)
	return err == nil && info.Mode().IsRegular()
}
