package run

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"strconv"
	"time"

	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/journal"
)

// DefaultExperiment is the id of the one that is always there.
const DefaultExperiment = "0"

type experimentRecord struct {
	Name     string            `json:"name"`
	Location string            `json:"location,omitempty"`
	Tags     map[string]string `json:"tags,omitempty"`
}

// CreateExperiment makes an experiment; a taken name is kind Conflict.
func (s *Service) CreateExperiment(ctx context.Context, name, location string, tags map[string]string) (Experiment, error) {
	if err := errors.Join(checkName("experiment", name), checkPairs("tag", tags, maxValue)); err != nil {
		return Experiment{}, first(err)
	}
	id := newExperimentID()
	_, err := s.opts.Ledger.Do(ctx, "experiment.create", id, func(tx *index.Tx) (any, error) {
		if err := nameIsFree(tx, name, id); err != nil {
			return nil, err
		}
		return experimentRecord{name, location, tags}, nil
	})
	if err != nil {
		return Experiment{}, err
	}
	return s.Experiment(ctx, id)
}

// newExperimentID is decimal, as MLflow's are, sorts by time, and is another one on
// every device that makes one in the same millisecond.
func newExperimentID() string {
	return strconv.FormatInt(time.Now().UnixMilli()*100_000+rand.Int64N(100_000), 10)
}

func nameIsFree(tx *index.Tx, name, except string) error {
	e, err := experimentWhere(tx, "name=? AND id<>?", name, except)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	taken := errs.New(errs.Conflict, "Experiment %q already exists", name)
	if e.Lifecycle == Deleted {
		taken = errs.New(errs.Conflict, "Experiment %q already exists in deleted state", name)
		taken.Hint = "restore it, or choose another name"
	}
	return taken
}

func applyExperiment(tx *index.Tx, rec journal.Record, in experimentRecord) error {
	at := rec.Time().UnixMilli()
	if _, err := tx.Exec("INSERT INTO run_experiments VALUES (?,?,?,?,?,?)", rec.ID, in.Name, Active, in.Location, at, at); err != nil {
		return err
	}
	return errors.Join(before(tx, rec), setPairs(tx, "INSERT INTO run_experiment_tags VALUES (?,?,?)", rec.ID, in.Tags))
}

const experimentColumns = "e.id, e.name, e.lifecycle, e.location, e.created, e.updated, " +
	"(SELECT count(*) FROM run_runs r WHERE r.experiment=e.id AND r.lifecycle='active')"

func scanExperiment(row interface{ Scan(...any) error }) (e Experiment, err error) {
	var created, updated int64
	err = row.Scan(&e.ID, &e.Name, &e.Lifecycle, &e.Location, &created, &updated, &e.Runs)
	e.CreatedAt, e.UpdatedAt = time.UnixMilli(created).UTC(), time.UnixMilli(updated).UTC()
	e.Tags = map[string]string{}
	return e, err
}

// experimentWhere returns one, active ones first and old ones first among them.
func experimentWhere(tx *index.Tx, where string, args ...any) (Experiment, error) {
	e, err := scanExperiment(tx.QueryRow("SELECT "+experimentColumns+" FROM run_experiments e WHERE "+where+" ORDER BY e.lifecycle, e.created, e.id LIMIT 1", args...))
	if errors.Is(err, sql.ErrNoRows) {
		return e, errs.New(errs.NotFound, "there is no such experiment")
	}
	if err != nil {
		return e, err
	}
	return e, pairs(tx, "SELECT key, value FROM run_experiment_tags WHERE experiment=?", e.ID, e.Tags)
}

// pairs reads keys and values into a map.
func pairs(tx *index.Tx, query, id string, into map[string]string) error {
	rows, err := tx.Query(query, id)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var k, v string
		if err := rows.Scan(&k, &v); err != nil {
			return err
		}
		into[k] = v
	}
	return rows.Err()
}

// Experiment returns one by id.
func (s *Service) Experiment(ctx context.Context, id string) (e Experiment, err error) {
	err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		e, err = experimentByID(tx, id)
		return err
	})
	return e, err
}

func experimentByID(tx *index.Tx, id string) (Experiment, error) {
	e, err := experimentWhere(tx, "id=?", id)
	if errs.Is(err, errs.NotFound) {
		err = noExperiment(id)
	}
	return e, err
}

func noExperiment(id string) error {
	return errs.New(errs.NotFound, "No Experiment with id=%.80s exists", id).WithHint("list them to see which there are")
}

// experimentState is for who only wants to know whether there is one and whether it was
// deleted: counting its runs, which experimentByID does, takes as long as they are many.
func experimentState(tx *index.Tx, id string) (lifecycle string, err error) {
	err = tx.QueryRow("SELECT lifecycle FROM run_experiments WHERE id=?", id).Scan(&lifecycle)
	if errors.Is(err, sql.ErrNoRows) {
		err = noExperiment(id)
	}
	return lifecycle, err
}

// ExperimentByName returns one by name; active ones first.
func (s *Service) ExperimentByName(ctx context.Context, name string) (e Experiment, err error) {
	err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		e, err = experimentWhere(tx, "name=?", name)
		return err
	})
	if errs.Is(err, errs.NotFound) {
		err = errs.New(errs.NotFound, "Could not find experiment with name '%.80s'", name)
	}
	return e, err
}

// EnsureExperiment returns the active experiment of the name, made if need be.
func (s *Service) EnsureExperiment(ctx context.Context, name string) (Experiment, error) {
	for range 2 { // the second time where another made it in between
		e, err := s.ExperimentByName(ctx, name)
		if err == nil && e.Lifecycle == Deleted {
			return e, inactive("experiment", name)
		}
		if !errs.Is(err, errs.NotFound) {
			return e, err
		}
		e, err = s.CreateExperiment(ctx, name, "", nil)
		if !errs.Is(err, errs.Conflict) {
			return e, err
		}
	}
	return s.ExperimentByName(ctx, name)
}

func inactive(what, id string) error {
	return errs.New(errs.Precondition, "The %s %.80s must be in the 'active' state. Current state is deleted.", what, id).
		WithHint("restore it first")
}

// first returns the first of joined errors: a person mends one thing at a time.
func first(err error) error {
	if all, ok := err.(interface{ Unwrap() []error }); ok {
		return all.Unwrap()[0]
	}
	return err
}
