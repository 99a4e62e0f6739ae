package mlflow

import (
	"context"
	"encoding/json"
	"strconv"

	"rondo/backend/errs"
	"rondo/backend/evaluation"
)

func (d *Door) scorerRoutes() []route {
	experiment, name := need(text("experiment_id")), need(text("name"))
	return []route{
		post("/mlflow/scorers/register", d.registerScorer, experiment, name, need(text("serialized_scorer"))),
		get("/mlflow/scorers/list", d.listScorers, text("experiment_id"), texts("experiment_ids")),
		get("/mlflow/scorers/versions", d.scorerVersions, experiment, name),
		get("/mlflow/scorers/get", d.getScorer, experiment, name, whole("version")),
		remove("/mlflow/scorers/delete", d.deleteScorer, experiment, name, whole("version")),
	}
}

type wireScorer struct {
	ExperimentID int32  `json:"experiment_id,omitempty"` // left out where the protocol's number is too small for it
	Name         string `json:"scorer_name"`
	Version      int    `json:"scorer_version"`
	Serialized   string `json:"serialized_scorer"`
	Created      int64  `json:"creation_time"`
	ID           string `json:"scorer_id"`
}

func fromScorer(s evaluation.Scorer) wireScorer {
	n, err := strconv.ParseInt(s.ExperimentID, 10, 32)
	if err != nil {
		n = 0
	}
	return wireScorer{int32(n), s.Name, s.Version, s.Serialized, s.Created, s.ID}
}

type scorerList struct {
	Scorers []wireScorer `json:"scorers,omitempty"`
}

func fromScorers(list []evaluation.Scorer) (out scorerList) {
	for _, s := range list {
		out.Scorers = append(out.Scorers, fromScorer(s))
	}
	return out
}

// registerScorer keeps a scorer as text. One that is Python code is refused, as
// MLflow's server does: nothing here would ever run it.
func (d *Door) registerScorer(ctx context.Context, in message) (any, error) {
	var data any
	if json.Unmarshal([]byte(in.text("serialized_scorer")), &data) != nil {
		return nil, errs.New(errs.Invalid, "serialized_scorer must be valid JSON")
	}
	if holdsCode(data, 0) {
		return nil, errs.New(errs.Invalid, "Custom scorers with Python code (call_source) cannot be registered here").WithHint("use the scorer in the process that evaluates")
	}
	s, err := d.opts.Evaluation.Register(ctx, evaluation.Scorer{ExperimentID: in.text("experiment_id"), Name: in.text("name"), Serialized: in.text("serialized_scorer")})
	return map[string]any{
		"version": s.Version, "scorer_id": s.ID, "experiment_id": s.ExperimentID, "name": s.Name, "serialized_scorer": s.Serialized, "creation_time": s.Created,
	}, err
}

// holdsCode looks for the field that MLflow executes when it reads a scorer.
func holdsCode(v any, depth int) bool {
	if depth > 64 {
		return true
	}
	switch x := v.(type) {
	case map[string]any:
		for k, item := range x {
			if k == "call_source" && item != nil || holdsCode(item, depth+1) {
				return true
			}
		}
	case []any:
		for _, item := range x {
			if holdsCode(item, depth+1) {
				return true
			}
		}
	}
	return false
}

func (d *Door) listScorers(ctx context.Context, in message) (any, error) {
	ids := in.texts("experiment_ids")
	if len(ids) == 0 {
		list, err := d.opts.Evaluation.Scorers(ctx, in.text("experiment_id"))
		return fromScorers(list), err
	}
	var all []evaluation.Scorer
	for _, id := range ids {
		list, err := d.opts.Evaluation.Scorers(ctx, id)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	return fromScorers(all), nil
}

func (d *Door) scorerVersions(ctx context.Context, in message) (any, error) {
	list, err := d.opts.Evaluation.Versions(ctx, in.text("experiment_id"), in.text("name"))
	return fromScorers(list), err
}

func (d *Door) getScorer(ctx context.Context, in message) (any, error) {
	s, err := d.opts.Evaluation.Scorer(ctx, in.text("experiment_id"), in.text("name"), int(in.whole("version")))
	return map[string]wireScorer{"scorer": fromScorer(s)}, err
}

func (d *Door) deleteScorer(ctx context.Context, in message) (any, error) {
	return nothing{}, d.opts.Evaluation.DeleteScorer(ctx, in.text("experiment_id"), in.text("name"), int(in.whole("version")))
}
