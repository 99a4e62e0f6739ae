package api

import (
	"context"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
	"rondo/backend/interop/dvc/figures"
	"rondo/backend/interop/dvc/past"
	"rondo/backend/interop/dvc/plots"
)

// What DVC tracks in the project, beside Rondo's own datasets. It is only told of here;
// the command line does with it what dvc does.
func (a *API) trackedRoutes(r *Router) {
	Get(r, "/dvc/data", a.listTracked)
	Get(r, "/dvc/data/status", a.trackedStatus)
	Get(r, "/dvc/data/item", a.getTracked)
	Get(r, "/dvc/experiments", func(ctx context.Context, _ Nothing) ([]past.ExperimentRow, error) { return past.RowsOf(ctx, a.Tracked) })
	Get(r, "/dvc/revisions", func(ctx context.Context, _ Nothing) ([]dvc.Revision, error) { return a.Tracked.Revisions(ctx) })
	Get(r, "/dvc/figures", func(ctx context.Context, in revisions) (figures.Table, error) {
		return figures.TableOf(ctx, a.Tracked, in.Rev)
	})
	Get(r, "/dvc/plots", func(ctx context.Context, in revisions) (plots.Charts, error) {
		return plots.ChartsOf(ctx, a.Tracked, in.Rev)
	})
}

type revisions struct {
	Rev []string `query:"rev"` // commits, branches, tags, experiments or workspace; none are HEAD and workspace
}

// listTracked reads DVC's own files only.
func (a *API) listTracked(context.Context, Nothing) (dvc.Overview, error) {
	return a.Tracked.Overview()
}

// trackedStatus reads the contents that changed since they were last read, which may take
// as long as that takes.
func (a *API) trackedStatus(ctx context.Context, _ Nothing) ([]dvc.ItemStatus, error) {
	return a.Tracked.Status(ctx)
}

type trackedPath struct {
	Path string `query:"path"` // in the project
}

func (a *API) getTracked(ctx context.Context, in trackedPath) (dvc.ItemDetail, error) {
	if in.Path == "" {
		return dvc.ItemDetail{}, errs.New(errs.Invalid, "which path?").WithHint("name one as ?path=")
	}
	return a.Tracked.Item(ctx, in.Path)
}
