package trace

import (
	"context"
	"time"

	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/ledger"
	"rondo/backend/ref"
	"rondo/backend/seals"
)

// Options say what a Service works with.
type Options struct {
	Ledger     *ledger.Ledger
	Dir        string                                     // the project folder; attachments are in .rondo/traces/<id>
	Experiment func(ctx context.Context, id string) error // refuses one that is not there or not active
	Place      func(experimentID, traceID string) string  // where a trace's files are
	Run        func(ctx context.Context, id string) error // refuses one that is not there
	Now        func() time.Time
}

// Service keeps the traces of one project.
type Service struct {
	opts  Options
	seals *seals.Keeper
}

// New returns the service.
func New(opts Options) *Service {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	return &Service{opts, seals.NewKeeper(opts.Ledger.Device(), opts.Now)}
}

// Start keeps what the maker of a trace says of it. Spans may come before or after.
func (s *Service) Start(ctx context.Context, t Trace) (Trace, error) {
	if err := t.check(); err != nil {
		return t, err
	}
	if err := s.opts.Experiment(ctx, t.ExperimentID); err != nil {
		return t, err
	}
	if t.Tags == nil {
		t.Tags = map[string]string{}
	}
	t.Tags[PlaceTag] = s.opts.Place(t.ExperimentID, t.ID)
	for i := range t.Assessments {
		if err := s.ready(&t.Assessments[i], t.ID); err != nil {
			return t, err
		}
	}
	_, err := s.opts.Ledger.Do(ctx, "trace.start", t.ID, func(*index.Tx) (any, error) { return t, nil })
	if err != nil {
		return t, err
	}
	return s.Get(ctx, t.ID)
}

// SetTag sets a tag of a trace.
func (s *Service) SetTag(ctx context.Context, id, key, value string) error {
	if err := checkKey(key); err != nil {
		return err
	}
	_, err := s.opts.Ledger.Do(ctx, "trace.tag", id, func(tx *index.Tx) (any, error) {
		return tagRecord{Key: key, Value: cut(value, maxText)}, exists(tx, id)
	})
	return err
}

// DeleteTag takes a tag away.
func (s *Service) DeleteTag(ctx context.Context, id, key string) error {
	_, err := s.opts.Ledger.Do(ctx, "trace.tag", id, func(tx *index.Tx) (any, error) {
		var n int
		err := exists(tx, id)
		if err == nil {
			err = tx.QueryRow("SELECT count(*) FROM trace_tags WHERE trace=? AND key=?", id, key).Scan(&n)
		}
		if err == nil && n == 0 {
			err = errs.New(errs.NotFound, "No trace tag with key '%.200s' for trace with ID '%.128s'", key, id)
		}
		return tagRecord{Key: key, Remove: true}, err
	})
	return err
}

// Delete says which traces of an experiment go: those of some ids, or the oldest up to
// a time, at most so many.
type Delete struct {
	ExperimentID string
	IDs          []string
	Before       *int64 // ms since 1970, inclusive
	Most         *int64
}

// Delete removes traces with all that belongs to them and says how many.
func (s *Service) Delete(ctx context.Context, d Delete) (n int, err error) {
	if len(d.IDs) == 0 && d.Before == nil {
		return 0, errs.New(errs.Invalid, "Either `max_timestamp_millis` or `trace_ids` must be specified.")
	}
	if len(d.IDs) > 0 && d.Before != nil {
		return 0, errs.New(errs.Invalid, "Only one of `max_timestamp_millis` and `trace_ids` can be specified.")
	}
	if len(d.IDs) > 0 && d.Most != nil {
		return 0, errs.New(errs.Invalid, "`max_traces` can't be specified if `trace_ids` is specified.")
	}
	if d.Most != nil && *d.Most <= 0 {
		return 0, errs.New(errs.Invalid, "`max_traces` must be a positive integer, received %d.", *d.Most)
	}
	var ids []string
	err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		ids, err = d.chosen(tx)
		return err
	})
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	_, err = s.opts.Ledger.Do(ctx, "trace.delete", d.ExperimentID, func(tx *index.Tx) (_ any, err error) {
		ids, err = d.chosen(tx)
		n = len(ids)
		return deleteRecord{ids}, err
	})
	if err == nil {
		err = s.forget(ids)
	}
	return n, err
}

func (d Delete) chosen(tx *index.Tx) ([]string, error) {
	query, args := "SELECT id FROM trace_traces WHERE experiment=?", []any{d.ExperimentID}
	if d.Before != nil {
		query, args = query+" AND time<=?", append(args, *d.Before)
	}
	if len(d.IDs) > 0 {
		query, args = query+" AND id"+among, append(args, asList(d.IDs))
	}
	query += " ORDER BY time, id"
	if d.Most != nil {
		query, args = query+" LIMIT ?", append(args, *d.Most)
	}
	return index.Column[string](tx, query, args...)
}

const maxLinks = 100

// LinkRun notes that traces belong to a run.
func (s *Service) LinkRun(ctx context.Context, ids []string, runID string) error {
	if len(ids) > maxLinks {
		return errs.New(errs.Invalid, "Cannot link more than %d traces to a run in a single request. Provided %d traces.", maxLinks, len(ids))
	}
	if err := s.opts.Run(ctx, runID); err != nil || len(ids) == 0 {
		return err
	}
	_, err := s.opts.Ledger.Do(ctx, "trace.link", runID, func(*index.Tx) (any, error) {
		return linkRecord{"run", ids, []string{runID}}, nil
	})
	return err
}

// LinkPrompts notes which versions of prompts, as name/version, a trace used.
func (s *Service) LinkPrompts(ctx context.Context, id string, prompts []string) error {
	if len(prompts) == 0 || len(prompts) > maxLinks {
		return errs.New(errs.Invalid, "a trace is linked to 1 to %d prompts in one request, not %d", maxLinks, len(prompts))
	}
	_, err := s.opts.Ledger.Do(ctx, "trace.link", id, func(tx *index.Tx) (any, error) {
		return linkRecord{"prompt", []string{id}, prompts}, exists(tx, id)
	})
	return err
}

// Assess adds a judgement.
func (s *Service) Assess(ctx context.Context, a Assessment) (Assessment, error) {
	if err := s.ready(&a, a.TraceID); err != nil {
		return a, err
	}
	_, err := s.opts.Ledger.Do(ctx, "assessment.create", a.TraceID, func(tx *index.Tx) (any, error) {
		if err := exists(tx, a.TraceID); err != nil {
			return nil, err
		}
		if a.Overrides != "" {
			if _, err := assessment(tx, a.TraceID, a.Overrides); err != nil {
				return nil, err
			}
		}
		return a, nil
	})
	return a, err
}

// ready completes and checks a new assessment.
func (s *Service) ready(a *Assessment, traceID string) error {
	now := millis(s.opts.Now())
	a.TraceID, a.Valid = traceID, true
	if a.ID == "" {
		a.ID = "a-" + ref.NewID()
	}
	if a.Created == 0 {
		a.Created = now
	}
	if a.Updated == 0 {
		a.Updated = a.Created
	}
	if a.Name == "" {
		return errs.New(errs.Invalid, "Missing value for required parameter 'assessment.assessment_name'.")
	}
	switch a.Kind {
	case Feedback, Expectation, Issue:
		return checkPairs(a.Metadata)
	}
	return errs.New(errs.Invalid, "Unknown assessment type: an assessment is feedback, an expectation or an issue")
}
