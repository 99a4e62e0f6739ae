package mlflow

import (
	"context"
	"net/url"

	"rondo/backend/errs"
	"rondo/backend/run"
)

func (d *Door) experimentRoutes() []route {
	id := need(text("experiment_id"))
	search := []field{whole("max_results"), text("page_token"), text("filter"), texts("order_by"), view("view_type")}
	return []route{
		post("/mlflow/experiments/create", d.createExperiment, need(text("name")), text("artifact_location"), pairs("tags")),
		get("/mlflow/experiments/get", d.getExperiment, id),
		get("/mlflow/experiments/get-by-name", d.getExperimentByName, need(text("experiment_name"))),
		post("/mlflow/experiments/search", d.searchExperiments, search...),
		get("/mlflow/experiments/search", d.searchExperiments, search...),
		post("/mlflow/experiments/update", d.renameExperiment, id, need(text("new_name"))),
		post("/mlflow/experiments/delete", d.deleteExperiment, id),
		post("/mlflow/experiments/restore", d.restoreExperiment, id),
		post("/mlflow/experiments/set-experiment-tag", d.setExperimentTag, id, need(text("key")), text("value")),
		post("/mlflow/experiments/delete-experiment-tag", d.deleteExperimentTag, id, need(text("key"))),
	}
}

// view is the choice between active and deleted ones.
func view(name string) field { return choice(name, "", "ACTIVE_ONLY", "DELETED_ONLY", "ALL") }

var views = map[string]run.View{"": run.ViewActive, "ACTIVE_ONLY": run.ViewActive, "DELETED_ONLY": run.ViewDeleted, "ALL": run.ViewAll}

func (d *Door) createExperiment(ctx context.Context, in message) (any, error) {
	location := in.text("artifact_location")
	if err := checkLocation(location); err != nil {
		return nil, err
	}
	e, err := d.opts.Runs.CreateExperiment(ctx, in.text("name"), location, in.pairs("tags"))
	return map[string]string{"experiment_id": e.ID}, err
}

// checkLocation refuses places outside this machine: a script that believes its files
// are in a bucket must hear that they are not. Local ones become the project folder.
func checkLocation(location string) error {
	u, err := url.Parse(location)
	if err == nil && (u.Scheme == "" || u.Scheme == "file" || u.Scheme == "mlflow-artifacts" || len(u.Scheme) == 1) && u.Host == "" {
		return nil
	}
	return errs.New(errs.Invalid, "Invalid artifact_location %s: Rondo keeps the files of runs in the project folder", short(location, 200)).
		WithHint("leave artifact_location out")
}

func (d *Door) getExperiment(ctx context.Context, in message) (any, error) {
	e, err := d.opts.Runs.Experiment(ctx, in.text("experiment_id"))
	return experimentAnswer{wireExperiment(e)}, err
}

func (d *Door) getExperimentByName(ctx context.Context, in message) (any, error) {
	e, err := d.opts.Runs.ExperimentByName(ctx, in.text("experiment_name"))
	return experimentAnswer{wireExperiment(e)}, err
}

type experimentAnswer struct {
	Experiment experiment `json:"experiment"`
}

func (d *Door) searchExperiments(ctx context.Context, in message) (any, error) {
	limit, err := in.limit(1000, 50000)
	if err != nil {
		return nil, err
	}
	list, next, err := d.opts.Runs.SearchExperiments(ctx, run.Search{
		Filter: in.text("filter"), OrderBy: in.texts("order_by"), View: views[in.text("view_type")], Limit: limit, Page: in.text("page_token"),
	})
	var out struct {
		Experiments []experiment `json:"experiments,omitempty"`
		Next        string       `json:"next_page_token,omitempty"`
	}
	for _, e := range list {
		out.Experiments = append(out.Experiments, wireExperiment(e))
	}
	out.Next = next
	return out, err
}

func (d *Door) renameExperiment(ctx context.Context, in message) (any, error) {
	return nothing{}, d.opts.Runs.RenameExperiment(ctx, in.text("experiment_id"), in.text("new_name"))
}

func (d *Door) deleteExperiment(ctx context.Context, in message) (any, error) {
	return nothing{}, d.opts.Runs.DeleteExperiment(ctx, in.text("experiment_id"))
}

func (d *Door) restoreExperiment(ctx context.Context, in message) (any, error) {
	return nothing{}, d.opts.Runs.RestoreExperiment(ctx, in.text("experiment_id"))
}

func (d *Door) setExperimentTag(ctx context.Context, in message) (any, error) {
	return nothing{}, d.opts.Runs.SetExperimentTag(ctx, in.text("experiment_id"), in.text("key"), in.text("value"), false)
}

func (d *Door) deleteExperimentTag(ctx context.Context, in message) (any, error) {
	return nothing{}, d.opts.Runs.SetExperimentTag(ctx, in.text("experiment_id"), in.text("key"), "", true)
}
