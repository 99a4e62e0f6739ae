package dataset

import (
	"context"
	"io"
	"sync"
)

// gate lets work in the background rest while there is work that somebody waits for.
type gate struct {
	mu   sync.Mutex
	busy int
	free chan struct{} // closed when nobody is busy any more; nil while nobody rests
}

// enter says that somebody waits for the caller's work, until leave.
func (g *gate) enter() (leave func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.busy++
	return g.leave
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.busy--; g.busy == 0 && g.free != nil {
		close(g.free)
		g.free = nil
	}
}

// rest returns when nobody is busy, or with ctx.
func (g *gate) rest(ctx context.Context) error {
	g.mu.Lock()
	if g.busy > 0 && g.free == nil {
		g.free = make(chan struct{})
	}
	free := g.free
	g.mu.Unlock()
	if free == nil {
		return ctx.Err()
	}
	select {
	case <-free:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

type behind struct{}

// inBackground marks work that gives way.
func (s *Service) inBackground() context.Context {
	return context.WithValue(s.stopped, behind{}, &s.foreground)
}

// giveWay is for long work to call now and then: it rests where it is in the background,
// and ends with ctx.
func giveWay(ctx context.Context) error {
	if g, ok := ctx.Value(behind{}).(*gate); ok {
		return g.rest(ctx)
	}
	return ctx.Err()
}

// yielding is a table's file, whose reader gives way.
type yielding struct {
	ctx context.Context
	io.ReadCloser
}

func (y yielding) Read(b []byte) (int, error) {
	if err := giveWay(y.ctx); err != nil {
		return 0, err
	}
	return y.ReadCloser.Read(b)
}
