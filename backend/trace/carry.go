package trace

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/journal"
)

// Carried is a trace as another tool's store has it, with all that belongs to it.
type Carried struct {
	Trace
	Spans   []Span
	Runs    []string // that it is linked to
	Prompts []string // versions that it used, as name/version
}

// carriedRecord is a whole trace. A large one comes with more records of spans before.
type carriedRecord struct {
	Trace
	Groups  []Group  `json:"groups,omitempty"`
	Runs    []string `json:"runs,omitempty"`
	Prompts []string `json:"prompts,omitempty"`
}

const maxCarried = 4 << 20 // bytes of spans in one record

// Carry brings a trace in, also one of a deleted experiment. Doing it twice is the same
// as doing it once.
func (s *Service) Carry(ctx context.Context, in Carried) error {
	t := in.Trace
	if err := t.check(); err != nil {
		return err
	}
	if t.Tags = maps.Clone(t.Tags); t.Tags == nil { // what the source said stays the caller's
		t.Tags = map[string]string{}
	}
	t.Tags[PlaceTag] = s.opts.Place(t.ExperimentID, t.ID)
	t.Assessments = slices.Clone(t.Assessments)
	for i := range t.Assessments {
		a := &t.Assessments[i]
		valid := a.Valid
		if err := s.ready(a, t.ID); err != nil {
			return err
		}
		a.Valid = valid
	}
	spans := slices.Clone(in.Spans)
	for i := range spans {
		if err := spans[i].check(); err != nil {
			return err
		}
		spans[i].own(t.ID)
	}
	parts, err := parted(spans)
	if err != nil {
		return err
	}
	rec := carriedRecord{Trace: t, Runs: in.Runs, Prompts: in.Prompts}
	for i, part := range parts {
		g := []Group{{Trace: t.ID, Spans: part}}
		if i == len(parts)-1 {
			rec.Groups = g
			break
		}
		first := spansRecord{ExperimentID: t.ExperimentID, Groups: g, Place: map[string]string{t.ID: t.Tags[PlaceTag]}}
		if _, err := s.opts.Ledger.Do(ctx, "trace.spans", t.ExperimentID, func(*index.Tx) (any, error) { return first, nil }); err != nil {
			return err
		}
	}
	_, err = s.opts.Ledger.Do(ctx, "trace.carry", t.ID, func(*index.Tx) (any, error) { return rec, nil })
	return err
}

// parted cuts spans into parts that fit a record each.
func parted(spans []Span) (parts [][]Span, err error) {
	size, from := 0, 0
	for i := range spans {
		b, err := json.Marshal(spans[i])
		if err != nil {
			return nil, errs.New(errs.Invalid, "a span cannot be kept: %w", err)
		}
		if size+len(b) > maxCarried && i > from {
			parts, from, size = append(parts, spans[from:i]), i, 0
		}
		size += len(b)
	}
	if from < len(spans) {
		parts = append(parts, spans[from:])
	}
	return parts, nil
}

// applyCarried takes the spans first: what the store says of the whole trace counts more
// than what they would tell.
func applyCarried(tx *index.Tx, rec journal.Record, in carriedRecord) error {
	spans := spansRecord{ExperimentID: in.ExperimentID, Place: map[string]string{in.ID: in.Tags[PlaceTag]}, Groups: in.Groups}
	if err := applySpans(tx, rec, spans); err != nil {
		return err
	}
	return errors.Join(
		applyStart(tx, rec, in.Trace),
		applyLink(tx, rec, linkRecord{"run", []string{in.ID}, in.Runs}),
		applyLink(tx, rec, linkRecord{"prompt", []string{in.ID}, in.Prompts}),
	)
}

// Linked returns the runs and the prompts, as name/version, that a trace is linked to.
func (s *Service) Linked(ctx context.Context, id string) (runs, prompts []string, err error) {
	err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		runs, err = index.Column[string](tx, "SELECT target FROM trace_links WHERE trace=? AND kind='run' ORDER BY target", id)
		if err == nil {
			prompts, err = index.Column[string](tx, "SELECT target FROM trace_links WHERE trace=? AND kind='prompt' ORDER BY target", id)
		}
		return err
	})
	return runs, prompts, err
}
