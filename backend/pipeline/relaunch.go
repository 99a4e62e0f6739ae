package pipeline

import (
	"context"
	"maps"
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/project"
)

// launch writes the plan and has it run.
func (s *Service) launch(ctx context.Context, e Execution, env map[string]string) error {
	plan := Plan{
		Project: s.opts.Dir, Objects: s.opts.Objects, Memory: s.memory(), Cache: s.cache(), Stages: e.Spec.Stages,
		Only: e.Request.Stages, Extent: e.Request.Extent, Params: e.Request.Params, Force: e.Request.Force, Parallel: e.Spec.Parallel, Experiment: e.Request.Experiment,
		Models: slices.Sorted(maps.Values(e.Spec.Models)),
	}
	if err := writePlan(s.opts.RunDir(e.ID), plan); err != nil {
		return err
	}
	return s.opts.Launch(ctx, Launch{
		ID: e.ID, Name: e.Name, Kind: KindExecution, Dir: s.opts.Dir, Env: env,
		Command: []string{s.opts.Executable, "pipeline-run", s.opts.RunDir(e.ID)},
	})
}

// launchOrFail ends an execution that cannot be launched: its caller hears why, and it
// shall not start by itself some other day.
func (s *Service) launchOrFail(ctx context.Context, e Execution, env map[string]string) error {
	err := s.launch(ctx, e, env)
	if err == nil || ctx.Err() != nil {
		return err
	}
	s.finishing.Lock()
	defer s.finishing.Unlock()
	out := newEnded(Failed, s.opts.Now().UTC())
	out.Reason = err.Error()
	return firstOf(err, s.end(context.WithoutCancel(ctx), e.ID, out))
}

func firstOf(list ...error) error {
	for _, err := range list {
		if err != nil {
			return err
		}
	}
	return nil
}

// relaunch launches an execution of this device that was put on record and then not
// started, because the server ended in between.
func (s *Service) relaunch(ctx context.Context, e Execution) error {
	if e.State != Running || e.Device != s.opts.Ledger.Device() {
		return nil
	}
	s.launching.Lock()
	defer s.launching.Unlock()
	if _, err := s.opts.RunState(ctx, e.ID); !errs.Is(err, errs.NotFound) {
		return err
	}
	if err := s.mayRun(e.Spec); err != nil {
		return err
	}
	return s.launch(ctx, e, nil)
}

// mayRun says whether the commands of a record may run here: they are those that
// rondo.yaml has now and that were agreed to, or the whole file that they come from was
// agreed to. A record may have come from another device.
func (s *Service) mayRun(spec Spec) error {
	now := s.opts.File()
	err := s.opts.Trusted()
	for name, st := range spec.Stages {
		if cur, ok := now.Stages[name]; err == nil && (!ok || cur.Wdir != st.Wdir || strings.Join(cur.Cmd, "\n") != strings.Join(st.Cmd, "\n")) {
			err = errs.New(errs.Denied, "the commands of that execution are not those that rondo.yaml has now and that are trusted here").
				WithHint("look at its stages; then bring back the rondo.yaml of that time and trust it: rondo trust")
		}
	}
	if err != nil && s.opts.Trust != nil {
		return s.opts.Trust(&project.File{Stages: spec.Stages, Triggers: spec.Triggers})
	}
	return err
}
