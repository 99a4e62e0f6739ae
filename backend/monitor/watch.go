package monitor

import (
	"context"
	"log/slog"
	"strings"
	"time"
)

const (
	settle = time.Second      // how long Serve lets captures gather before it looks
	idle   = 15 * time.Second // how often it looks unasked: time closes windows too
)

// Poke asks Serve to look soon.
func (s *Service) Poke() {
	select {
	case s.poke <- struct{}{}:
	default:
	}
}

// Serve evaluates all monitors whenever captures or labels have arrived, and now and
// then, until ctx ends. A failure is logged and tried again; it stops no other monitor.
func (s *Service) Serve(ctx context.Context) error {
	stop := s.listen(ctx)
	defer stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.poke:
			if !pause(ctx, settle) {
				return nil
			}
		case <-time.After(idle):
		}
		s.drain()
		for _, name := range s.Names() {
			if _, err := s.evaluate(ctx, name, false); err != nil && ctx.Err() == nil {
				slog.Warn("monitor could not be evaluated", "monitor", name, "err", err)
			}
		}
	}
}

func (s *Service) drain() {
	select {
	case <-s.poke:
	default:
	}
}

// pause waits; it is false where ctx ended meanwhile.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// listen pokes for every event that speaks of captures, labels or deployments.
func (s *Service) listen(ctx context.Context) (stop func()) {
	if s.opts.Events == nil {
		return func() {}
	}
	sub := s.opts.Events.Subscribe(s.opts.Events.Last(), 256)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for e := range sub.C {
			switch kind, _, _ := strings.Cut(e.Kind, "."); kind {
			case "truth":
				s.truths.Add(1)
				s.Poke()
			case "capture", "endpoint":
				s.Poke()
			}
		}
	}()
	return func() { sub.Close(); <-done }
}
