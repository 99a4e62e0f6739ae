package pipeline

import (
	"context"
	"path/filepath"
	"sync"
	"time"

	"rondo/backend/errs"
	"rondo/backend/ledger"
	"rondo/backend/project"
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
	Books       OpenBooks // of another tool's project in the folder; nil: there are none
	// Experiment readies what another tool shall keep: it returns File as it is with the params set,
	// and the experiment with its name and baseline. What dry is changes nothing. Without dry, what
	// File executes is trusted, and so is then what the same commands are with a person's own params.
	Experiment func(ctx context.Context, e Experiment, force, dry bool) (*project.File, Experiment, error)
	Now        func() time.Time // nil: the clock
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
	trusted := s.trusted(file) == nil
	if file, err = s.experiment(ctx, file, &in, true); err != nil {
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
	books, err := g.books(s.opts.Dir, s.opts.Books, trusted)
	if err != nil {
		return v, err
	}
	if books != nil {
		defer books.Close()
		if in.Experiment != nil {
			if err := books.Suppose(in.Experiment.Set); err != nil {
				return v, err
			}
		}
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
	return g.Chosen(in.Stages, in.Extent)
}
