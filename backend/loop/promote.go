package loop

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/project"
	"rondo/backend/registry"
	"rondo/backend/registry/gate"
)

// judge holds the new version against the gates of rondo.yaml, beside the champion.
func (s *Service) judge(ctx context.Context, d Decision, m project.Model) (Step, error) {
	champion, err := s.champion(ctx, d.Model, m)
	if err != nil {
		return Step{}, err
	}
	e, err := s.opts.Registry.Judge(ctx, d.Model, d.Version, rules(m.Gates), d.ID)
	if err != nil {
		return Step{}, err
	}
	text := "it passed every gate"
	if !e.Passed {
		text = failedGate(e)
	}
	return Step{Passed: &e.Passed, Champion: &champion, Text: text}, nil
}

func rules(gates []project.Gate) []gate.Rule {
	list := make([]gate.Rule, len(gates))
	for i, g := range gates {
		list[i] = gate.Rule{Name: g.Name, Metric: g.Metric, Over: g.Over, Per: g.Per, Margin: g.Margin, Min: g.Min, Max: g.Max, Confidence: g.Confidence}
	}
	return list
}

func failedGate(e registry.Evidence) string {
	for _, v := range e.Verdicts {
		if !v.Passed {
			return fmt.Sprintf("gate %s: %s", v.Name, v.Text)
		}
	}
	return "a gate failed"
}

// champion returns the version under the model's alias, 0 without one.
func (s *Service) champion(ctx context.Context, name string, m project.Model) (int, error) {
	if m.Alias == "" {
		return 0, nil
	}
	n, err := s.opts.Registry.Resolve(ctx, name, m.Alias)
	if errs.Is(err, errs.NotFound) {
		return 0, nil
	}
	return n, err
}

// promote moves the alias to a version that passed, after it has answered an example.
func (s *Service) promote(ctx context.Context, d Decision, m project.Model) (Step, error) {
	verdict, _ := d.Step(Judge)
	if verdict.Passed == nil || !*verdict.Passed {
		return Step{}, errEnd{Kept, keptWords(d, verdict.Text)}
	}
	if m.Alias == "" {
		return Step{Skipped: true, Text: "the model names no alias"}, nil
	}
	if moved, err := s.moved(ctx, d, m.Alias); err != nil || moved {
		return Step{Text: fmt.Sprintf("%s points at version %d", m.Alias, d.Version)}, err
	}
	now, err := s.champion(ctx, d.Model, m)
	if err != nil {
		return Step{}, err
	}
	if now != d.Champion {
		return Step{}, errEnd{Kept, fmt.Sprintf("meanwhile %s moved to version %d, with which version %d was not compared", m.Alias, now, d.Version)}
	}
	if err := s.opts.Serving.Check(ctx, d.Model, d.Version); err != nil {
		kind := errs.Precondition
		if errs.Is(err, errs.Unavailable) && s.patient(d.ID) {
			kind = errs.Unavailable
		}
		return Step{}, errs.Wrap(kind, err, "version %d of %s was tried before the alias moves, and failed", d.Version, d.Model)
	}
	if _, err := s.opts.Registry.Alias(ctx, d.Model, m.Alias, d.Version, d.Cause.Text, d.ID); err != nil {
		return Step{}, err
	}
	return Step{Text: fmt.Sprintf("%s points at version %d", m.Alias, d.Version)}, nil
}

func keptWords(d Decision, why string) string {
	if d.Champion == 0 {
		return fmt.Sprintf("version %d of %s did not pass: %s", d.Version, d.Model, why)
	}
	return fmt.Sprintf("version %d stays; version %d did not pass: %s", d.Champion, d.Version, why)
}

// moved reports whether this decision has moved the alias already.
func (s *Service) moved(ctx context.Context, d Decision, alias string) (bool, error) {
	moves, err := s.opts.Registry.History(ctx, d.Model, alias)
	return slices.ContainsFunc(moves, func(m registry.Move) bool { return m.Decision == d.ID }), err
}

// deploy waits until the endpoints that follow the alias have swapped.
func (s *Service) deploy(ctx context.Context, d Decision, m project.Model) (Step, error) {
	if m.Alias == "" {
		return Step{Skipped: true, Text: "no alias moved, so no endpoint swaps"}, nil
	}
	if err := s.opts.Serving.Follow(ctx, d.Model, m.Alias); err != nil {
		return Step{}, err
	}
	var names []string
	for _, name := range slices.Sorted(maps.Keys(s.opts.File().Endpoints)) {
		if e := s.opts.File().Endpoints[name]; e.Model == d.Model && e.Alias == m.Alias {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return Step{Skipped: true, Text: "no endpoint follows the alias"}, nil
	}
	return Step{Text: "endpoints that swapped: " + strings.Join(names, ", ")}, nil
}
