package api

import (
	"context"
	"path/filepath"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/history"
	"rondo/backend/interop/mlflow"
)

func (a *API) importRoutes(r *Router) {
	Post(r, "/imports/mlflow", a.importMLflow)
	Post(r, "/imports/dvc", a.importDVC)
	Post(r, "/exports/mlflow", a.exportMLflow)
}

// importMLflow says what to bring. The variables are those by which MLflow's client
// finds its credentials; they are used for this import and kept nowhere.
type importMLflow struct {
	Source    string            `json:"source"`              // a path of this machine, postgresql:// or http(s)://
	Artifacts []string          `json:"artifacts,omitempty"` // folders below which artifacts may be read beside the source's own
	Env       map[string]string `json:"env,omitempty"`
}

// importMLflow works until all has come, and tells how far it is as import.progress. It
// stops when the client goes away.
func (a *API) importMLflow(ctx context.Context, in importMLflow) (mlflow.Account, error) {
	if a.MLflow == nil {
		return mlflow.Account{}, errs.New(errs.Unavailable, "this server brings nothing over from MLflow")
	}
	if in.Source == "" {
		return mlflow.Account{}, errs.New(errs.Invalid, "which store is to be imported?").WithHint("name an mlruns folder, an mlflow.db or the address of a server")
	}
	for _, dir := range in.Artifacts {
		if !filepath.IsAbs(dir) {
			return mlflow.Account{}, errs.New(errs.Invalid, "%.200q is no whole path of a folder", dir)
		}
	}
	o := mlflow.Options{Roots: in.Artifacts, Getenv: func(name string) string { return in.Env[name] }}
	return a.MLflow.Import(ctx, in.Source, o, func(p mlflow.Progress) { a.Events.Publish("import.progress", "mlflow", p) })
}

// importDVC brings the past of the DVC project that lies in this folder: outcomes of commits
// and experiments as runs, and earlier contents of its datasets as snapshots.
func (a *API) importDVC(ctx context.Context, _ Nothing) (history.Account, error) {
	if a.DVC == nil {
		return history.Account{}, errs.New(errs.Unavailable, "this server brings nothing over from DVC")
	}
	return a.DVC.Import(ctx, func(p history.Progress) { a.Events.Publish("import.progress", "dvc", p) })
}

type exportMLflow struct {
	Folder string `json:"folder"` // whole path of a folder that is empty or not there
}

// exportMLflow writes a store that MLflow opens, and tells how far it is as export.progress.
func (a *API) exportMLflow(ctx context.Context, in exportMLflow) (mlflow.Exported, error) {
	if a.MLflow == nil {
		return mlflow.Exported{}, errs.New(errs.Unavailable, "this server exports nothing to MLflow")
	}
	if !filepath.IsAbs(in.Folder) {
		return mlflow.Exported{}, errs.New(errs.Invalid, "%.200q is no whole path of a folder", in.Folder)
	}
	return a.MLflow.Export(ctx, in.Folder, func(p mlflow.Progress) { a.Events.Publish("export.progress", "mlflow", p) })
}
