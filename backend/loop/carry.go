package loop

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/project"
)

// errEnd ends a decision before its last step, with a state and a sentence.
type errEnd struct{ state, text string }

func (e errEnd) Error() string { return e.text }

type stepFunc func(ctx context.Context, d Decision, m project.Model) (Step, error)

type namedStep struct {
	name string
	do   stepFunc
}

func (s *Service) steps(d Decision) []namedStep {
	all := []namedStep{
		{Feedback, s.feedback},
		{Snapshot, s.snapshot},
		{Train, s.train},
		{Register, s.register},
		{Judge, s.judge},
		{Promote, s.promote},
		{Deploy, s.deploy},
	}
	if d.Kind == Promotion {
		return all[3:]
	}
	return all
}

// carry does the steps that are missing. What it cannot finish because the server
// ends, the next start goes on with.
func (s *Service) carry(ctx context.Context, d Decision) {
	err := s.advance(ctx, d)
	if !errs.Is(err, errs.Unavailable) {
		s.forget(d.ID)
	}
	var end errEnd
	switch {
	case err == nil || ctx.Err() != nil:
		return
	case errors.As(err, &end):
		_, err = s.close(ctx, d.ID, end.state, end.text)
	case errs.Is(err, errs.Unavailable):
		slog.Warn("a decision waits", "id", d.ID, "err", err)
		s.again(d.ID)
		return
	default:
		_, err = s.close(ctx, d.ID, Failed, errorWords(err))
	}
	if err != nil {
		slog.Error("a decision could not be closed", "id", d.ID, "err", err)
	}
}

const (
	firstWait = 100 * time.Millisecond
	longWait  = interval
)

// again lets the decision go on after a while, and after a longer one each time it could not.
func (s *Service) again(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	wait := min(max(firstWait, 2*s.waits[id]), longWait)
	s.waits[id] = wait
	time.AfterFunc(wait, s.nudge)
}

// patient reports whether it is too early to take an obstacle for one that stays.
func (s *Service) patient(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.waits[id] < longWait
}

func (s *Service) forget(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.waits, id)
}

func errorWords(err error) string {
	if hint := errs.HintOf(err); hint != "" {
		return fmt.Sprintf("%v; %s", err, hint)
	}
	return err.Error()
}

func (s *Service) advance(ctx context.Context, d Decision) error {
	m, err := s.model(d.Model)
	if err != nil {
		return err
	}
	for _, step := range s.steps(d) {
		if _, done := d.Step(step.name); done {
			continue
		}
		fault.Point("loop." + step.name)
		out, err := step.do(ctx, d, m)
		if err != nil {
			return err
		}
		fault.Point("loop." + step.name + ".done")
		out.Name = step.name
		if d, err = s.record(ctx, d.ID, out); err != nil {
			return err
		}
	}
	_, err = s.close(ctx, d.ID, Promoted, outcome(d, m))
	return err
}

func outcome(d Decision, m project.Model) string {
	if m.Alias == "" {
		return fmt.Sprintf("version %d of %s passed; no alias is set to move by itself", d.Version, d.Model)
	}
	if d.Champion == 0 {
		return fmt.Sprintf("version %d of %s is the first %s", d.Version, d.Model, m.Alias)
	}
	return fmt.Sprintf("version %d of %s is %s in place of version %d", d.Version, d.Model, m.Alias, d.Champion)
}

func (s *Service) model(name string) (project.Model, error) {
	m, ok := s.opts.File().Models[name]
	if !ok {
		return m, errs.New(errs.Precondition, "rondo.yaml has no model called %q", name).
			WithHint("declare it under models:, with the out of the pipeline that it is")
	}
	return m, nil
}
