package run

import (
	"context"
	"errors"
	"strconv"

	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/journal"
)

// carriedExperiment is an experiment with the times of the store that it comes from.
type carriedExperiment struct {
	experimentRecord
	Lifecycle string `json:"lifecycle,omitempty"` // empty: as it is here
	Created   int64  `json:"created_ms"`
	Updated   int64  `json:"updated_ms"`
}

// CarryExperiment brings an experiment in. Its id is kept where no other experiment
// has it. One of the same name is added to, unless one of the two is deleted: then
// the name gets what tells it apart. Here is the id under which it came before, if it
// did; with keep, the lifecycle and name that it has here stay.
func (s *Service) CarryExperiment(ctx context.Context, e Experiment, here, apart string, keep bool) (Experiment, error) {
	if err := checkName("experiment", e.Name); err != nil {
		return e, err
	}
	rec := carriedExperiment{
		experimentRecord{e.Name, "", fitting("tag", e.Tags, maxValue, func(string, string, error) {})},
		e.Lifecycle, e.CreatedAt.UnixMilli(), e.UpdatedAt.UnixMilli(),
	}
	if keep {
		rec.Lifecycle = ""
	}
	id, name, err := s.placeFor(ctx, e, here, apart)
	if err != nil {
		return e, err
	}
	rec.Name = name
	_, err = s.opts.Ledger.Do(ctx, "experiment.carry", id, func(tx *index.Tx) (any, error) {
		err := nameIsFree(tx, name, id)
		if id == here {
			err = nil
		}
		return rec, err
	})
	if err != nil {
		return e, err
	}
	return s.Experiment(ctx, id)
}

// placeFor says under which id and name an experiment comes in.
func (s *Service) placeFor(ctx context.Context, e Experiment, here, apart string) (id, name string, err error) {
	err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		if known, err := experimentByID(tx, here); err == nil {
			id, name = here, known.Name
			return nil
		}
		id, name = e.ID, e.Name
		for n := 0; ; n++ {
			there, err := experimentWhere(tx, "name=?", name)
			if errs.Is(err, errs.NotFound) {
				break
			}
			if err != nil {
				return err
			}
			if there.Lifecycle == e.Lifecycle {
				id = there.ID
				return nil
			}
			if name = e.Name + " (" + apart + ")"; n > 0 {
				name = e.Name + " (" + apart + " " + strconv.Itoa(n+1) + ")"
			}
		}
		_, err := experimentState(tx, id)
		switch {
		case err == nil: // of another experiment
			id = newExperimentID()
		case !errs.Is(err, errs.NotFound):
			return err
		case checkID("experiment", id) != nil:
			id = newExperimentID()
		}
		return nil
	})
	return id, name, err
}

// applyCarriedExperiment leaves the time of a delete, by which a restore knows the runs that went with it.
func applyCarriedExperiment(tx *index.Tx, rec journal.Record, in carriedExperiment) error {
	lifecycle := in.Lifecycle
	if lifecycle == "" {
		lifecycle = Active
	}
	_, err := tx.Exec(`INSERT INTO run_experiments VALUES (?1,?2,?3,?4,?5,?6) ON CONFLICT DO UPDATE SET
		lifecycle=CASE WHEN ?7='' THEN lifecycle ELSE ?7 END, created=CASE WHEN created=0 THEN ?5 ELSE min(created, ?5) END, updated=CASE WHEN lifecycle='deleted' AND ?7<>'active' THEN updated ELSE max(updated, ?6) END`,
		rec.ID, in.Name, lifecycle, in.Location, in.Created, in.Updated, in.Lifecycle)
	return errors.Join(err, setPairs(tx, "INSERT INTO run_experiment_tags VALUES (?,?,?) ON CONFLICT DO UPDATE SET value=excluded.value", rec.ID, in.Tags))
}

// carriedModel is a logged model with its status and the times of the store that it comes from.
type carriedModel struct {
	modelRecord
	Status  string `json:"status"`
	Message string `json:"message,omitempty"`
	Created int64  `json:"created_ms"`
	Updated int64  `json:"updated_ms"`
}

// CarryModel brings a logged model in, or what has changed of it. What was measured of
// it comes with the points of runs.
func (s *Service) CarryModel(ctx context.Context, m LoggedModel) error {
	if err := m.check(); err != nil {
		return err
	}
	if m.Status == "" {
		m.Status = ModelPending
	}
	rec := carriedModel{
		modelRecord{m.ExperimentID, m.Name, m.Type, m.RunID, m.Params, m.Tags}, m.Status, m.Message, m.CreatedAt.UnixMilli(), m.UpdatedAt.UnixMilli(),
	}
	_, err := s.opts.Ledger.Do(ctx, "logged_model.carry", m.ID, func(tx *index.Tx) (any, error) {
		_, err := experimentState(tx, m.ExperimentID)
		return rec, err
	})
	return err
}

func applyCarriedModel(tx *index.Tx, rec journal.Record, in carriedModel) error {
	_, err := tx.Exec(`INSERT INTO run_models VALUES (?,?,?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET name=excluded.name, type=excluded.type, run=excluded.run,
		status=excluded.status, message=excluded.message, updated=max(updated, excluded.updated)`,
		rec.ID, in.ExperimentID, in.Name, in.Type, in.RunID, in.Status, in.Message, in.Created, in.Updated)
	return errors.Join(err, setPairs(tx, insertModelParam, rec.ID, in.Params), setPairs(tx, insertModelTag, rec.ID, in.Tags))
}
