package pipeline

import (
	"context"
	"maps"
	"path/filepath"
	"time"

	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/ledger"
	"rondo/backend/project"
	"rondo/backend/ref"
	"rondo/backend/store"
)

// Kinds of run that this package asks for.
const (
	KindExecution    = "execution"
	KindReproduction = "reproduction"
)

// Launch asks for a run of a command. Asking twice with one id starts one run.
type Launch struct {
	ID, Name, Kind string
	Command        []string
	Dir            string
	Tags           map[string]string
}

// RunState is how a run is doing.
type RunState struct {
	Ended   bool
	OK      bool
	Killed  bool
	Reason  string
	EndedAt time.Time
}

// Options say what a Service works with. The functions reach neighbours that this
// package does not know.
type Options struct {
	Ledger     *ledger.Ledger
	Store      *store.Store
	Dir        string // the project folder
	Device     string // this device's folder; repetitions happen below it
	Objects    string // the folder of Store
	Executable string // this program
	File       func() *project.File
	Trusted    func() error
	RunDir     func(id string) string
	Launch     func(ctx context.Context, l Launch) error
	RunState   func(ctx context.Context, id string) (RunState, error) // NotFound where there is none
	Code       func(ctx context.Context) (Code, error)
	Export     func(ctx context.Context, c Code, dst string) error
	SnapshotOf func(ctx context.Context, digest string) ([]string, error)
	LogRun     func(ctx context.Context, e Execution) error
	Reproduced func(ctx context.Context, r Reproduction) error
	// Environment describes what the result may depend on besides code, data and params.
	Environment func() map[string]string
}

// Service keeps the executions of one project.
type Service struct {
	opts Options
	eyes *eyes
}

// New returns the service. Recover finishes what ended while nobody looked.
func New(opts Options) *Service { return &Service{opts: opts, eyes: newEyes(opts.Dir)} }

// View is the pipeline as it stands.
type View struct {
	Stages  []StageStatus `json:"stages"` // each after what it needs
	Problem string        `json:"problem,omitempty"`
}

// Pipeline returns the graph with what would run now, and why.
func (s *Service) Pipeline(ctx context.Context) (View, error) {
	g, err := Build(s.opts.File().Stages)
	if err != nil {
		return View{Stages: []StageStatus{}, Problem: err.Error()}, nil
	}
	lock, err := ReadLock(s.opts.Dir)
	if err != nil {
		return View{Stages: []StageStatus{}, Problem: err.Error()}, nil
	}
	list, err := s.eyes.status(ctx, g, lock)
	return View{Stages: list}, err
}

// Start begins an execution. With an id that exists it changes nothing, but sees to
// it that the run was really launched.
func (s *Service) Start(ctx context.Context, in Request) (Execution, error) {
	if in.ID == "" {
		in.ID = ref.NewID()
	}
	e, err := s.Execution(ctx, in.ID)
	if errs.Is(err, errs.NotFound) {
		e, err = s.begin(ctx, in)
	}
	if err != nil || e.State != Running {
		return e, err
	}
	return e, s.launch(ctx, e)
}

// begin checks the request and puts it on record. The code is captured after the
// params were written, so that both are what the stages will see.
func (s *Service) begin(ctx context.Context, in Request) (Execution, error) {
	file := s.opts.File()
	if len(file.Stages) == 0 {
		return Execution{}, errs.New(errs.Precondition, "rondo.yaml declares no stages").WithHint("describe your steps under stages:; docs/pipelines.md shows how")
	}
	g, err := Build(file.Stages)
	if err != nil {
		return Execution{}, err
	}
	if _, err := g.Only(in.Stages); err != nil {
		return Execution{}, err
	}
	if err := s.opts.Trusted(); err != nil {
		return Execution{}, err
	}
	if err := project.OverrideParams(s.full(project.DefaultParams), in.Params); err != nil {
		return Execution{}, err
	}
	code, err := s.opts.Code(ctx)
	if err != nil {
		return Execution{}, err
	}
	e := Execution{ID: in.ID, RunID: in.ID, Name: in.Name, Request: in, State: Running, Code: code, Env: s.opts.Environment()}
	if e.Name == "" {
		e.Name = "pipeline"
	}
	plan := Plan{Project: s.opts.Dir, Objects: s.opts.Objects, Stages: maps.Clone(file.Stages), Only: in.Stages, Force: in.Force, Parallel: max(1, file.Queue.Parallel)}
	if err := writePlan(s.opts.RunDir(in.ID), plan); err != nil {
		return e, err
	}
	_, err = s.opts.Ledger.Do(ctx, "execution.start", in.ID, func(tx *index.Tx) (any, error) { return e, nil })
	if err != nil {
		return e, err
	}
	return s.Execution(ctx, in.ID)
}

func (s *Service) launch(ctx context.Context, e Execution) error {
	return s.opts.Launch(ctx, Launch{
		ID: e.ID, Name: e.Name, Kind: KindExecution, Dir: s.opts.Dir,
		Command: []string{s.opts.Executable, "pipeline-run", s.opts.RunDir(e.ID)},
	})
}

func (s *Service) full(name string) string { return filepath.Join(s.opts.Dir, name) }
