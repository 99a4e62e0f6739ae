package run

import (
	"context"
	"encoding/json"
	"errors"

	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/journal"
)

type nameRecord struct {
	Name string `json:"name"`
}

// RenameExperiment gives an active experiment another name.
func (s *Service) RenameExperiment(ctx context.Context, id, name string) error {
	if err := checkName("experiment", name); err != nil {
		return err
	}
	return s.changeExperiment(ctx, "experiment.rename", id, func(tx *index.Tx, e Experiment) (any, error) {
		if e.Lifecycle != Active {
			return nil, inactive("experiment", id)
		}
		return nameRecord{name}, nameIsFree(tx, name, id)
	})
}

func (s *Service) changeExperiment(ctx context.Context, kind, id string, prepare func(*index.Tx, Experiment) (any, error)) error {
	_, err := s.opts.Ledger.Do(ctx, kind, id, func(tx *index.Tx) (any, error) {
		e, err := experimentByID(tx, id)
		if err != nil {
			return nil, err
		}
		return prepare(tx, e)
	})
	return err
}

func applyRename(tx *index.Tx, rec journal.Record, in nameRecord) error {
	_, err := tx.Exec("UPDATE run_experiments SET name=?, updated=? WHERE id=?", in.Name, rec.Time().UnixMilli(), rec.ID)
	return err
}

// DeleteExperiment and its runs; RestoreExperiment takes it back.
func (s *Service) DeleteExperiment(ctx context.Context, id string) error {
	return s.toggle(ctx, "experiment.delete", id, Active, "deleted already")
}

// RestoreExperiment takes a delete back.
func (s *Service) RestoreExperiment(ctx context.Context, id string) error {
	return s.toggle(ctx, "experiment.restore", id, Deleted, "not deleted")
}

func (s *Service) toggle(ctx context.Context, kind, id, from, otherwise string) error {
	return s.changeExperiment(ctx, kind, id, func(_ *index.Tx, e Experiment) (any, error) {
		if e.Lifecycle != from {
			return nil, errs.New(errs.NotFound, "No Experiment with id=%s can be changed so: it is %s", id, otherwise)
		}
		return struct{}{}, nil
	})
}

// applyLifecycle takes the experiment's runs along: those that are active when it is
// deleted, and exactly those again when it is restored. The time of the delete tells them.
func applyLifecycle(to string) func(*index.Tx, journal.Record) error {
	return func(tx *index.Tx, rec journal.Record) error {
		at := rec.Time().UnixMilli()
		if to == Deleted {
			var before int64 // a run that was deleted by itself in the same moment stays apart
			if err := tx.QueryRow("SELECT coalesce(max(deleted),0) FROM run_runs WHERE experiment=? AND lifecycle='deleted'", rec.ID).Scan(&before); err != nil {
				return err
			}
			at = max(at, before+1)
			if err := exec(tx, []any{at, rec.ID}, "UPDATE run_runs SET lifecycle='deleted', deleted=? WHERE experiment=? AND lifecycle='active'"); err != nil {
				return err
			}
		} else if err := exec(tx, []any{rec.ID, rec.ID}, `UPDATE run_runs SET lifecycle='active', deleted=NULL WHERE experiment=? AND lifecycle='deleted'
			AND deleted=(SELECT updated FROM run_experiments WHERE id=?)`); err != nil {
			return err
		}
		_, err := tx.Exec("UPDATE run_experiments SET lifecycle=?, updated=? WHERE id=?", to, at, rec.ID)
		return err
	}
}

type tagRecord struct {
	Key    string `json:"key"`
	Value  string `json:"value"`
	Remove bool   `json:"remove,omitempty"`
}

// SetExperimentTag sets or, with remove, deletes a tag.
func (s *Service) SetExperimentTag(ctx context.Context, id, key, value string, remove bool) error {
	if err := checkPairs("tag", map[string]string{key: value}, maxValue); err != nil {
		return err
	}
	return s.changeExperiment(ctx, "experiment.tag", id, func(_ *index.Tx, e Experiment) (any, error) {
		if e.Lifecycle != Active {
			return nil, inactive("experiment", id)
		}
		if _, ok := e.Tags[key]; remove && !ok {
			return nil, errs.New(errs.NotFound, "No tag with name: %.80s in experiment with id %s", key, id)
		}
		return tagRecord{key, value, remove}, nil
	})
}

func applyExperimentTag(tx *index.Tx, rec journal.Record, in tagRecord) error {
	q, args := "INSERT INTO run_experiment_tags VALUES (?,?,?) ON CONFLICT DO UPDATE SET value=excluded.value", []any{rec.ID, in.Key, in.Value}
	if in.Remove {
		q, args = "DELETE FROM run_experiment_tags WHERE experiment=? AND key=?", args[:2]
	}
	_, e1 := tx.Exec(q, args...)
	_, e2 := tx.Exec("UPDATE run_experiments SET updated=max(updated,?) WHERE id=? AND lifecycle='active'", rec.Time().UnixMilli(), rec.ID)
	return errors.Join(e1, e2)
}

// rawOf keeps JSON as it is, and nothing as NULL.
func rawOf(b json.RawMessage) any {
	if len(b) == 0 {
		return nil
	}
	return string(b)
}
