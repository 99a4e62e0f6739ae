package run

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/journal"
	"rondo/backend/ref"
	"rondo/backend/run/search"
)

// Statuses of a logged model.
const (
	ModelPending = "PENDING"
	ModelReady   = "READY"
	ModelFailed  = "FAILED"
)

const modelPrefix = "m-"

type modelRecord struct {
	ExperimentID string            `json:"experiment_id"`
	Name         string            `json:"name"`
	Type         string            `json:"type,omitempty"`
	RunID        string            `json:"run_id,omitempty"`
	Params       map[string]string `json:"params,omitempty"`
	Tags         map[string]string `json:"tags,omitempty"`
}

// CreateLoggedModel makes a logged model in state PENDING.
func (s *Service) CreateLoggedModel(ctx context.Context, m LoggedModel) (LoggedModel, error) {
	m.ID = orElse(m.ID, func() string { return modelPrefix + ref.NewID() })
	m.ExperimentID = orElse(m.ExperimentID, func() string { return DefaultExperiment })
	m.Name = orElse(m.Name, func() string { return friendly(m.ID) })
	if err := m.check(); err != nil {
		return m, err
	}
	_, err := s.opts.Ledger.Do(ctx, "logged_model.create", m.ID, func(tx *index.Tx) (any, error) {
		if _, err := modelByID(tx, m.ID); err == nil {
			return nil, errs.New(errs.Conflict, "Logged model %s exists already", m.ID)
		}
		err := experimentActive(tx, m.ExperimentID)
		if err == nil && m.RunID != "" { // one that is not known here is kept as it is told
			if err = activeRun(tx, m.RunID); errs.Is(err, errs.NotFound) {
				err = nil
			}
		}
		return modelRecord{m.ExperimentID, m.Name, m.Type, m.RunID, m.Params, m.Tags}, err
	})
	if err != nil {
		return m, err
	}
	return s.LoggedModel(ctx, m.ID)
}

func (m LoggedModel) check() error {
	if !strings.HasPrefix(m.ID, modelPrefix) || checkID("logged model", m.ID) != nil {
		return errs.New(errs.Invalid, "%.80q is not the id of a logged model: want %s and letters or digits", m.ID, modelPrefix)
	}
	if strings.ContainsAny(m.Name, `/:.%"'`) {
		return errs.New(errs.Invalid, "Invalid logged model name %.80q: it must not hold / : . %% \" or '", m.Name)
	}
	return first(errors.Join(checkName("logged model", m.Name), checkPairs("param", m.Params, maxValue), checkPairs("tag", m.Tags, maxNotes)))
}

func applyModel(tx *index.Tx, rec journal.Record, in modelRecord) error {
	at := rec.Time().UnixMilli()
	if _, err := tx.Exec("INSERT INTO run_models VALUES (?,?,?,?,?,?,'',?,?)", rec.ID, in.ExperimentID, in.Name, in.Type, in.RunID, ModelPending, at, at); err != nil {
		return err
	}
	return errors.Join(setPairs(tx, insertModelParam, rec.ID, in.Params), setPairs(tx, insertModelTag, rec.ID, in.Tags))
}

const (
	insertModelParam = "INSERT INTO run_model_params VALUES (?,?,?) ON CONFLICT DO UPDATE SET value=excluded.value"
	insertModelTag   = "INSERT INTO run_model_tags VALUES (?,?,?) ON CONFLICT DO UPDATE SET value=excluded.value"
)

// LoggedModel returns one.
func (s *Service) LoggedModel(ctx context.Context, id string) (m LoggedModel, err error) {
	if err := s.settle(ctx); err != nil {
		return m, err
	}
	err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		m, err = modelByID(tx, id)
		return err
	})
	return m, err
}

func modelByID(tx *index.Tx, id string) (m LoggedModel, err error) {
	var created, updated int64
	err = tx.QueryRow("SELECT id, experiment, name, type, run, status, message, created, updated FROM run_models WHERE id=?", id).
		Scan(&m.ID, &m.ExperimentID, &m.Name, &m.Type, &m.RunID, &m.Status, &m.Message, &created, &updated)
	if errors.Is(err, sql.ErrNoRows) {
		return m, errs.New(errs.NotFound, "Logged model with ID '%.80s' not found.", id)
	}
	m.CreatedAt, m.UpdatedAt = time.UnixMilli(created).UTC(), time.UnixMilli(updated).UTC()
	m.Params, m.Tags, m.Metrics = map[string]string{}, map[string]string{}, []Metric{}
	if err == nil {
		err = errors.Join(pairs(tx, "SELECT key, value FROM run_model_params WHERE model=?", id, m.Params),
			pairs(tx, "SELECT key, value FROM run_model_tags WHERE model=?", id, m.Tags))
	}
	if err != nil {
		return m, err
	}
	return m, modelMetrics(tx, &m)
}

func modelMetrics(tx *index.Tx, m *LoggedModel) error {
	rows, err := tx.Query("SELECT key, dataset, digest, run, bits, step, time FROM run_model_metrics WHERE model=? ORDER BY key, dataset, digest, run", m.ID)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		x := Metric{Model: m.ID}
		var bits int64
		if err := rows.Scan(&x.Key, &x.Data.Name, &x.Data.Digest, &x.Run, &bits, &x.Step, &x.Time); err != nil {
			return err
		}
		x.Value = Float(value(bits))
		x.Min, x.Max = x.Value, x.Value
		m.Metrics = append(m.Metrics, x)
	}
	return rows.Err()
}

// changeModel records a change of a logged model and returns what it became.
func (s *Service) changeModel(ctx context.Context, kind, id string, prepare func(LoggedModel) (any, error)) (m LoggedModel, err error) {
	_, err = s.opts.Ledger.Do(ctx, kind, id, func(tx *index.Tx) (any, error) {
		m, err := modelByID(tx, id)
		if err != nil {
			return nil, err
		}
		return prepare(m)
	})
	if err != nil {
		return m, err
	}
	return s.LoggedModel(ctx, id)
}

type finalizeRecord struct {
	Status  string `json:"status"`
	Message string `json:"message,omitempty"`
}

// FinalizeLoggedModel sets its status.
func (s *Service) FinalizeLoggedModel(ctx context.Context, id, status, message string) (LoggedModel, error) {
	if status != ModelPending && status != ModelReady && status != ModelFailed {
		return LoggedModel{}, errs.New(errs.Invalid, "%.40q is not a status of a logged model: want %s, %s or %s", status, ModelPending, ModelReady, ModelFailed)
	}
	if len(message) > maxNotes {
		return LoggedModel{}, errs.New(errs.TooLarge, "the message of a logged model has at most %d bytes", maxNotes)
	}
	return s.changeModel(ctx, "logged_model.finalize", id, func(LoggedModel) (any, error) { return finalizeRecord{status, message}, nil })
}

func applyFinalize(tx *index.Tx, rec journal.Record, in finalizeRecord) error {
	_, err := tx.Exec("UPDATE run_models SET status=?, message=?, updated=? WHERE id=?", in.Status, in.Message, rec.Time().UnixMilli(), rec.ID)
	return err
}

type modelTagsRecord struct {
	Set    map[string]string `json:"set,omitempty"`
	Remove []string          `json:"remove,omitempty"`
}

// TagLoggedModel sets tags and removes others.
func (s *Service) TagLoggedModel(ctx context.Context, id string, set map[string]string, remove []string) (LoggedModel, error) {
	if err := checkPairs("tag", set, maxNotes); err != nil {
		return LoggedModel{}, err
	}
	return s.changeModel(ctx, "logged_model.tag", id, func(m LoggedModel) (any, error) {
		for _, k := range remove {
			if _, ok := m.Tags[k]; !ok {
				return nil, errs.New(errs.NotFound, "No tag with key %.80q found for model with ID %s.", k, id)
			}
		}
		return modelTagsRecord{set, remove}, nil
	})
}

func applyModelTags(tx *index.Tx, rec journal.Record, in modelTagsRecord) error {
	for _, k := range in.Remove {
		if _, err := tx.Exec("DELETE FROM run_model_tags WHERE model=? AND key=?", rec.ID, k); err != nil {
			return err
		}
	}
	return errors.Join(setPairs(tx, insertModelTag, rec.ID, in.Set), touchModel(tx, rec))
}

func touchModel(tx *index.Tx, rec journal.Record) error {
	_, err := tx.Exec("UPDATE run_models SET updated=? WHERE id=?", rec.Time().UnixMilli(), rec.ID)
	return err
}

type modelParamsRecord struct {
	Params map[string]string `json:"params"`
}

// LogModelParams adds params to a logged model.
func (s *Service) LogModelParams(ctx context.Context, id string, params map[string]string) error {
	if err := checkPairs("param", params, maxValue); err != nil {
		return err
	}
	_, err := s.changeModel(ctx, "logged_model.params", id, func(m LoggedModel) (any, error) {
		for k, v := range params {
			if old, ok := m.Params[k]; ok && old != v {
				return nil, errs.New(errs.Conflict, "Param %q of logged model %s was already logged with value '%.200s' and cannot become '%.200s'.", k, id, old, v)
			}
		}
		return modelParamsRecord{params}, nil
	})
	return err
}

func applyModelParams(tx *index.Tx, rec journal.Record, in modelParamsRecord) error {
	return errors.Join(setPairs(tx, insertModelParam, rec.ID, in.Params), touchModel(tx, rec))
}

// DeleteLoggedModel removes it. Its files stay until somebody deletes them, and what
// was measured of it stays with the runs.
func (s *Service) DeleteLoggedModel(ctx context.Context, id string) error {
	_, err := s.opts.Ledger.Do(ctx, "logged_model.delete", id, func(tx *index.Tx) (any, error) {
		_, err := modelByID(tx, id)
		return struct{}{}, err
	})
	return err
}

func applyModelDelete(tx *index.Tx, rec journal.Record) error {
	return exec(tx, []any{rec.ID}, "DELETE FROM run_models WHERE id=?", "DELETE FROM run_model_params WHERE model=?", "DELETE FROM run_model_tags WHERE model=?")
}

// SearchLoggedModels selects logged models in MLflow's grammar; OrderBy is "field ASC|DESC".
func (s *Service) SearchLoggedModels(ctx context.Context, in Search) (list []LoggedModel, next string, err error) {
	q := query{space: modelSpace, from: "run_models m", usual: "m.created DESC, m.id", tie: "m.created DESC, m.id"}
	q.among("m.experiment", in.ExperimentIDs)
	q.measured(in.Datasets)
	q.space.Measured = func(c search.Clause) ([]string, error) { return s.modelsWith(ctx, c, in.Datasets) }
	if err := s.settle(ctx); err != nil {
		return nil, "", err
	}
	if err := q.prepare(in, "(m.created*65536)"); err != nil {
		return nil, "", err
	}
	list = []LoggedModel{}
	err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		var ids []string
		if ids, next, _, err = q.run(tx, false); err != nil {
			return searchError(err)
		}
		for _, id := range ids {
			m, err := modelByID(tx, id)
			if err != nil {
				return err
			}
			list = append(list, m)
		}
		return nil
	})
	return list, next, err
}
