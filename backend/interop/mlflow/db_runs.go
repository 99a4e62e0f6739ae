package mlflow

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"time"

	"rondo/backend/run"
)

const (
	contextTag = "mlflow.data.context"
	parentTag  = run.ParentTag
	nameTag    = "mlflow.runName"
)

// moment is a time of a store; 0 stands for none.
func moment(ms sql.NullInt64) time.Time {
	if !ms.Valid || ms.Int64 == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms.Int64).UTC()
}

// Experiments implements Source.
func (d *database) Experiments(ctx context.Context) (list []run.Experiment, err error) {
	query := "SELECT CAST(e.experiment_id AS TEXT), e.name, e.artifact_location, e.lifecycle_stage, " + d.columns("experiments", "e", "creation_time", "last_update_time") +
		" FROM experiments e WHERE " + d.own("experiments", "e") + " ORDER BY e.experiment_id"
	err = d.each(ctx, query, nil, func(r *sql.Rows) error {
		e := run.Experiment{Tags: map[string]string{}}
		var location, lifecycle sql.NullString
		var created, updated sql.NullInt64
		err := r.Scan(&e.ID, &e.Name, &location, &lifecycle, &created, &updated)
		e.Location, e.Lifecycle, e.CreatedAt, e.UpdatedAt = location.String, lifecycleOf(lifecycle.String), moment(created), moment(updated)
		list = append(list, e)
		return err
	})
	if err != nil || d.tables["experiment_tags"] == nil {
		return list, err
	}
	byID := map[string]map[string]string{}
	for _, e := range list {
		byID[e.ID] = e.Tags
	}
	return list, d.each(ctx, "SELECT CAST(experiment_id AS TEXT), key, value FROM experiment_tags", nil, func(r *sql.Rows) error {
		var id, key string
		var value sql.NullString
		err := r.Scan(&id, &key, &value)
		if tags := byID[id]; tags != nil {
			tags[key] = value.String
		}
		return err
	})
}

func lifecycleOf(s string) string {
	if s == run.Deleted {
		return run.Deleted
	}
	return run.Active
}

// Runs implements Source.
func (d *database) Runs(ctx context.Context, experiment string, fn func(Run) error) error {
	if err := d.measure(ctx, experiment); err != nil {
		return err
	}
	after := ""
	for {
		list, err := d.runPage(ctx, experiment, after)
		if err != nil || len(list) == 0 {
			return err
		}
		after = list[len(list)-1].ID
		for _, r := range list {
			if err := fn(r); err != nil {
				return err
			}
		}
	}
}

func (d *database) runPage(ctx context.Context, experiment, after string) (list []Run, err error) {
	query := "SELECT r.run_uuid, r.name, r.user_id, r.status, r.start_time, r.end_time, r.lifecycle_stage, r.artifact_uri, " + d.columns("runs", "r", "deleted_time") +
		fmt.Sprintf(" FROM runs r WHERE r.experiment_id=CAST(? AS INTEGER) AND r.run_uuid>? ORDER BY r.run_uuid LIMIT %d", page)
	var ids []string
	at := map[string]int{}
	err = d.each(ctx, query, []any{experiment, after}, func(rows *sql.Rows) error {
		r := Run{Run: run.Run{ExperimentID: experiment, Params: map[string]string{}, Tags: map[string]string{}}}
		var name, user, status, lifecycle, uri sql.NullString
		var start, end, deleted sql.NullInt64
		err := rows.Scan(&r.ID, &name, &user, &status, &start, &end, &lifecycle, &uri, &deleted)
		r.Name, r.User, r.Status, r.Lifecycle, r.URI = name.String, user.String, statusOf(status.String), lifecycleOf(lifecycle.String), uri.String
		r.StartedAt, r.EndedAt, r.DeletedAt = moment(start), moment(end), moment(deleted)
		at[r.ID], ids, list = len(list), append(ids, r.ID), append(list, r)
		return err
	})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	of := func(id string) *Run {
		if i, ok := at[id]; ok {
			return &list[i]
		}
		return nil
	}
	for _, part := range []func(context.Context, []string, func(string) *Run) error{d.runPairs, d.runInputs, d.runLinks, d.runMarks} {
		if err := part(ctx, ids, of); err != nil {
			return nil, err
		}
	}
	for i := range list {
		list[i].complete()
	}
	return list, nil
}

// complete takes from tags what has a place of its own.
func (r *Run) complete() {
	if r.Name == "" {
		r.Name = r.Tags[nameTag]
	}
	if r.User == "" {
		r.User = r.Tags["mlflow.user"]
	}
	delete(r.Tags, nameTag)
	r.ParentID = r.Tags[parentTag]
}

func statusOf(s string) string {
	switch s {
	case run.Queued, run.Running, run.Finished, run.Failed, run.Killed:
		return s
	}
	return run.Running // what MLflow takes for a run that says nothing
}

func (d *database) runPairs(ctx context.Context, ids []string, of func(string) *Run) error {
	err := d.pairs(ctx, "params", "run_uuid", "key", "value", ids, func(id string) map[string]string { return of(id).Params })
	if err == nil {
		err = d.pairs(ctx, "tags", "run_uuid", "key", "value", ids, func(id string) map[string]string { return of(id).Tags })
	}
	return err
}

// runInputs reads the datasets that runs used, with what for.
func (d *database) runInputs(ctx context.Context, ids []string, of func(string) *Run) error {
	if d.tables["inputs"] == nil || d.tables["datasets"] == nil {
		return nil
	}
	in, args := among(ids)
	tags := map[string]map[string]string{}
	err := d.each(ctx, "SELECT t.input_uuid, t.name, t.value FROM input_tags t JOIN inputs i ON i.input_uuid=t.input_uuid WHERE i.destination_type='RUN' AND i.destination_id"+in, args,
		func(r *sql.Rows) error {
			var id, k, v string
			err := r.Scan(&id, &k, &v)
			if tags[id] == nil {
				tags[id] = map[string]string{}
			}
			tags[id][k] = v
			return err
		})
	if err != nil {
		return err
	}
	return d.each(ctx, `SELECT i.destination_id, i.input_uuid, d.name, d.digest, d.dataset_source_type, d.dataset_source, d.dataset_schema, d.dataset_profile
		FROM inputs i JOIN datasets d ON d.dataset_uuid=i.source_id WHERE i.source_type='DATASET' AND i.destination_type='RUN' AND i.destination_id`+in+` ORDER BY d.name, d.digest`, args,
		func(r *sql.Rows) error {
			var id, uuid string
			var in run.Input
			var schema, profile sql.NullString
			err := r.Scan(&id, &uuid, &in.Name, &in.Digest, &in.SourceType, &in.Source, &schema, &profile)
			in.Schema, in.Profile, in.Tags = schema.String, profile.String, tags[uuid]
			of(id).Inputs = append(of(id).Inputs, in)
			return err
		})
}

// runLinks reads the logged models that went in or came out.
func (d *database) runLinks(ctx context.Context, ids []string, of func(string) *Run) error {
	if !d.has("inputs", "step") {
		return nil
	}
	in, args := among(ids)
	return d.each(ctx, "SELECT source_id, source_type, destination_id, step FROM inputs WHERE source_type IN ('RUN_INPUT','RUN_OUTPUT') AND source_id"+in+" ORDER BY step, destination_id", args,
		func(r *sql.Rows) error {
			var id, kind, model string
			var step int64
			err := r.Scan(&id, &kind, &model, &step)
			if kind == "RUN_INPUT" {
				of(id).ModelInputs = append(of(id).ModelInputs, model)
			} else {
				of(id).ModelOutputs = append(of(id).ModelOutputs, run.ModelOutput{ModelID: model, Step: step})
			}
			return err
		})
}

func (d *database) runMarks(ctx context.Context, ids []string, of func(string) *Run) error {
	in, args := among(ids)
	return d.each(ctx, "SELECT run_uuid, count(*), max(timestamp) FROM metrics WHERE run_uuid"+in+" GROUP BY run_uuid", args, func(r *sql.Rows) error {
		var id string
		var n, newest int64
		err := r.Scan(&id, &n, &newest)
		of(id).Mark = fmt.Sprintf("%d points until %d", n, newest)
		return err
	})
}

// Points implements Source.
func (d *database) Points(ctx context.Context, r Run, fn func([]run.Point) error) error {
	measured := newMeasured(d.models[r.ID])
	var list []run.Point
	order := "ORDER BY key, step, timestamp"
	step, nan := "step", "is_nan"
	if !d.has("metrics", "step") {
		step, order = "0", ""
	}
	if !d.has("metrics", "is_nan") {
		nan = "0"
	}
	err := d.each(ctx, "SELECT key, value, timestamp, "+step+", "+nan+" FROM metrics WHERE run_uuid=? "+order, []any{r.ID}, func(rows *sql.Rows) error {
		var p run.Point
		var isNaN bool
		var value sql.NullFloat64
		if err := rows.Scan(&p.Key, &value, &p.Time, &p.Step, &isNaN); err != nil {
			return err
		}
		if p.Value = value.Float64; isNaN || !value.Valid {
			p.Value = math.NaN()
		}
		list = measured.add(list, p)
		return nil
	})
	if err != nil {
		return err
	}
	return fn(measured.rest(list))
}

// measured is a point that was measured of a logged model. MLflow keeps it beside the
// run's own point; here they are the same point.
type measured struct{ run.Point }

type measuredPoints struct{ of map[run.Point][]run.Point }

func pointKey(p run.Point) run.Point {
	k := run.Point{Key: p.Key, Value: p.Value, Step: p.Step, Time: p.Time}
	if math.IsNaN(k.Value) {
		k.Key, k.Value = k.Key+"\x00", 0
	}
	return k
}

func newMeasured(list []measured) measuredPoints {
	m := measuredPoints{map[run.Point][]run.Point{}}
	for _, x := range list {
		k := pointKey(x.Point)
		m.of[k] = append(m.of[k], x.Point)
	}
	return m
}

// add appends a run's point, once for each model that it was measured of.
func (m measuredPoints) add(list []run.Point, p run.Point) []run.Point {
	k := pointKey(p)
	if of, ok := m.of[k]; ok && len(m.of) > 0 {
		delete(m.of, k)
		return append(list, of...)
	}
	return append(list, p)
}

// rest appends what was measured of models and is not with the run's own points.
func (m measuredPoints) rest(list []run.Point) []run.Point {
	for _, of := range m.of {
		list = append(list, of...)
	}
	return list
}

// measure reads what was measured of the logged models by an experiment's runs.
func (d *database) measure(ctx context.Context, experiment string) error {
	d.models = map[string][]measured{}
	if d.tables["logged_model_metrics"] == nil {
		return nil
	}
	return d.each(ctx, `SELECT m.run_id, m.model_id, m.metric_name, m.metric_value, m.metric_timestamp_ms, m.metric_step, m.dataset_name, m.dataset_digest
		FROM logged_model_metrics m JOIN runs r ON r.run_uuid=m.run_id WHERE r.experiment_id=CAST(? AS INTEGER) ORDER BY m.model_id, m.metric_name, m.metric_step`, []any{experiment},
		func(r *sql.Rows) error {
			var id string
			var m measured
			var value sql.NullFloat64
			var name, digest sql.NullString
			err := r.Scan(&id, &m.Model, &m.Key, &value, &m.Time, &m.Step, &name, &digest)
			if m.Value = value.Float64; !value.Valid {
				m.Value = math.NaN()
			}
			m.Dataset = run.Dataset{Name: name.String, Digest: digest.String}
			d.models[id] = append(d.models[id], m)
			return err
		})
}

// Files implements Source.
func (d *database) Files(_ context.Context, o Owner) (Tree, error) { return d.places.open(o) }
