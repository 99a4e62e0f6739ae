package run

import (
	"encoding/json"
	"path/filepath"

	"rondo/backend/index"
	"rondo/backend/journal"
)

// schema: run is the run's number, no, except where a run may come later than what
// refers to it. What is packed, see packed.go, is read whole or by the table of columns
// that searches keep, see table.go; very many pairs are kept apart, see apart.go. Of
// metrics of models, value is for comparing, with NULL for NaN, and so are least and most
// of all values; bits is the exact value in an order that SQLite can compare, see order.
const schema = `
CREATE TABLE run_experiments (id TEXT PRIMARY KEY, name TEXT NOT NULL, lifecycle TEXT NOT NULL, location TEXT NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL) STRICT;
CREATE INDEX run_experiments_name ON run_experiments (name);
INSERT INTO run_experiments VALUES ('0', 'Default', 'active', '', 0, 0);
CREATE TABLE run_experiment_tags (experiment TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (experiment, key)) STRICT, WITHOUT ROWID;
CREATE TABLE run_runs (no INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, experiment TEXT NOT NULL, name TEXT NOT NULL, user TEXT NOT NULL, kind TEXT NOT NULL, status TEXT NOT NULL, lifecycle TEXT NOT NULL,
  parent TEXT NOT NULL, device TEXT NOT NULL, started INTEGER, ended INTEGER, deleted INTEGER, created INTEGER NOT NULL, exit TEXT, reason TEXT NOT NULL DEFAULT '',
  params BLOB NOT NULL DEFAULT x'', tags BLOB NOT NULL DEFAULT x'') STRICT;
CREATE INDEX run_runs_experiment ON run_runs (experiment, lifecycle, started);
CREATE INDEX run_runs_started ON run_runs (lifecycle, started);
CREATE INDEX run_runs_parent ON run_runs (parent) WHERE parent<>'';
CREATE INDEX run_runs_open ON run_runs (device, id) WHERE exit IS NULL AND kind<>'client';
CREATE TABLE run_params_apart (run INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (run, key)) STRICT, WITHOUT ROWID;
CREATE TABLE run_tags_apart (run INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (run, key)) STRICT, WITHOUT ROWID;
CREATE TABLE run_inputs (run TEXT NOT NULL, name TEXT NOT NULL, digest TEXT NOT NULL, context TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (run, name, digest)) STRICT, WITHOUT ROWID;
CREATE INDEX run_inputs_dataset ON run_inputs (name, digest);
CREATE TABLE run_model_links (run TEXT NOT NULL, model TEXT NOT NULL, output INTEGER NOT NULL, step INTEGER NOT NULL, PRIMARY KEY (run, model, output)) STRICT, WITHOUT ROWID;
CREATE TABLE run_latest (run INTEGER PRIMARY KEY, data BLOB NOT NULL, rest BLOB NOT NULL) STRICT;
CREATE TABLE run_files (run INTEGER NOT NULL, device TEXT NOT NULL, size INTEGER NOT NULL, PRIMARY KEY (run, device)) STRICT, WITHOUT ROWID;
CREATE TABLE run_opened (run TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE run_blocks (run TEXT NOT NULL, device TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (run, device, at)) STRICT, WITHOUT ROWID;
CREATE TABLE run_models (id TEXT PRIMARY KEY, experiment TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, run TEXT NOT NULL, status TEXT NOT NULL, message TEXT NOT NULL,
  created INTEGER NOT NULL, updated INTEGER NOT NULL) STRICT;
CREATE INDEX run_models_run ON run_models (run);
CREATE TABLE run_model_params (model TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (model, key)) STRICT, WITHOUT ROWID;
CREATE TABLE run_model_tags (model TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (model, key)) STRICT, WITHOUT ROWID;
CREATE TABLE run_model_metrics (model TEXT NOT NULL, key TEXT NOT NULL, dataset TEXT NOT NULL, digest TEXT NOT NULL, run TEXT NOT NULL,
  value REAL, bits INTEGER NOT NULL, time INTEGER NOT NULL, step INTEGER NOT NULL, least REAL, most REAL, PRIMARY KEY (model, key, dataset, digest, run)) STRICT, WITHOUT ROWID;` + changes + columnsSchema

// changes notes the numbers of runs that were changed, the newest last, so that the
// table of columns knows which of its rows are old. It says nothing of the project and
// is no part of a dump, and neither is run_opened, see recover.go, nor run_columns, see
// columns.go.
const changes = `
CREATE TABLE run_changes (at INTEGER PRIMARY KEY, run INTEGER NOT NULL) STRICT;
CREATE TRIGGER run_changes_new AFTER INSERT ON run_runs BEGIN INSERT INTO run_changes VALUES (NULL, new.no); END;
CREATE TRIGGER run_changes_run AFTER UPDATE ON run_runs BEGIN INSERT INTO run_changes VALUES (NULL, new.no); END;
CREATE TRIGGER run_changes_metrics AFTER UPDATE ON run_latest BEGIN INSERT INTO run_changes VALUES (NULL, new.run); END;
CREATE TRIGGER run_changes_metric AFTER INSERT ON run_latest BEGIN INSERT INTO run_changes VALUES (NULL, new.run); END;
CREATE TRIGGER run_changes_few AFTER INSERT ON run_changes WHEN new.at % 65536 = 0 BEGIN DELETE FROM run_changes WHERE at < new.at - 8192; END;`

// Index returns the noun's part of the index. dir is the project folder: the
// summaries of metrics are rebuilt from the runs' own files.
func Index(dir string) index.Noun {
	return index.Noun{
		Name:   "run",
		Schema: schema,
		Tables: []string{
			"run_experiments", "run_experiment_tags", "run_runs", "run_params_apart", "run_tags_apart",
			"run_inputs", "run_model_links",
			"run_latest", "run_files", "run_blocks", "run_models", "run_model_params", "run_model_tags", "run_model_metrics",
		},
		Apply: map[string]func(*index.Tx, journal.Record) error{
			"experiment.create": apply(applyExperiment), "experiment.rename": apply(applyRename),
			"experiment.delete": applyLifecycle(Deleted), "experiment.restore": applyLifecycle(Active), "experiment.tag": apply(applyExperimentTag),
			"run.create": apply(applyCreate), "run.update": apply(applyUpdate), "run.delete": applyRunLifecycle(Deleted), "run.restore": applyRunLifecycle(Active),
			"run.log": apply(applyLog), "run.untag": apply(applyUntag), "run.inputs": apply(applyInputs), "run.outputs": apply(applyOutputs),
			"logged_model.create": apply(applyModel), "logged_model.finalize": apply(applyFinalize), "logged_model.tag": apply(applyModelTags),
			"logged_model.params": apply(applyModelParams), "logged_model.delete": applyModelDelete,
			"experiment.carry": apply(applyCarriedExperiment), "run.carry": apply(applyCarried), "logged_model.carry": apply(applyCarriedModel),
		},
		Refresh: func(tx *index.Tx) error {
			ids, err := index.Column[string](tx, "SELECT id FROM run_runs ORDER BY no")
			if err != nil {
				return err
			}
			_, err = catchUp(tx, runsDir(dir), ids, filesOf)
			return err
		},
	}
}

// apply decodes a record's data for fn.
func apply[T any](fn func(*index.Tx, journal.Record, T) error) func(*index.Tx, journal.Record) error {
	return func(tx *index.Tx, rec journal.Record) error {
		var in T
		if err := json.Unmarshal(rec.Data, &in); err != nil {
			return err
		}
		return fn(tx, rec, in)
	}
}

// exec runs several statements that take the same arguments.
func exec(tx *index.Tx, args []any, statements ...string) error {
	for _, q := range statements {
		if _, err := tx.Exec(q, args...); err != nil {
			return err
		}
	}
	return nil
}

// setPairs sets keys of a table (owner, key, value).
func setPairs(tx *index.Tx, insert, owner string, pairs map[string]string) error {
	for k, v := range pairs {
		if _, err := tx.Exec(insert, owner, k, v); err != nil {
			return err
		}
	}
	return nil
}

func runsDir(dir string) string { return filepath.Join(dir, ".rondo", "runs") }
