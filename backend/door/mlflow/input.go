package mlflow

import (
	"context"

	"rondo/backend/errs"
	"rondo/backend/run"
)

func (d *Door) inputRoutes() []route {
	id := need(text("run_id"))
	data := need(object("dataset", need(text("name")), need(text("digest")), need(text("source_type")), need(text("source")), text("schema"), text("profile")))
	return []route{
		post("/mlflow/runs/log-inputs", d.logInputs, id, list("datasets", pairs("tags"), data), list("models", need(text("model_id")))),
		post("/mlflow/experiments/search-datasets", d.usedDatasets, texts("experiment_ids")),
		post("/mlflow/runs/outputs", d.logOutputs, id, need(list("models", need(text("model_id")), whole("step")))),
	}
}

func (d *Door) logInputs(ctx context.Context, in message) (any, error) {
	var inputs []run.Input
	for _, m := range in.list("datasets") {
		ds := m.object("dataset")
		inputs = append(inputs, run.Input{
			Dataset:    run.Dataset{Name: ds.text("name"), Digest: ds.text("digest")},
			SourceType: ds.text("source_type"), Source: ds.text("source"), Schema: ds.text("schema"), Profile: ds.text("profile"),
			Tags: m.pairs("tags"),
		})
	}
	var models []string
	for _, m := range in.list("models") {
		models = append(models, m.text("model_id"))
	}
	return nothing{}, d.opts.Runs.LogInputs(ctx, in.text("run_id"), inputs, models)
}

func (d *Door) logOutputs(ctx context.Context, in message) (any, error) {
	var out []run.ModelOutput
	for _, m := range in.list("models") {
		out = append(out, run.ModelOutput{ModelID: m.text("model_id"), Step: m.whole("step")})
	}
	return nothing{}, d.opts.Runs.LogOutputs(ctx, in.text("run_id"), out)
}

const maxDatasetExperiments = 20

type datasetSummary struct {
	ExperimentID string `json:"experiment_id"`
	Name         string `json:"name"`
	Digest       string `json:"digest"`
	Context      string `json:"context,omitempty"`
}

// usedDatasets lists the datasets that the runs of experiments used.
func (d *Door) usedDatasets(ctx context.Context, in message) (any, error) {
	ids := in.texts("experiment_ids")
	if len(ids) == 0 {
		return nil, errs.New(errs.Invalid, "SearchDatasets request must specify at least one experiment_id.")
	}
	if len(ids) > maxDatasetExperiments {
		return nil, errs.New(errs.Invalid, "SearchDatasets request cannot specify more than %d experiment_ids. Received %d experiment_ids.", maxDatasetExperiments, len(ids))
	}
	list, err := d.opts.Runs.Datasets(ctx, ids, 1000)
	var out struct {
		Summaries []datasetSummary `json:"dataset_summaries,omitempty"`
	}
	for _, u := range list {
		out.Summaries = append(out.Summaries, datasetSummary{u.ExperimentID, u.Name, u.Digest, u.Context})
	}
	return out, err
}
