package loop

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"rondo/backend/event"
	"rondo/backend/ledger"
)

// Service watches the triggers of one project and carries its decisions through.
type Service struct {
	opts Options
	wake chan struct{}

	mu     sync.Mutex
	active map[string]bool          // decisions that a goroutine is busy with
	waits  map[string]time.Duration // how long one that met a passing obstacle waited last
	work   sync.WaitGroup
}

// New returns the loop. It does nothing before Serve.
func New(opts Options) *Service {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Trusted == nil {
		opts.Trusted = func() error { return nil }
	}
	return &Service{opts: opts, wake: make(chan struct{}, 1), active: map[string]bool{}, waits: map[string]time.Duration{}}
}

// interval is how often the clock alone makes the loop look around.
const interval = 20 * time.Second

// Serve turns the loop until ctx ends, beginning with what was cut off before.
func (s *Service) Serve(ctx context.Context) error {
	sub := s.opts.Events.Subscribe(s.opts.Events.Last(), 256)
	defer sub.Close()
	tick := time.NewTicker(interval)
	defer tick.Stop()
	defer s.work.Wait()
	for {
		s.Turn(ctx)
		if !s.pause(ctx, sub.C, tick.C) {
			return nil
		}
	}
}

// pause waits for something that may matter; false at the end.
func (s *Service) pause(ctx context.Context, events <-chan event.Event, tick <-chan time.Time) bool {
	for {
		select {
		case <-ctx.Done():
			return false
		case <-tick:
			return true
		case <-s.wake:
			return true
		case e, ok := <-events:
			if !ok {
				return false
			}
			if matters(e.Kind) {
				return true
			}
		}
	}
}

// matters tells the events that can make a trigger due or an execution end.
func matters(kind string) bool {
	for _, p := range []string{"monitor.", "execution.", "dataset.", "snapshot.", "decision.", "truth."} {
		if strings.HasPrefix(kind, p) {
			return true
		}
	}
	return false
}

// nudge makes Serve look around now.
func (s *Service) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Turn looks around once: it adopts executions, fires triggers that are due and
// goes on with open decisions in the background.
func (s *Service) Turn(ctx context.Context) {
	for _, part := range []func(context.Context) error{s.adopt, s.fireDue, s.resume} {
		if err := part(ctx); err != nil && ctx.Err() == nil {
			slog.Warn("the loop could not look around", "err", err)
		}
	}
}

// resume goes on with every decision that runs and that nobody is busy with.
func (s *Service) resume(ctx context.Context) error {
	list, err := s.running(ctx)
	if err != nil {
		return err
	}
	for _, d := range list {
		if !s.claim(d.ID) {
			continue
		}
		s.work.Go(func() {
			defer s.release(d.ID)
			s.carry(ledger.WithActor(ctx, actor(d)), d)
		})
	}
	return nil
}

func (s *Service) claim(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.active[id] {
		return false
	}
	s.active[id] = true
	return true
}

func (s *Service) release(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.active, id)
}

// actor names who acts for a decision in the history.
func actor(d Decision) string {
	if d.Answer != nil && d.Answer.By != "" {
		return d.Answer.By
	}
	if d.Trigger != "" {
		return "trigger:" + d.Trigger
	}
	return d.OpenedBy
}
