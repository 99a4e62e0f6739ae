package pipeline

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"rondo/backend/errs"
	"rondo/backend/fault"
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
	Env            map[string]string // over the server's own; it may hold secrets
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
	Problem    func() error                // why rondo.yaml cannot be used as it is now, although File has an earlier one; nil: never
	Trusted    func() error                // whether the commands of File may run on this device
	Trust      func(f *project.File) error // whether those of an earlier one may; nil: only what File has, too
	// Sound refuses where what lies at paths of the project cannot be relied upon, such as what
	// a stop of the machine has damaged; nil: it always can.
	Sound      func(ctx context.Context, paths []string) error
	RunDir     func(id string) string // the folder of a run
	Launch     func(ctx context.Context, l Launch) error
	RunState   func(ctx context.Context, id string) (RunState, error) // NotFound where there is none
	Code       func(ctx context.Context) (Code, error)
	Export     func(ctx context.Context, c Code, dst string) error
	SnapshotOf func(ctx context.Context, digest string) ([]string, error)
	LogRun     func(ctx context.Context, e Execution) error    // may be called twice with the same
	Reproduced func(ctx context.Context, r Reproduction) error // may be called twice with the same
	// Environment describes what the result may depend on besides code, data and params.
	Environment func() map[string]string
	Books       OpenBooks        // of another tool's project in the folder; nil: there are none
	Now         func() time.Time // nil: the clock
}

// Service keeps the executions of one project.
type Service struct {
	opts      Options
	eyes      *eyes
	finishing sync.Mutex
	launching sync.Mutex // from a record that something starts until its run exists
	preparing sync.Map   // ids of repetitions whose folder is being filled
}

// New returns the service. Recover finishes what ended while nobody looked.
func New(opts Options) *Service {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Problem == nil {
		opts.Problem = func() error { return nil }
	}
	s := &Service{opts: opts}
	s.eyes = newEyes(opts.Dir, s.memory(), opts.Now)
	return s
}

func (s *Service) memory() string { return filepath.Join(s.opts.Device, "stat", "pipeline.txt") }
func (s *Service) cache() string  { return filepath.Join(s.opts.Device, "stages") }

// View is the pipeline as it stands.
type View struct {
	Stages  []StageStatus `json:"stages"` // each after what it needs
	Edges   []Edge        `json:"edges"`
	Problem string        `json:"problem,omitempty"` // why there are no stages to show
	Blocked string        `json:"blocked,omitempty"` // why none of the stages may run, and the way out
}

// Edge says that a stage needs what another makes.
type Edge struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// Pipeline returns the graph with what would run now, and why.
func (s *Service) Pipeline(ctx context.Context) (View, error) {
	v, err := s.Preview(ctx, Request{})
	if err != nil && errs.KindOf(err) != errs.Internal && ctx.Err() == nil {
		return View{Stages: []StageStatus{}, Edges: []Edge{}, Problem: err.Error()}, nil
	}
	return v, err
}

// Preview says what an execution would do, and why. It changes nothing.
func (s *Service) Preview(ctx context.Context, in Request) (View, error) {
	v := View{Stages: []StageStatus{}, Edges: []Edge{}}
	file, err := s.current()
	if err != nil {
		return v, err
	}
	g, err := graph(file, in)
	if err != nil {
		return v, err
	}
	lock, err := ReadLock(s.opts.Dir)
	if err != nil {
		return v, err
	}
	s.eyes.learn()
	defer s.eyes.save()
	books, err := g.books(s.opts.Dir, s.opts.Books, s.trusted(file) == nil)
	if err != nil {
		return v, err
	}
	if books != nil {
		defer books.Close()
		v.Blocked = blocked(books)
	}
	if v.Stages, err = s.eyes.status(ctx, g, lock, in, books); err != nil {
		return v, err
	}
	for _, n := range g {
		for _, up := range n.Upstream {
			v.Edges = append(v.Edges, Edge{From: up, To: n.Name})
		}
	}
	return v, nil
}

// blocked says why books let no stage run; empty where they do.
func blocked(b Books) string {
	err := b.Ready()
	if err == nil {
		return ""
	}
	if hint := errs.HintOf(err); hint != "" {
		return err.Error() + "; " + hint
	}
	return err.Error()
}

// current is rondo.yaml as it lies there now.
func (s *Service) current() (*project.File, error) {
	if err := s.opts.Problem(); err != nil {
		return nil, err
	}
	return s.opts.File(), nil
}

// graph is that of the stages of a file that a request asks for.
func graph(file *project.File, in Request) (Graph, error) {
	if len(in.Params) > maxOverrides {
		return nil, errs.New(errs.TooLarge, "%d params are set at once; the limit is %d", len(in.Params), maxOverrides).
			WithHint("write them into %s, or keep them in a data file that is a dep", project.DefaultParams)
	}
	g, err := BuildFile(file)
	if err != nil {
		return nil, err
	}
	return g.Only(in.Stages)
}

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

// launch writes the plan and has it run.
func (s *Service) launch(ctx context.Context, e Execution, env map[string]string) error {
	plan := Plan{
		Project: s.opts.Dir, Objects: s.opts.Objects, Memory: s.memory(), Cache: s.cache(), Stages: e.Spec.Stages,
		Only: e.Request.Stages, Params: e.Request.Params, Force: e.Request.Force, Parallel: e.Spec.Parallel,
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
