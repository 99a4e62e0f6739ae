package registry

import (
	"context"
	"encoding/binary"
	"encoding/json"

	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/registry/gate"
)

// Judge holds a version against rules, on its own hold-out, and stores what came out.
// Versions under the aliases that rules name answer the same rows.
func (s *Service) Judge(ctx context.Context, name string, version int, rules []gate.Rule, decision string) (Evidence, error) {
	v, err := s.Version(ctx, name, version)
	if err != nil {
		return Evidence{}, err
	}
	others, err := s.others(ctx, v, rules)
	if err != nil {
		return Evidence{}, err
	}
	e := Evidence{Model: name, Version: version, Decision: decision, Holdout: v.Holdout, Label: v.Label, Segment: v.Segment}
	if v.Holdout.IsZero() || v.Label == "" {
		e.Result, err = s.judgeRecorded(ctx, v, rules, others)
	} else {
		e.Result, err = s.judgeRows(ctx, v, rules, others)
	}
	if err != nil {
		return Evidence{}, err
	}
	if e.Comparison != nil {
		e.Champion = e.Comparison.Version
	}
	return s.keep(ctx, e)
}

func (s *Service) keep(ctx context.Context, e Evidence) (Evidence, error) {
	rec, err := s.opts.Ledger.Do(ctx, "model.evidence", e.Model, func(tx *index.Tx) (any, error) {
		if _, err := versionRow(tx, e.Model, e.Version); err != nil {
			return nil, err
		}
		m, err := s.merged(tx, e.Model, e.Version, e.Champion)
		return found{e, m}, err
	})
	e.At, e.By = rec.Time(), rec.By
	return e, err
}

// others resolves the aliases that rules compare with. An alias that is not set, or
// that points at the version itself, is left out.
func (s *Service) others(ctx context.Context, v Version, rules []gate.Rule) (map[string]int, error) {
	found := map[string]int{}
	for _, r := range rules {
		if r.Over == "" || r.Over == gate.Majority {
			continue
		}
		n, err := s.Resolve(ctx, v.Model, r.Over)
		if err != nil && !errs.Is(err, errs.NotFound) {
			return nil, err
		}
		if err == nil && n != v.Version {
			found[r.Over] = n
		}
	}
	return found, nil
}

func (s *Service) judgeRows(ctx context.Context, v Version, rules []gate.Rule, others map[string]int) (gate.Result, error) {
	d, h, err := s.answered(ctx, v)
	if err != nil {
		return gate.Result{}, err
	}
	for alias, n := range others {
		answers, err := s.answers(ctx, v.Model, n, h)
		if err != nil {
			return gate.Result{}, err
		}
		d.Others[alias] = gate.Other{Version: n, Answers: answers}
	}
	return gate.Judge(rules, d)
}

// answered reads the version's hold-out and has the version answer it.
func (s *Service) answered(ctx context.Context, v Version) (d gate.Data, h holdout, err error) {
	if h, err = s.readHoldout(ctx, v); err != nil {
		return d, h, err
	}
	answers, err := s.answers(ctx, v.Model, v.Version, h)
	d = gate.Data{
		Task: v.Task, Labels: h.labels, Segments: h.segments, Answers: answers, Others: map[string]gate.Other{},
		Seed: binary.BigEndian.Uint64(v.Holdout[:8]),
	}
	if d.Task == "" {
		d.Task = gate.Classification
	}
	return d, h, err
}

func (s *Service) answers(ctx context.Context, model string, version int, h holdout) ([]string, error) {
	if s.opts.Predict == nil {
		return nil, errs.New(errs.Unavailable, "nothing here can answer for %s version %d", model, version)
	}
	out, err := s.opts.Predict(ctx, model, version, h.rows)
	if err != nil {
		return nil, errs.Wrap(errs.KindOf(err), err, "version %d of %s could not answer the hold-out", version, model)
	}
	list := make([]string, len(out))
	for i, v := range out {
		list[i] = gate.Canonical(v)
	}
	return list, nil
}

// Evidences lists what gates found out about a version, newest first.
func (s *Service) Evidences(ctx context.Context, name string, version int) ([]Evidence, error) {
	list := []Evidence{}
	err := s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		if _, err := versionRow(tx, name, version); err != nil {
			return err
		}
		rows, err := index.Column[string](tx, "SELECT data FROM registry_evidence WHERE model=? AND version=? ORDER BY clock DESC, device DESC", name, version)
		for _, data := range rows {
			var e Evidence
			if err := json.Unmarshal([]byte(data), &e); err != nil {
				return err
			}
			list = append(list, e)
		}
		return err
	})
	return list, err
}
