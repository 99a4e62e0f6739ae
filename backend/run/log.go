package run

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"

	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/journal"
	"rondo/backend/run/points"
)

// state is what a change has to know of a run.
type state struct {
	no                    int64
	experiment, lifecycle string
}

func stateOf(tx *index.Tx, id string) (st state, err error) {
	err = tx.QueryRow("SELECT no, experiment, lifecycle FROM run_runs WHERE id=?", id).Scan(&st.no, &st.experiment, &st.lifecycle)
	if errors.Is(err, sql.ErrNoRows) {
		err = notFound(id)
	}
	return st, err
}

func notFound(id string) error {
	return errs.New(errs.NotFound, "Run with id=%.80s not found", id).WithHint("`rondo runs` lists the runs there are")
}

func activeState(tx *index.Tx, id string) (state, error) {
	st, err := stateOf(tx, id)
	if err == nil && st.lifecycle != Active {
		err = inactive("run", id)
	}
	return st, err
}

func activeRun(tx *index.Tx, id string) error {
	_, err := activeState(tx, id)
	return err
}

// logRecord is a batch that is not points alone. Its points lie in a block that
// counts because of this record; their summary comes along.
type logRecord struct {
	Params map[string]string `json:"params,omitempty"`
	Tags   map[string]string `json:"tags,omitempty"`
	Block  *int64            `json:"block,omitempty"` // where it lies in the file of the record's device
	Points summaries         `json:"points,omitzero"`
}

// Log stores a batch: params that change are refused, points are durable on return.
func (s *Service) Log(ctx context.Context, id string, b Batch) error {
	if err := b.check(); err != nil {
		return err
	}
	if err := s.opts.Ledger.View(ctx, func(tx *index.Tx) error { return b.fits(tx, id) }); err != nil {
		return err
	}
	if len(b.Points) == 0 {
		return s.record(ctx, id, b, logRecord{Params: b.Params, Tags: b.Tags})
	}
	if len(b.Params)+len(b.Tags) == 0 {
		return s.logPoints(ctx, id, b.Points)
	}
	return s.logMixed(ctx, id, b)
}

func (b Batch) check() error {
	if len(b.Points) > points.MaxBatch {
		return errs.New(errs.TooLarge, "%d metric points in one call are over the limit of %d", len(b.Points), points.MaxBatch).
			WithHint("log them in several calls")
	}
	for i := range b.Points {
		if err := b.Points[i].check(); err != nil {
			return err
		}
	}
	return first(errors.Join(checkPairs("param", b.Params, maxValue), checkPairs("tag", b.Tags, maxNotes)))
}

func (p *Point) check() error {
	if err := checkKey("metric", p.Key); err != nil {
		return err
	}
	if p.Model != "" {
		if err := checkID("logged model", p.Model); err != nil {
			return err
		}
	}
	if len(p.Dataset.Name) > maxName || len(p.Dataset.Digest) > maxKey {
		return errs.New(errs.TooLarge, "the name or digest of the dataset of metric %q is too long", p.Key)
	}
	return nil
}

// fits checks a batch against the run: a param keeps the value it first had.
func (b Batch) fits(tx *index.Tx, id string) error {
	st, err := activeState(tx, id)
	if err != nil || len(b.Params) == 0 {
		return err
	}
	have, err := somePairs(tx, paramsColumn, st.no, slices.Sorted(maps.Keys(b.Params)))
	if err != nil {
		return err
	}
	for k, v := range b.Params {
		if old, ok := have[k]; ok && old != v {
			return errs.New(errs.Conflict, "Param with key='%s' was already logged with value='%.200s' for run ID='%s'. Attempted logging new value '%.200s'.", k, old, id, v)
		}
	}
	return nil
}

// record writes the part of a batch that is no points; nothing new is no record.
func (s *Service) record(ctx context.Context, id string, b Batch, rec logRecord) error {
	_, err := s.opts.Ledger.Do(ctx, "run.log", id, func(tx *index.Tx) (any, error) { return rec, b.fits(tx, id) })
	return err
}

// logPoints needs no record: the block itself is the truth.
func (s *Service) logPoints(ctx context.Context, id string, list []Point) error {
	sum := summarise(list)
	return s.logs.use(ctx, id, func(l *points.Log) error {
		return l.Append(filePoints(list), true, func(_, end int64) { s.waiting.add(id, end, sum) })
	})
}

// logMixed writes the points first, as a block that does not count yet, and then the
// record that makes all of the batch true at once.
func (s *Service) logMixed(ctx context.Context, id string, b Batch) error {
	rec := logRecord{Params: b.Params, Tags: b.Tags, Block: new(int64), Points: summarise(b.Points)}
	err := s.logs.use(ctx, id, func(l *points.Log) error {
		return l.Append(filePoints(b.Points), false, func(at, end int64) {
			*rec.Block = at
			s.waiting.add(id, end, summaries{})
		})
	})
	if err == nil {
		err = s.record(ctx, id, b, rec)
	}
	if err == nil {
		s.announce(id, rec.Points)
	}
	return err
}

func filePoints(list []Point) []points.Point {
	out := make([]points.Point, len(list))
	for i, p := range list {
		out[i] = points.Point{Key: p.Key, Model: p.Model, Dataset: p.Dataset.Name, Digest: p.Dataset.Digest, Step: p.Step, Time: p.Time, Value: p.Value}
	}
	return out
}

func fromFile(p points.Point) Point {
	return Point{Key: p.Key, Value: p.Value, Step: p.Step, Time: p.Time, Model: p.Model, Dataset: Dataset{p.Dataset, p.Digest}}
}

func applyLog(tx *index.Tx, rec journal.Record, in logRecord) error {
	no, err := numberOf(tx, rec.ID)
	if err != nil {
		return err
	}
	err = errors.Join(addPairs(tx, paramsColumn, no, in.Params), addPairs(tx, tagsColumn, no, in.Tags))
	if err != nil || in.Block == nil {
		return err
	}
	if _, err := tx.Exec("INSERT INTO run_blocks VALUES (?,?,?)", rec.ID, rec.Device, *in.Block); err != nil {
		return err
	}
	return in.Points.store(tx, rec.ID, no)
}

type untagRecord struct {
	Key string `json:"key"`
}

// DeleteTag removes a tag of a run; a missing one is NotFound.
func (s *Service) DeleteTag(ctx context.Context, id, key string) error {
	_, err := s.opts.Ledger.Do(ctx, "run.untag", id, func(tx *index.Tx) (any, error) {
		st, err := activeState(tx, id)
		if err != nil {
			return nil, err
		}
		tags, err := somePairs(tx, tagsColumn, st.no, []string{key})
		if _, ok := tags[key]; err == nil && !ok {
			err = errs.New(errs.NotFound, "No tag with name: %.80s in run with id %s", key, id)
		}
		return untagRecord{key}, err
	})
	return err
}

func applyUntag(tx *index.Tx, rec journal.Record, in untagRecord) error {
	no, err := numberOf(tx, rec.ID)
	if err != nil {
		return err
	}
	return removePair(tx, tagsColumn, no, in.Key)
}
