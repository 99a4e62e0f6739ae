package loop

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"rondo/backend/errs"
	"rondo/backend/ledger"
	"rondo/backend/project"
)

// Trigger is a declared trigger with what it is doing now.
type Trigger struct {
	Name string `json:"name"`
	project.Trigger
	State string    `json:"state"` // due, waiting, cooling, limited, busy or manual
	Text  string    `json:"text"`
	Next  time.Time `json:"next,omitzero"` // of a schedule
	Last  *Decision `json:"last,omitempty"`
	cause Cause
	since time.Time // labels of earlier captures say nothing about the cause
}

// The states of a trigger.
const (
	Due     = "due"
	Waiting = "waiting" // its condition does not hold
	Cooling = "cooling" // it fired a short while ago
	Limited = "limited" // it fired as often as it may in a day
	Busy    = "busy"    // a decision about its model is open
	Manual  = "manual"
)

// Triggers says how every trigger stands.
func (s *Service) Triggers(ctx context.Context) ([]Trigger, error) {
	list := []Trigger{}
	file := s.opts.File()
	for _, name := range slices.Sorted(maps.Keys(file.Triggers)) {
		t, err := s.look(ctx, name, file.Triggers[name])
		if err != nil {
			t = Trigger{Name: name, Trigger: file.Triggers[name], State: Waiting, Text: errorWords(err)}
		}
		list = append(list, t)
	}
	return list, nil
}

// fireDue opens a decision for every trigger that is due.
func (s *Service) fireDue(ctx context.Context) error {
	if err := s.see(ctx); err != nil {
		return err
	}
	list, err := s.Triggers(ctx)
	if err != nil {
		return err
	}
	for _, t := range list {
		if t.State != Due {
			continue
		}
		if _, err := s.fire(ledger.WithActor(ctx, "trigger:"+t.Name), t); err != nil && !errs.Is(err, errs.Conflict) {
			slog.Warn("a trigger could not fire", "trigger", t.Name, "err", err)
		}
	}
	return nil
}

// Fire opens a decision because a person wants it: neither condition nor cool-down counts.
func (s *Service) Fire(ctx context.Context, name, reason string) (Decision, error) {
	t, ok := s.opts.File().Triggers[name]
	if !ok {
		return Decision{}, errs.New(errs.NotFound, "rondo.yaml has no trigger called %.80q", name).WithHint("`rondo trigger list` shows them")
	}
	if err := s.opts.Trusted(); err != nil {
		return Decision{}, err
	}
	if reason == "" {
		reason = "fired by hand"
	}
	t.Policy = Automatic
	defer s.nudge()
	return s.fire(ctx, Trigger{Name: name, Trigger: t, cause: Cause{Text: reason}})
}

func (s *Service) fire(ctx context.Context, t Trigger) (Decision, error) {
	m, err := s.model(t.Model)
	if err != nil {
		return Decision{}, err
	}
	d := Decision{Kind: Retrain, Model: t.Model, Dataset: m.Dataset, Trigger: t.Name, On: t.On, Policy: t.Policy, Cause: t.cause}
	switch t.Policy {
	case Notify:
		d.State, d.Text = Notified, "told, as the trigger's policy asks for; nothing was done"
	case Automatic:
		d.State = Running
		if err := s.opts.Trusted(); err != nil {
			d.State, d.Text = Asked, "a person has to agree: "+err.Error()
		}
	default:
		d.Policy, d.State = Ask, Asked
	}
	return s.open(ctx, d)
}

// look works out whether a trigger is due.
func (s *Service) look(ctx context.Context, name string, p project.Trigger) (Trigger, error) {
	t := Trigger{Name: name, Trigger: p}
	past, err := s.list(ctx, "SELECT data FROM loop_decisions WHERE trigger=? ORDER BY opened DESC, id DESC LIMIT 100", name)
	if err != nil {
		return t, err
	}
	if len(past) > 0 {
		t.Last = &past[0]
	}
	due, err := s.condition(ctx, &t, past)
	if err != nil || !due {
		return t, err
	}
	t.State = Due
	return t, s.restrain(ctx, &t, past)
}

// restrain holds a due trigger back: one decision per model at a time, cool-down, daily limit.
func (s *Service) restrain(ctx context.Context, t *Trigger, past []Decision) error {
	open, err := s.list(ctx, "SELECT data FROM loop_decisions WHERE model=? AND state IN (?,?)", t.Model, Asked, Running)
	if err != nil {
		return err
	}
	if len(open) > 0 {
		t.State, t.Text = Busy, t.Text+"; waits for decision "+open[0].ID
		return nil
	}
	now := s.opts.Now()
	today := 0
	for _, d := range past {
		if d.OpenedAt.After(now.Add(-24 * time.Hour)) {
			today++
		}
	}
	switch rest := t.Cooldown.Std(); {
	case t.Last != nil && t.Last.OpenedAt.Add(rest).After(now):
		t.State, t.Text = Cooling, fmt.Sprintf("%s; cools down until %s", t.Text, t.Last.OpenedAt.Add(rest).Format(time.RFC3339))
	case t.PerDay > 0 && today >= t.PerDay:
		t.State, t.Text = Limited, fmt.Sprintf("%s; fired %d times in a day, which is its limit", t.Text, today)
	}
	return nil
}
