package mlflow

import (
	"context"
	"time"

	"rondo/backend/errs"
	"rondo/backend/run"
)

var statuses = []string{"", run.Running, run.Queued, run.Finished, run.Failed, run.Killed}

func (d *Door) runRoutes() []route {
	id := need(text("run_id"))
	return []route{
		post("/mlflow/runs/create", d.createRun, text("experiment_id"), text("user_id"), text("run_name"), whole("start_time"), pairs("tags")),
		get("/mlflow/runs/get", d.getRun, id),
		post("/mlflow/runs/update", d.updateRun, id, choice("status", statuses...), whole("end_time"), text("run_name")),
		post("/mlflow/runs/delete", d.deleteRun, id),
		post("/mlflow/runs/restore", d.restoreRun, id),
		post("/mlflow/runs/search", d.searchRuns, texts("experiment_ids"), text("filter"), view("run_view_type"),
			whole("max_results"), texts("order_by"), text("page_token")),
	}
}

func (d *Door) createRun(ctx context.Context, in message) (any, error) {
	tags := in.pairs("tags")
	if err := checkNames(run.Batch{Tags: tags}); err != nil {
		return nil, err
	}
	name, tagged := in.text("run_name"), tags[nameTag]
	if name != "" && tagged != "" && name != tagged {
		return nil, errs.New(errs.Invalid, "Both 'run_name' argument and '%s' tag are specified, but with different values (run_name='%s', %s='%s').", nameTag, name, nameTag, tagged)
	}
	if name == "" {
		name = tagged
	}
	delete(tags, nameTag)
	r, err := d.opts.Runs.Create(ctx, run.Create{
		ExperimentID: in.text("experiment_id"), Name: name, User: in.text("user_id"), Kind: "client",
		ParentID: tags["mlflow.parentRunId"], StartedAt: moment(in.whole("start_time")), Tags: tags,
	})
	return runAnswer{fromRun(r)}, err
}

// moment is a time of the wire; 0 stands for none.
func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}

func (d *Door) getRun(ctx context.Context, in message) (any, error) {
	r, err := d.opts.Runs.Get(ctx, in.text("run_id"))
	return runAnswer{fromRun(r)}, err
}

func (d *Door) updateRun(ctx context.Context, in message) (any, error) {
	var c run.Change
	if s := in.text("status"); s != "" {
		c.Status = &s
	}
	if name := in.text("run_name"); name != "" {
		c.Name = &name
	}
	if in.has("end_time") {
		at := time.UnixMilli(in.whole("end_time"))
		c.EndedAt = &at
	}
	r, err := d.opts.Runs.Update(ctx, in.text("run_id"), c)
	return map[string]runInfo{"run_info": wireInfo(&r)}, err
}

func (d *Door) deleteRun(ctx context.Context, in message) (any, error) {
	return nothing{}, d.opts.Runs.Delete(ctx, in.text("run_id"))
}

func (d *Door) restoreRun(ctx context.Context, in message) (any, error) {
	return nothing{}, d.opts.Runs.Restore(ctx, in.text("run_id"))
}

func (d *Door) searchRuns(ctx context.Context, in message) (any, error) {
	limit, err := in.limit(1000, 50000)
	if err != nil {
		return nil, err
	}
	var out runsAnswer
	if len(in.texts("experiment_ids")) == 0 {
		return out, nil // none was asked for; to us, none would mean all
	}
	out.Runs, out.Next, _, err = d.opts.Runs.SearchListed(ctx, run.Search{
		ExperimentIDs: in.texts("experiment_ids"), Filter: in.text("filter"), OrderBy: in.texts("order_by"),
		View: views[in.text("run_view_type")], Limit: limit, Page: in.text("page_token"),
	})
	return out, err
}
