package run

import (
	"context"
	"encoding/json"

	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/journal"
)

const contextTag = "mlflow.data.context" // says what for a dataset was used

type inputsRecord struct {
	Inputs []Input  `json:"inputs,omitempty"`
	Models []string `json:"models,omitempty"`
}

// LogInputs adds datasets and logged models that a run used.
func (s *Service) LogInputs(ctx context.Context, id string, in []Input, models []string) error {
	if len(in)+len(models) > maxInputs {
		return errs.New(errs.TooLarge, "%d inputs in one call are over the limit of %d", len(in)+len(models), maxInputs)
	}
	for _, i := range in {
		if err := i.check(); err != nil {
			return err
		}
	}
	return s.link(ctx, "run.inputs", id, models, inputsRecord{in, models})
}

func (i Input) check() error {
	switch {
	case i.Name == "" || i.Digest == "":
		return errs.New(errs.Invalid, "a dataset that a run used needs a name and a digest")
	case len(i.Name) > maxName || len(i.Digest) > maxKey:
		return errs.New(errs.TooLarge, "the name or digest of dataset %.40q is too long", i.Name)
	case len(i.Source) > maxNotes || len(i.Schema) > maxNotes || len(i.Profile) > 16*maxNotes || len(i.SourceType) > maxName:
		return errs.New(errs.TooLarge, "source, schema or profile of dataset %q are too large", i.Name).WithHint("keep them in an artifact")
	}
	return checkPairs("tag", i.Tags, maxValue)
}

// link records what is about a run and logged models.
func (s *Service) link(ctx context.Context, kind, id string, models []string, data any) error {
	for _, m := range models {
		if err := checkID("logged model", m); err != nil {
			return err
		}
	}
	_, err := s.opts.Ledger.Do(ctx, kind, id, func(tx *index.Tx) (any, error) { return data, activeRun(tx, id) })
	return err
}

func applyInputs(tx *index.Tx, rec journal.Record, in inputsRecord) error {
	for _, i := range in.Inputs {
		b, err := json.Marshal(i)
		if err != nil {
			return err
		}
		// an input keeps the tags that it came with, as in MLflow: who names it again changes nothing
		if _, err := tx.Exec("INSERT INTO run_inputs VALUES (?,?,?,?,?) ON CONFLICT DO NOTHING",
			rec.ID, i.Name, i.Digest, i.Tags[contextTag], string(b)); err != nil {
			return err
		}
	}
	for _, m := range in.Models {
		if err := storeLink(tx, rec.ID, m, 0, 0); err != nil {
			return err
		}
	}
	return nil
}

func storeLink(tx *index.Tx, run, model string, output int, step int64) error {
	_, err := tx.Exec("INSERT INTO run_model_links VALUES (?,?,?,?) ON CONFLICT DO UPDATE SET step=max(step, excluded.step)", run, model, output, step)
	return err
}

type outputsRecord struct {
	Models []ModelOutput `json:"models"`
}

// LogOutputs adds logged models that came out of a run.
func (s *Service) LogOutputs(ctx context.Context, id string, out []ModelOutput) error {
	if len(out) > maxInputs {
		return errs.New(errs.TooLarge, "%d outputs in one call are over the limit of %d", len(out), maxInputs)
	}
	var models []string
	for _, o := range out {
		models = append(models, o.ModelID)
	}
	return s.link(ctx, "run.outputs", id, models, outputsRecord{out})
}

func applyOutputs(tx *index.Tx, rec journal.Record, in outputsRecord) error {
	for _, o := range in.Models {
		if err := storeLink(tx, rec.ID, o.ModelID, 1, o.Step); err != nil {
			return err
		}
	}
	return nil
}

// UsedBy lists the runs that used a dataset: those with an input of the name and, if
// it is not empty, of the digest. The newest come first.
func (s *Service) UsedBy(ctx context.Context, name, digest string, limit int) (list []Run, err error) {
	if limit <= 0 {
		limit = usualLimit
	}
	err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		ids, err := index.Column[string](tx, `SELECT DISTINCT r.id FROM run_inputs i JOIN run_runs r ON r.id=i.run
			WHERE i.name=? AND (?='' OR i.digest=?) AND r.lifecycle='active' ORDER BY r.started DESC, r.id LIMIT ?`, name, digest, digest, limit)
		if err == nil {
			list, err = load(tx, ids)
		}
		return err
	})
	return list, err
}

// Use is a dataset that runs of an experiment used, in a context such as training.
type Use struct {
	Dataset
	ExperimentID string
	Context      string
}

// Datasets lists what the active runs of experiments used, each once, at most limit.
func (s *Service) Datasets(ctx context.Context, experimentIDs []string, limit int) (list []Use, err error) {
	ids, err := json.Marshal(experimentIDs)
	if err != nil {
		return nil, err
	}
	err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		rows, err := tx.Query(`SELECT DISTINCT r.experiment, i.name, i.digest, i.context FROM run_inputs i JOIN run_runs r ON r.id=i.run
			WHERE r.lifecycle='active' AND r.experiment`+amongIDs+` ORDER BY r.experiment, i.name, i.digest, i.context LIMIT ?`, string(ids), limit)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var u Use
			if err := rows.Scan(&u.ExperimentID, &u.Name, &u.Digest, &u.Context); err != nil {
				return err
			}
			list = append(list, u)
		}
		return rows.Err()
	})
	return list, err
}
