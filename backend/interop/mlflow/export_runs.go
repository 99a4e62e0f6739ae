package mlflow

import (
	"context"
	"math"
	"path"
	"strconv"

	"rondo/backend/run"
)

func (l *leaving) allExperiments(ctx context.Context) (list []run.Experiment, err error) {
	for token := ""; ; {
		part, next, err := l.Runs.SearchExperiments(ctx, run.Search{View: run.ViewAll, Limit: 1000, Page: token})
		if err != nil {
			return nil, err
		}
		if list, token = append(list, part...), next; token == "" {
			return list, nil
		}
	}
}

func (l *leaving) experiment(_ context.Context, e run.Experiment) error {
	name := e.Name
	for n := 2; l.names[name]; n++ {
		name = e.Name + " (" + strconv.Itoa(n) + ")"
	}
	if l.names[name] = true; name != e.Name {
		l.note("a second experiment " + strconv.Quote(e.Name) + " is called " + strconv.Quote(name) + " there")
	}
	if err := l.put("INSERT INTO experiments VALUES (?,?,?,?,?,?)", e.ID, name, l.uri(e.ID), e.Lifecycle, ms(e.CreatedAt), ms(e.UpdatedAt)); err != nil {
		return err
	}
	l.count("experiment", fresh)
	return l.putPairs("INSERT INTO experiment_tags VALUES (?,?,?)", e.Tags, e.ID)
}

var modelNumbers = map[string]int{run.ModelPending: 1, run.ModelReady: 2, run.ModelFailed: 3}

// logged writes the logged models of an experiment.
func (l *leaving) logged(ctx context.Context, e run.Experiment) error {
	for token := ""; ; {
		list, next, err := l.Runs.SearchLoggedModels(ctx, run.Search{ExperimentIDs: []string{e.ID}, Limit: 500, Page: token})
		if err != nil {
			return err
		}
		for _, m := range list {
			if err := l.loggedModel(ctx, m); err != nil {
				return err
			}
		}
		if token = next; token == "" {
			return nil
		}
	}
}

func (l *leaving) loggedModel(ctx context.Context, m run.LoggedModel) error {
	inside := path.Join(m.ExperimentID, "models", m.ID, "artifacts")
	err := l.put("INSERT INTO logged_models VALUES (?,?,?,?,?,?,?,?,?,?,?)", m.ID, m.ExperimentID, m.Name, l.uri(inside), m.CreatedAt.UnixMilli(), m.UpdatedAt.UnixMilli(),
		modelNumbers[m.Status], run.Active, orNull(m.Type), orNull(m.RunID), orNull(m.Message))
	if err != nil {
		return err
	}
	for k, v := range m.Params {
		if err := l.put("INSERT INTO logged_model_params VALUES (?,?,?,?)", m.ID, m.ExperimentID, k, v); err != nil {
			return err
		}
	}
	for k, v := range m.Tags {
		if err := l.put("INSERT INTO logged_model_tags VALUES (?,?,?,?)", m.ID, m.ExperimentID, k, v); err != nil {
			return err
		}
	}
	l.models[m.ID] = true
	l.count("logged model", fresh)
	return l.artifacts(ctx, m.ID, inside)
}

// runsOf writes the runs of an experiment.
func (l *leaving) runsOf(ctx context.Context, e run.Experiment) error {
	for token := ""; ; {
		list, next, _, err := l.Runs.Search(ctx, run.Search{ExperimentIDs: []string{e.ID}, View: run.ViewAll, Limit: page, Page: token})
		if err != nil {
			return err
		}
		for _, r := range list {
			if err := l.oneRun(ctx, r); err != nil {
				return err
			}
		}
		if token = next; token == "" {
			return nil
		}
	}
}

func (l *leaving) oneRun(ctx context.Context, r run.Run) error {
	inside := path.Join(r.ExperimentID, r.ID, "artifacts")
	err := l.put("INSERT INTO runs VALUES (?,?,'UNKNOWN','','',?,?,?,?,'',?,?,?,?)", r.ID, r.Name, r.User, r.Status, ms(r.StartedAt), ms(r.EndedAt), r.Lifecycle,
		l.uri(inside), r.ExperimentID, ms(r.DeletedAt))
	if err != nil {
		return err
	}
	r.Tags[nameTag] = r.Name
	if r.ParentID != "" {
		r.Tags[parentTag] = r.ParentID
	}
	for _, part := range []func() error{
		func() error { return l.putPairs("INSERT INTO params VALUES (?,?,?)", r.Params, r.ID) },
		func() error { return l.putPairs("INSERT INTO tags VALUES (?,?,?)", r.Tags, r.ID) },
		func() error { return l.inputs(r) },
		func() error { return l.points(ctx, r) },
		func() error { return l.artifacts(ctx, r.ID, inside) },
	} {
		if err := part(); err != nil {
			return err
		}
	}
	l.count("run", fresh)
	return ctx.Err()
}

// inputs writes the datasets and logged models that went in and came out.
func (l *leaving) inputs(r run.Run) error {
	for _, in := range r.Inputs {
		id, err := l.dataset(r.ExperimentID, in)
		if err != nil {
			return err
		}
		link := uuid()
		if err := l.put("INSERT INTO inputs VALUES (?,'DATASET',?,'RUN',?,0)", link, id, r.ID); err != nil {
			return err
		}
		for k, v := range in.Tags {
			if err := l.put("INSERT INTO input_tags VALUES (?,?,?)", link, k, v); err != nil {
				return err
			}
		}
	}
	for _, m := range r.ModelInputs {
		if err := l.put("INSERT INTO inputs VALUES (?,'RUN_INPUT',?,'MODEL_INPUT',?,0)", uuid(), r.ID, m); err != nil {
			return err
		}
	}
	for _, m := range r.ModelOutputs {
		if err := l.put("INSERT INTO inputs VALUES (?,'RUN_OUTPUT',?,'MODEL_OUTPUT',?,?)", uuid(), r.ID, m.ModelID, m.Step); err != nil {
			return err
		}
	}
	return nil
}

// dataset writes a dataset once for each experiment, and returns its id.
func (l *leaving) dataset(experiment string, in run.Input) (string, error) {
	key := [3]string{experiment, in.Name, in.Digest}
	if id := l.datasets[key]; id != "" {
		return id, nil
	}
	id := uuid()
	l.datasets[key] = id
	return id, l.put("INSERT INTO datasets VALUES (?,?,?,?,?,?,?,?)", id, experiment, in.Name, in.Digest, in.SourceType, in.Source, orNull(in.Schema), orNull(in.Profile))
}

// points writes the history of a run and, for each metric, the point that counts.
func (l *leaving) points(ctx context.Context, r run.Run) error {
	all, err := l.Runs.Sample(ctx, r.ID, nil, 0)
	if err != nil {
		return err
	}
	for key, list := range all {
		var newest run.Point
		for i, p := range list {
			p.Value = l.finite(p.Value)
			if err := l.point(r, p); err != nil {
				return err
			}
			if i == 0 || later(p, newest) {
				newest = p
			}
		}
		v, nan := column(newest.Value)
		if err := l.put("INSERT INTO latest_metrics VALUES (?,?,?,?,?,?)", key, v, newest.Time, newest.Step, nan, r.ID); err != nil {
			return err
		}
		l.with(func() { l.progress.Points += int64(len(list)) })
	}
	return nil
}

func (l *leaving) point(r run.Run, p run.Point) error {
	v, nan := column(p.Value)
	err := l.put("INSERT OR IGNORE INTO metrics VALUES (?,?,?,?,?,?)", p.Key, v, p.Time, r.ID, p.Step, nan)
	if err != nil || p.Model == "" || !l.models[p.Model] {
		return err
	}
	var dataset any
	if p.Dataset.Name != "" {
		dataset = orNull(l.datasets[[3]string{r.ExperimentID, p.Dataset.Name, p.Dataset.Digest}])
	}
	return l.put("INSERT OR IGNORE INTO logged_model_metrics VALUES (?,?,?,?,?,?,?,?,?,?)", p.Model, p.Key, p.Time, p.Step, v, r.ExperimentID, r.ID, dataset, orNull(p.Dataset.Name), orNull(p.Dataset.Digest))
}

// finite is a value as MLflow's databases have it: the largest number for an infinite one.
func (l *leaving) finite(v float64) float64 {
	if math.IsInf(v, 0) {
		l.infinite++
		return math.Copysign(math.MaxFloat64, v)
	}
	return v
}

func column(v float64) (value float64, nan int) {
	if math.IsNaN(v) {
		return 0, 1
	}
	return v, 0
}

func later(a, b run.Point) bool {
	if a.Step != b.Step {
		return a.Step > b.Step
	}
	if a.Time != b.Time {
		return a.Time > b.Time
	}
	return a.Value > b.Value
}
