package pipeline

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/index"
	"rondo/backend/project"
	"rondo/backend/ref"
)

// Start begins an execution. With an id that exists it changes nothing, but sees to
// it that the run was really launched.
func (s *Service) Start(ctx context.Context, in Request) (Execution, error) {
	if in.ID == "" {
		in.ID = ref.NewID()
	}
	e, err := s.Execution(ctx, in.ID)
	if errs.Is(err, errs.NotFound) {
		err = s.begin(ctx, in)
	} else if err == nil {
		err = s.relaunch(ctx, e)
	}
	if err != nil {
		return e, err
	}
	return s.Execution(ctx, in.ID)
}

// begin checks the request, puts it on record and launches it.
func (s *Service) begin(ctx context.Context, in Request) error {
	file, err := s.check(in)
	if err != nil {
		return err
	}
	if err := s.trusted(file); err != nil {
		return err
	}
	if file, err = s.experiment(ctx, file, &in, false); err != nil {
		return err
	}
	g, err := graph(file, in)
	if err != nil {
		return err
	}
	if err := s.ready(g); err != nil {
		return err
	}
	if err := s.sound(ctx, g); err != nil {
		return err
	}
	code, err := s.opts.Code(ctx)
	if err != nil {
		return err
	}
	env := in.Env
	in.Env = nil
	e := Execution{
		ID: in.ID, RunID: in.ID, Name: in.Name, Request: in, State: Running, Code: code, Env: s.opts.Environment(),
		Spec: Spec{Stages: file.Stages, Triggers: file.Triggers, Parallel: max(1, file.Queue.Parallel), Models: modelPaths(file)},
	}
	if e.Name == "" && in.Experiment != nil {
		e.Name = in.Experiment.Name
	}
	if e.Name == "" {
		e.Name = "pipeline"
	}
	s.launching.Lock()
	defer s.launching.Unlock()
	_, err = s.opts.Ledger.Do(ctx, "execution.start", in.ID, func(tx *index.Tx) (any, error) {
		var clock int64
		if _, err := executionRow(tx, in.ID, &clock); !errs.Is(err, errs.NotFound) {
			return nil, firstOf(err, errs.New(errs.Conflict, "execution %s was started already", in.ID))
		}
		return e, nil
	})
	if errs.Is(err, errs.Conflict) {
		return nil // somebody else has just started it
	}
	if err != nil {
		return err
	}
	fault.Point("execution.started")
	return s.launchOrFail(ctx, e, env)
}

// ready asks the books of another tool's project whether its stages may run at all.
func (s *Service) ready(g Graph) error {
	books, err := g.books(s.opts.Dir, s.opts.Books, true)
	if err != nil || books == nil {
		return err
	}
	defer books.Close()
	return books.Ready()
}

// sound asks whether what the stages read can be relied upon.
func (s *Service) sound(ctx context.Context, g Graph) error {
	var paths []string
	for _, n := range g {
		paths = append(paths, n.Deps...)
	}
	if s.opts.Sound != nil {
		if err := s.opts.Sound(ctx, paths); err != nil {
			return err
		}
	}
	return s.takenOver(ctx, paths)
}

func (s *Service) noStages() error {
	if _, err := os.Stat(filepath.Join(s.opts.Dir, ".dvc")); err == nil {
		return errs.New(errs.Precondition, "%s declares no stages", foreignFile).
			WithHint("`rondo stage add` writes one; `rondo status` says whether there are stages of DVC before 1.0")
	}
	return errs.New(errs.Precondition, "rondo.yaml declares no stages").WithHint("describe your steps under stages:; docs/pipelines.md shows how")
}

// check returns the file as it is now, whose stages the request may be about.
func (s *Service) check(in Request) (*project.File, error) {
	if len(in.ID) != 32 || strings.Trim(in.ID, "0123456789abcdef") != "" {
		return nil, errs.New(errs.Invalid, "%.40q cannot be the id of an execution: want 32 hex digits", in.ID)
	}
	file, err := s.current()
	if err != nil {
		return nil, err
	}
	if len(file.Stages) == 0 {
		return nil, s.noStages()
	}
	g, err := graph(file, in)
	if err == nil && (foreignOf(file) == "" || len(in.Params) > 0) { // another tool's params are read by its books
		_, err = s.eyes.paramsOf(g, in.Params)
	}
	return file, err
}

// trusted says whether the commands of the file, as it was just read, may run here.
func (s *Service) trusted(file *project.File) error {
	if s.opts.Trust != nil {
		return s.opts.Trust(file)
	}
	return s.opts.Trusted()
}

func modelPaths(f *project.File) map[string]string {
	out := map[string]string{}
	for name, m := range f.Models {
		out[name] = m.Path
	}
	return out
}
