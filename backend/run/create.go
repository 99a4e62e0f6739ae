package run

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"time"

	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/journal"
	"rondo/backend/ref"
)

// Kinds of runs.
const (
	Client       = "client"       // an outside client logs it
	Launched     = "launched"     // started here
	Execution    = "execution"    // of the pipeline
	Reproduction = "reproduction" // an execution done again, to be compared
)

// ParentTag is the tag by which MLflow nests runs; ParentID and it say the same.
const ParentTag = "mlflow.parentRunId"

type createRecord struct {
	ExperimentID string            `json:"experiment_id"`
	Name         string            `json:"name"`
	User         string            `json:"user,omitempty"`
	Kind         string            `json:"kind"`
	Status       string            `json:"status"`
	ParentID     string            `json:"parent_id,omitempty"`
	StartedAt    int64             `json:"started_ms"`
	Params       map[string]string `json:"params,omitempty"`
	Tags         map[string]string `json:"tags,omitempty"`
}

// Create makes a run.
func (s *Service) Create(ctx context.Context, in Create) (Run, error) {
	in, err := in.complete(s.now())
	if err != nil {
		return Run{}, err
	}
	_, err = s.opts.Ledger.Do(ctx, "run.create", in.ID, func(tx *index.Tx) (any, error) {
		if err := in.fits(tx); err != nil {
			return nil, err
		}
		return createRecord{
			in.ExperimentID, in.Name, in.User, in.Kind, in.Status, in.ParentID, in.StartedAt.UnixMilli(), in.Params, in.Tags,
		}, nil
	})
	if err != nil {
		return Run{}, err
	}
	return in.made(s.opts.Ledger.Device()), nil
}

// made is what Get returns of the run before anything happens to it.
func (in Create) made(device string) Run {
	r := Run{
		ID: in.ID, ExperimentID: in.ExperimentID, Name: in.Name, User: in.User, Kind: in.Kind, Status: in.Status, Lifecycle: Active, ParentID: in.ParentID,
		Device: device, StartedAt: time.UnixMilli(in.StartedAt.UnixMilli()).UTC(), Params: map[string]string{}, Metrics: map[string]Metric{}, Tags: map[string]string{},
	}
	maps.Copy(r.Params, in.Params)
	maps.Copy(r.Tags, in.Tags)
	return r
}

func (in Create) complete(now time.Time) (Create, error) {
	in.ID, in.ExperimentID = orElse(in.ID, ref.NewID), orElse(in.ExperimentID, func() string { return DefaultExperiment })
	in.Name = orElse(in.Name, func() string { return friendly(in.ID) })
	in.Kind = orElse(in.Kind, func() string { return Client })
	in.Status = orElse(in.Status, func() string { return Running })
	if in.StartedAt.IsZero() {
		in.StartedAt = now
	}
	if in.ParentID != "" {
		tags := map[string]string{}
		for k, v := range in.Tags {
			tags[k] = v
		}
		tags[ParentTag] = in.ParentID
		in.Tags = tags
	}
	return in, first(errors.Join(checkRunID(in.ID), checkName("run", in.Name), checkStatus(in.Status),
		checkPairs("param", in.Params, maxValue), checkPairs("tag", in.Tags, maxNotes), checkKind(in.Kind)))
}

func checkKind(kind string) error {
	if kind != Client && kind != Launched && kind != Execution && kind != Reproduction {
		return errs.New(errs.Invalid, "%.40q is not a kind of run", kind)
	}
	return nil
}

func orElse(s string, other func() string) string {
	if s == "" {
		return other()
	}
	return s
}

// fits checks a new run against what is there.
func (in Create) fits(tx *index.Tx) error {
	var n int
	if err := tx.QueryRow("SELECT count(*) FROM run_runs WHERE id=?", in.ID).Scan(&n); err != nil {
		return err
	}
	if n > 0 {
		return errs.New(errs.Conflict, "Run %s exists already", in.ID)
	}
	return experimentActive(tx, in.ExperimentID)
}

func applyCreate(tx *index.Tx, rec journal.Record, in createRecord) error {
	res, err := tx.Exec(`INSERT INTO run_runs (id, experiment, name, user, kind, status, lifecycle, parent, device, started, created)
		VALUES (?,?,?,?,?,?,?,?,?,?,?)`, rec.ID, in.ExperimentID, in.Name, in.User,
		in.Kind, in.Status, Active, in.ParentID, rec.Device, in.StartedAt, int64(rec.Clock))
	if err != nil {
		return err
	}
	no, err := res.LastInsertId()
	if err != nil {
		return err
	}
	if in.ExperimentID == DefaultExperiment {
		if err := before(tx, rec); err != nil {
			return err
		}
	}
	return errors.Join(addPairs(tx, paramsColumn, no, in.Params), addPairs(tx, tagsColumn, no, in.Tags))
}

// before lets the default experiment be older than what a record makes: nobody makes it,
// it was there before the first of all.
func before(tx *index.Tx, rec journal.Record) error {
	_, err := tx.Exec("UPDATE run_experiments SET created=?1, updated=max(updated, ?1) WHERE id=?2 AND (created=0 OR created>?1)", rec.Time().UnixMilli()-1, DefaultExperiment)
	return err
}

type updateRecord struct {
	Name      *string         `json:"name,omitempty"`
	Status    *string         `json:"status,omitempty"`
	StartedAt *int64          `json:"started_ms,omitempty"`
	EndedAt   *int64          `json:"ended_ms,omitempty"`
	Exit      json.RawMessage `json:"exit,omitempty"`
	Reason    *string         `json:"reason,omitempty"`
}

// Update changes a run.
func (s *Service) Update(ctx context.Context, id string, c Change) (Run, error) {
	rec, err := c.record(s.now())
	if err != nil {
		return Run{}, err
	}
	_, err = s.opts.Ledger.Do(ctx, "run.update", id, func(tx *index.Tx) (any, error) {
		state, err := stateOf(tx, id)
		if err == nil && state.lifecycle != Active && c.Exit == nil { // how a process ended is true even then
			err = inactive("run", id)
		}
		return rec, err
	})
	if err != nil {
		return Run{}, err
	}
	if c.Status != nil && *c.Status != Running && *c.Status != Queued {
		s.logs.let(id) // an ended run is hardly ever logged to again
	}
	return s.Get(ctx, id)
}

func (c Change) record(now time.Time) (rec updateRecord, err error) {
	rec = updateRecord{Name: c.Name, Status: c.Status, StartedAt: millis(c.StartedAt), EndedAt: millis(c.EndedAt), Exit: c.Exit, Reason: c.Reason}
	if c.Name != nil {
		err = checkName("run", *c.Name)
	}
	if c.Status != nil && err == nil {
		err = checkStatus(*c.Status)
		if over := *c.Status == Finished || *c.Status == Failed || *c.Status == Killed; over && c.EndedAt == nil {
			rec.EndedAt = millis(&now)
		}
	}
	return rec, err
}

func millis(t *time.Time) *int64 {
	if t == nil {
		return nil
	}
	ms := t.UnixMilli()
	return &ms
}

func applyUpdate(tx *index.Tx, rec journal.Record, in updateRecord) error {
	_, err := tx.Exec(`UPDATE run_runs SET name=coalesce(?,name), status=coalesce(?,status), started=coalesce(?,started),
		ended=coalesce(?,ended), exit=coalesce(?,exit), reason=coalesce(?,reason) WHERE id=?`,
		in.Name, in.Status, in.StartedAt, in.EndedAt, rawOf(in.Exit), in.Reason, rec.ID)
	return err
}

// Delete puts runs away; Restore takes them back.
func (s *Service) Delete(ctx context.Context, id string) error {
	return s.setLifecycle(ctx, "run.delete", id, Deleted)
}

// Restore takes a delete back.
func (s *Service) Restore(ctx context.Context, id string) error {
	return s.setLifecycle(ctx, "run.restore", id, Active)
}

var errNoChange = errs.New(errs.Precondition, "nothing to change")

func (s *Service) setLifecycle(ctx context.Context, kind, id, to string) error {
	_, err := s.opts.Ledger.Do(ctx, kind, id, func(tx *index.Tx) (any, error) {
		state, err := stateOf(tx, id)
		if err == nil && state.lifecycle == to {
			err = errNoChange
		}
		if err == nil && to == Active {
			err = experimentActive(tx, state.experiment)
		}
		return struct{}{}, err
	})
	if errors.Is(err, errNoChange) {
		return nil
	}
	return err
}

func experimentActive(tx *index.Tx, id string) error {
	lifecycle, err := experimentState(tx, id)
	if err == nil && lifecycle != Active {
		err = inactive("experiment", id)
	}
	return err
}

func applyRunLifecycle(to string) func(*index.Tx, journal.Record) error {
	return func(tx *index.Tx, rec journal.Record) error {
		var deleted any
		if to == Deleted {
			deleted = rec.Time().UnixMilli()
		}
		_, err := tx.Exec("UPDATE run_runs SET lifecycle=?, deleted=? WHERE id=?", to, deleted, rec.ID)
		return err
	}
}
