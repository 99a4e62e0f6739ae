package monitor

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"rondo/backend/errs"
	"rondo/backend/event"
	"rondo/backend/ledger"
	"rondo/backend/store"
)

// Monitor is a monitor with its present state.
type Monitor struct {
	Config
	Live       *VersionRef `json:"live,omitempty"` // the version that answered last
	Status     string      `json:"status"`         // of the last window, or not_enough_data
	Verdict    Verdict     `json:"verdict"`
	Last       *Window     `json:"last,omitempty"`        // without histograms
	Quality    *Quality    `json:"quality_now,omitempty"` // "quality" are the bounds asked for
	Pending    int         `json:"pending"`               // captures since the last window
	OpenAlerts int         `json:"open_alerts"`
	Windows    int         `json:"windows"`
}

// Evaluation is what one call of Evaluate found.
type Evaluation struct {
	Monitor string    `json:"monitor"`
	Windows []Window  `json:"windows"` // new ones
	Quality []Quality `json:"quality"` // new revisions
	Alerts  []Alert   `json:"alerts"`  // newly opened or resolved
	Pending int       `json:"pending"` // captures that do not fill a window yet
}

// AlertQuery filters alerts; empty fields match everything.
type AlertQuery struct {
	Monitor string
	Status  string // open, acknowledged, resolved, or "active" for the first two
	Limit   int
}

// Surface is what a Service does, for readers.
type Surface interface {
	List(ctx context.Context) ([]Monitor, error)
	Get(ctx context.Context, name string) (Monitor, error)
	Windows(ctx context.Context, name string, limit int, before int) ([]Window, error)
	Window(ctx context.Context, name, id string) (Window, error)
	Evaluate(ctx context.Context, name string) (Evaluation, error)
	Quality(ctx context.Context, name string) ([]Quality, error)
	Revisions(ctx context.Context, name, window string) ([]Quality, error)
	Alerts(ctx context.Context, q AlertQuery) ([]Alert, error)
	Acknowledge(ctx context.Context, id, note string) (Alert, error)
	Resolve(ctx context.Context, id, note string) (Alert, error)
	Judged(ctx context.Context, name string, k int) ([]Window, error)
	SustainedDrift(ctx context.Context, name string, k int) (Fact, error)
	QualityBelow(ctx context.Context, name string, floor float64, minLabels int) (Fact, error)
	Serve(ctx context.Context) error
}

// Options say what a Service works with.
type Options struct {
	Ledger    *ledger.Ledger
	Store     *store.Store
	Captures  Captures
	Baselines Baselines
	Predictor Predictor  // nil: answers are not compared
	Events    *event.Bus // may be nil; Serve looks when something on it speaks of captures
	Now       func() time.Time
}

// Service watches the endpoints of one project.
type Service struct {
	opts Options
	poke chan struct{}

	truths atomic.Int64 // events about labels so far

	mu       sync.Mutex
	configs  map[string]Config
	states   map[string]*state
	profiles map[VersionRef]*profile
}

var _ Surface = (*Service)(nil)

// New returns a service that watches nothing yet.
func New(opts Options) *Service {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	return &Service{
		opts: opts, poke: make(chan struct{}, 1),
		configs: map[string]Config{}, states: map[string]*state{}, profiles: map[VersionRef]*profile{},
	}
}

// Sync takes the monitors of rondo.yaml. A faulty one is left out and reported; the
// others are watched. The windows of those that are gone stay.
func (s *Service) Sync(configs []Config) error {
	good := map[string]Config{}
	var faults []error
	for _, c := range configs {
		n, err := c.Normal()
		if err != nil {
			faults = append(faults, err)
			continue
		}
		good[n.Name] = n
	}
	s.mu.Lock()
	s.configs = good
	s.mu.Unlock()
	s.Poke()
	return errors.Join(faults...)
}

// Names lists the configured monitors.
func (s *Service) Names() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.configs))
}

func (s *Service) config(name string) (Config, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.configs[name]
	if !ok {
		return c, errs.New(errs.NotFound, "there is no monitor %.80q", name).WithHint("declare it under monitors: in rondo.yaml; `rondo monitor list` lists those there are")
	}
	return c, nil
}

func (s *Service) state(name string) *state {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.states[name] == nil {
		s.states[name] = &state{buffers: map[VersionRef]*buffer{}, seen: map[string]int64{}, left: map[string]bool{}}
	}
	return s.states[name]
}
