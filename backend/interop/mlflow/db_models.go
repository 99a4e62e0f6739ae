package mlflow

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"rondo/backend/evaluation"
	"rondo/backend/registry"
	"rondo/backend/run"
)

var modelStates = []string{run.ModelPending, run.ModelPending, run.ModelReady, run.ModelFailed}

func modelState(n int64) string {
	if n < 0 || n >= int64(len(modelStates)) {
		return run.ModelPending
	}
	return modelStates[n]
}

// LoggedModels implements Source.
func (d *database) LoggedModels(ctx context.Context, experiment string, fn func(LoggedModel) error) error {
	if d.tables["logged_models"] == nil {
		return nil
	}
	var list []LoggedModel
	err := d.each(ctx, `SELECT model_id, name, artifact_location, creation_timestamp_ms, last_updated_timestamp_ms, status, lifecycle_stage, model_type, source_run_id, status_message
		FROM logged_models WHERE experiment_id=CAST(? AS INTEGER) ORDER BY model_id`, []any{experiment}, func(r *sql.Rows) error {
		m := LoggedModel{LoggedModel: run.LoggedModel{ExperimentID: experiment, Params: map[string]string{}, Tags: map[string]string{}}}
		var lifecycle, kind, runID, message sql.NullString
		var created, updated sql.NullInt64
		var state int64
		err := r.Scan(&m.ID, &m.Name, &m.URI, &created, &updated, &state, &lifecycle, &kind, &runID, &message)
		m.CreatedAt, m.UpdatedAt, m.Status, m.Lifecycle = moment(created), moment(updated), modelState(state), lifecycleOf(lifecycle.String)
		m.Type, m.RunID, m.Message = kind.String, runID.String, message.String
		list = append(list, m)
		return err
	})
	if err != nil {
		return err
	}
	for part := range slices.Chunk(list, page) {
		if err := d.modelPairs(ctx, part); err != nil {
			return err
		}
		for _, m := range part {
			if err := fn(m); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *database) modelPairs(ctx context.Context, list []LoggedModel) error {
	of, ids := map[string]LoggedModel{}, []string{}
	for _, m := range list {
		of[m.ID], ids = m, append(ids, m.ID)
	}
	err := d.pairs(ctx, "logged_model_params", "model_id", "param_key", "param_value", ids, func(id string) map[string]string { return of[id].Params })
	if err == nil {
		err = d.pairs(ctx, "logged_model_tags", "model_id", "tag_key", "tag_value", ids, func(id string) map[string]string { return of[id].Tags })
	}
	return err
}

// Models implements Source.
func (d *database) Models(ctx context.Context, fn func(Model) error) error {
	if d.tables["registered_models"] == nil {
		return nil
	}
	var list []Model
	err := d.each(ctx, "SELECT m.name, m.creation_time, m.last_updated_time, m.description FROM registered_models m WHERE "+d.own("registered_models", "m")+" ORDER BY m.name", nil,
		func(r *sql.Rows) error {
			m := Model{Model: registry.Model{Tags: map[string]string{}, Aliases: map[string]int{}}, Next: 1}
			var created, updated sql.NullInt64
			var text sql.NullString
			err := r.Scan(&m.Name, &created, &updated, &text)
			m.CreatedAt, m.UpdatedAt, m.Description = moment(created), moment(updated), text.String
			list = append(list, m)
			return err
		})
	for i := range list {
		if err == nil {
			err = d.fillModel(ctx, &list[i])
		}
		if err == nil {
			err = fn(list[i])
		}
	}
	return err
}

func (d *database) fillModel(ctx context.Context, m *Model) error {
	if d.tables["registered_model_tags"] != nil {
		err := d.each(ctx, "SELECT t.key, t.value FROM registered_model_tags t WHERE t.name=? AND "+d.own("registered_model_tags", "t"), []any{m.Name}, into(m.Tags))
		if err != nil {
			return err
		}
	}
	if d.tables["registered_model_aliases"] != nil {
		err := d.each(ctx, "SELECT a.alias, a.version FROM registered_model_aliases a WHERE a.name=? AND "+d.own("registered_model_aliases", "a"), []any{m.Name}, func(r *sql.Rows) error {
			var alias string
			var n int
			err := r.Scan(&alias, &n)
			m.Aliases[alias] = n
			return err
		})
		if err != nil {
			return err
		}
	}
	return d.fillVersions(ctx, m)
}

func into(pairs map[string]string) func(*sql.Rows) error {
	return func(r *sql.Rows) error {
		var k string
		var v sql.NullString
		err := r.Scan(&k, &v)
		pairs[k] = v.String
		return err
	}
}

const deletedStage = "Deleted_Internal" // of versions that are deleted and keep their number

func (d *database) fillVersions(ctx context.Context, m *Model) error {
	query := "SELECT v.version, v.creation_time, v.last_updated_time, v.description, v.user_id, v.current_stage, v.source, v.run_id, v.status, v.status_message, " +
		d.columns("model_versions", "v", "storage_location") + " FROM model_versions v WHERE v.name=? AND " + d.own("model_versions", "v") + " ORDER BY v.version"
	err := d.each(ctx, query, []any{m.Name}, func(r *sql.Rows) error {
		v := Version{Version: registry.Version{Model: m.Name, Tags: map[string]string{}}}
		var created, updated sql.NullInt64
		var text, user, stage, source, runID, status, message, storage sql.NullString
		err := r.Scan(&v.Version.Version, &created, &updated, &text, &user, &stage, &source, &runID, &status, &message, &storage)
		v.CreatedAt, v.UpdatedAt, v.Description, v.CreatedBy, v.Stage = moment(created), moment(updated), text.String, user.String, stageOf(stage.String)
		v.Source, v.RunID, v.Status, v.Message, v.Storage = source.String, runID.String, readyOr(status.String), message.String, storage.String
		m.Next = max(m.Next, v.Version.Version+1)
		if stage.String != deletedStage {
			m.Versions = append(m.Versions, v)
		}
		return err
	})
	if err != nil || d.tables["model_version_tags"] == nil {
		return err
	}
	return d.each(ctx, "SELECT t.version, t.key, t.value FROM model_version_tags t WHERE t.name=? AND "+d.own("model_version_tags", "t"), []any{m.Name}, func(r *sql.Rows) error {
		var n int
		var k string
		var value sql.NullString
		err := r.Scan(&n, &k, &value)
		for i := range m.Versions {
			if m.Versions[i].Version.Version == n {
				m.Versions[i].Tags[k] = value.String
			}
		}
		return err
	})
}

func stageOf(s string) string {
	for _, known := range []string{"Staging", "Production", "Archived"} {
		if strings.EqualFold(s, known) {
			return known
		}
	}
	return "None"
}

func readyOr(s string) string {
	if s == "" {
		return "READY"
	}
	return s
}

// Datasets implements Source.
func (d *database) Datasets(ctx context.Context, fn func(Dataset) error) error {
	if d.tables["evaluation_datasets"] == nil {
		return nil
	}
	var list []Dataset
	err := d.each(ctx, "SELECT s.dataset_id, s.name, s.schema, s.created_time, s.last_update_time, s.created_by, s.last_updated_by FROM evaluation_datasets s WHERE "+d.own("evaluation_datasets", "s")+" ORDER BY s.dataset_id", nil,
		func(r *sql.Rows) error {
			x := Dataset{Dataset: evaluation.Dataset{Tags: map[string]string{}, ExperimentIDs: []string{}}}
			var schema, by, last sql.NullString
			var created, updated sql.NullInt64
			err := r.Scan(&x.ID, &x.Name, &schema, &created, &updated, &by, &last)
			x.Schema, x.Created, x.Updated, x.CreatedBy, x.UpdatedBy = asRaw(schema), created.Int64, updated.Int64, by.String, last.String
			list = append(list, x)
			return err
		})
	for i := range list {
		if err == nil {
			err = d.fillDataset(ctx, &list[i])
		}
		if err == nil {
			err = fn(list[i])
		}
	}
	return err
}

func asRaw(s sql.NullString) json.RawMessage {
	if !s.Valid || s.String == "" || !json.Valid([]byte(s.String)) {
		return nil
	}
	return json.RawMessage(s.String)
}

func (d *database) fillDataset(ctx context.Context, x *Dataset) error {
	if err := d.each(ctx, "SELECT key, value FROM evaluation_dataset_tags WHERE dataset_id=?", []any{x.ID}, into(x.Tags)); err != nil {
		return err
	}
	if d.tables["entity_associations"] != nil {
		err := d.each(ctx, "SELECT destination_id FROM entity_associations WHERE source_type='evaluation_dataset' AND source_id=? AND destination_type='experiment' ORDER BY destination_id", []any{x.ID},
			func(r *sql.Rows) error {
				var id string
				err := r.Scan(&id)
				x.ExperimentIDs = append(x.ExperimentIDs, id)
				return err
			})
		if err != nil {
			return err
		}
	}
	outputs := "NULL"
	if d.has("evaluation_dataset_records", "outputs") {
		outputs = "CAST(outputs AS TEXT)"
	}
	return d.each(ctx, `SELECT dataset_record_id, CAST(inputs AS TEXT), `+outputs+`, CAST(expectations AS TEXT), CAST(tags AS TEXT), CAST(source AS TEXT), created_time, last_update_time, created_by, last_updated_by
		FROM evaluation_dataset_records WHERE dataset_id=? ORDER BY created_time, dataset_record_id`, []any{x.ID}, func(r *sql.Rows) error {
		var rec evaluation.Record
		var inputs, outputs, expectations, tags, source, by, last sql.NullString
		var created, updated sql.NullInt64
		if err := r.Scan(&rec.ID, &inputs, &outputs, &expectations, &tags, &source, &created, &updated, &by, &last); err != nil {
			return err
		}
		rec.Created, rec.Updated, rec.CreatedBy, rec.UpdatedBy, rec.Outputs, rec.Source = created.Int64, updated.Int64, by.String, last.String, notNull(unwrapped(asRaw(outputs))), notNull(asRaw(source))
		for raw, to := range map[*sql.NullString]any{&inputs: &rec.Inputs, &expectations: &rec.Expectations, &tags: &rec.Tags} {
			if b := asRaw(*raw); b != nil && json.Unmarshal(b, to) != nil {
				d.opts.Left("part of an evaluation dataset", x.Name, fmt.Sprintf("record %s is not of the form that MLflow writes", rec.ID))
				return nil
			}
		}
		x.List = append(x.List, rec)
		return nil
	})
}

func notNull(b json.RawMessage) json.RawMessage {
	if string(b) == "null" {
		return nil
	}
	return b
}

// unwrapped takes an answer out of the object that MLflow puts it in: a database's JSON
// columns hold objects only.
func unwrapped(b json.RawMessage) json.RawMessage {
	var in map[string]json.RawMessage
	if json.Unmarshal(b, &in) == nil && len(in) == 1 && in["mlflow_wrapped"] != nil {
		return in["mlflow_wrapped"]
	}
	return b
}

// Scorers implements Source.
func (d *database) Scorers(ctx context.Context, experiment string, fn func(evaluation.Scorer) error) error {
	if d.tables["scorers"] == nil || d.tables["scorer_versions"] == nil {
		return nil
	}
	var list []evaluation.Scorer
	err := d.each(ctx, `SELECT s.scorer_id, s.scorer_name, v.scorer_version, v.serialized_scorer, v.creation_time FROM scorers s JOIN scorer_versions v ON v.scorer_id=s.scorer_id
		WHERE s.experiment_id=CAST(? AS INTEGER) ORDER BY s.scorer_name, v.scorer_version`, []any{experiment}, func(r *sql.Rows) error {
		sc := evaluation.Scorer{ExperimentID: experiment}
		var created sql.NullInt64
		err := r.Scan(&sc.ID, &sc.Name, &sc.Version, &sc.Serialized, &created)
		sc.Created = created.Int64
		list = append(list, sc)
		return err
	})
	for _, sc := range list {
		if err == nil {
			err = fn(sc)
		}
	}
	return err
}
