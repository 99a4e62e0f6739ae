package run

import (
	"context"
	"errors"
	"math"
	"time"

	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/journal"
	"rondo/backend/run/points"
)

// Carried is a run as another tool's store has it. Its times, its end and its
// lifecycle come with it, so nothing about it depends on when it was brought.
type Carried struct {
	Run
	Keep   bool                                  // leave the lifecycle that a run of this id has here
	Points func(yield func([]Point) error) error // its history, in parts of any size; nil: none
	Left   func(what, key string, why error)     // hears of what cannot be kept; may be nil
}

// Brought says how much of a carried run was kept.
type Brought struct {
	New    bool // there was no run of this id
	Points int64
}

// carriedRecord is a whole run: what a run.create, run.log, run.inputs, run.outputs,
// run.update and run.delete would say one after the other. Its blocks lie in the
// file of the record's device and count because of it.
type carriedRecord struct {
	createRecord
	Lifecycle string        `json:"lifecycle,omitempty"` // empty: as it is here
	EndedAt   *int64        `json:"ended_ms,omitempty"`
	DeletedAt *int64        `json:"deleted_ms,omitempty"`
	Inputs    []Input       `json:"inputs,omitempty"`
	Models    []string      `json:"models,omitempty"`
	Outputs   []ModelOutput `json:"outputs,omitempty"`
	Blocks    []int64       `json:"blocks,omitempty"`
	Points    summaries     `json:"points,omitzero"`
}

// Carry brings a run in, whole or not at all, or adds to one of the same id what it
// does not have yet. Doing it twice is the same as doing it once.
func (s *Service) Carry(ctx context.Context, in Carried) (b Brought, err error) {
	if in.Left == nil {
		in.Left = func(string, string, error) {}
	}
	rec, err := in.record(s.now())
	if err != nil {
		return b, err
	}
	_, err = s.Get(ctx, in.ID)
	if b.New = errs.Is(err, errs.NotFound); err != nil && !b.New {
		return b, err
	}
	if in.Points != nil {
		to := carriedLog{s: s, id: in.ID}
		defer to.close()
		if b.Points, err = s.carryPoints(ctx, in, b.New, &to); err != nil {
			return b, err
		}
		rec.Blocks, rec.Points = to.blocks, to.sums
	}
	return b, s.recordCarried(ctx, in.ID, rec)
}

func (in *Carried) record(now time.Time) (rec carriedRecord, err error) {
	if err := errors.Join(checkRunID(in.ID), checkStatus(in.Status)); err != nil {
		return rec, first(err)
	}
	if checkName("run", in.Name) != nil {
		in.Name = friendly(in.ID)
	}
	if in.StartedAt.IsZero() {
		in.StartedAt = now
	}
	rec = carriedRecord{
		createRecord: createRecord{
			in.ExperimentID, in.Name, in.User, Client, in.Status, in.ParentID, in.StartedAt.UnixMilli(),
			fitting("param", in.Params, maxValue, in.Left), fitting("tag", in.Tags, maxNotes, in.Left),
		},
		Lifecycle: in.Lifecycle, Models: in.ModelInputs, Outputs: in.ModelOutputs,
	}
	if in.Keep {
		rec.Lifecycle = ""
	}
	if !in.EndedAt.IsZero() {
		rec.EndedAt = millis(&in.EndedAt)
	}
	if in.Lifecycle == Deleted {
		at := in.DeletedAt
		if at.IsZero() {
			at = now
		}
		rec.DeletedAt = millis(&at)
	}
	for _, i := range in.Inputs {
		if err := i.check(); err != nil {
			in.Left("input", i.Name, err)
			continue
		}
		rec.Inputs = append(rec.Inputs, i)
	}
	return rec, nil
}

// fitting leaves out the pairs that cannot be kept.
func fitting(what string, pairs map[string]string, most int, left func(what, key string, why error)) map[string]string {
	out := make(map[string]string, len(pairs))
	for k, v := range pairs {
		if err := checkPairs(what, map[string]string{k: v}, most); err != nil {
			left(what, k, err)
			continue
		}
		out[k] = v
	}
	return out
}

// carryPoints writes the history as blocks that do not count yet.
func (s *Service) carryPoints(ctx context.Context, in Carried, fresh bool, to *carriedLog) (n int64, err error) {
	have := map[Point]bool{}
	if !fresh {
		all, err := s.read(ctx, in.ID, nil)
		if err != nil {
			return 0, err
		}
		for _, list := range all {
			for _, p := range list {
				have[same(p)] = true
			}
		}
	}
	sums := newCollector()
	err = in.Points(func(list []Point) error {
		list = in.newPoints(list, have)
		for len(list) > 0 {
			part := list[:min(len(list), points.MaxBatch)]
			list = list[len(part):]
			if err := to.append(ctx, part); err != nil {
				return err
			}
			sums.add(summarise(part))
			n += int64(len(part))
		}
		return ctx.Err()
	})
	to.sums = sums.out
	return n, err
}

// same makes points comparable: no NaN equals another.
func same(p Point) Point {
	if math.IsNaN(p.Value) {
		p.Key, p.Value = p.Key+"\x00NaN", 0
	}
	return p
}

func (in *Carried) newPoints(list []Point, have map[Point]bool) []Point {
	out := make([]Point, 0, len(list))
	for i := range list {
		if err := list[i].check(); err != nil {
			in.Left("metric", list[i].Key, err)
			continue
		}
		if len(have) == 0 || !have[same(list[i])] {
			out = append(out, list[i])
		}
	}
	return out
}

const maxCarriedInputs = 2 << 20 // bytes of inputs that fit beside all else in one record

func (s *Service) recordCarried(ctx context.Context, id string, rec carriedRecord) error {
	var apart []Input
	size := 0
	for _, i := range rec.Inputs {
		size += len(i.Source) + len(i.Schema) + len(i.Profile)
	}
	if size > maxCarriedInputs {
		apart, rec.Inputs = rec.Inputs, nil
	}
	_, err := s.opts.Ledger.Do(ctx, "run.carry", id, func(tx *index.Tx) (any, error) {
		_, err := experimentState(tx, rec.ExperimentID)
		return rec, err
	})
	for _, i := range apart {
		if err == nil {
			_, err = s.opts.Ledger.Do(ctx, "run.inputs", id, func(*index.Tx) (any, error) { return inputsRecord{Inputs: []Input{i}}, nil })
		}
	}
	return err
}

func applyCarried(tx *index.Tx, rec journal.Record, in carriedRecord) error {
	lifecycle := in.Lifecycle
	if lifecycle == "" {
		lifecycle = Active
	}
	_, err := tx.Exec(`INSERT INTO run_runs (id, experiment, name, user, kind, status, lifecycle, parent, device, started, ended, deleted, created)
		VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13) ON CONFLICT (id) DO UPDATE SET name=excluded.name, user=excluded.user,
		status=excluded.status, parent=excluded.parent, started=excluded.started, ended=excluded.ended,
		lifecycle=CASE WHEN ?14='' THEN lifecycle ELSE ?14 END, deleted=CASE WHEN ?14='' THEN deleted ELSE excluded.deleted END`,
		rec.ID, in.ExperimentID, in.Name, in.User, in.Kind, in.Status, lifecycle, in.ParentID, rec.Device, in.StartedAt, in.EndedAt, in.DeletedAt,
		int64(rec.Clock), in.Lifecycle)
	if err != nil {
		return err
	}
	no, err := numberOf(tx, rec.ID)
	if err != nil {
		return err
	}
	for _, at := range in.Blocks {
		if _, err := tx.Exec("INSERT INTO run_blocks VALUES (?,?,?) ON CONFLICT DO NOTHING", rec.ID, rec.Device, at); err != nil {
			return err
		}
	}
	return errors.Join(
		addPairs(tx, paramsColumn, no, in.Params), addPairs(tx, tagsColumn, no, in.Tags),
		applyInputs(tx, rec, inputsRecord{in.Inputs, in.Models}), applyOutputs(tx, rec, outputsRecord{in.Outputs}),
		in.Points.store(tx, rec.ID, no),
	)
}
