// Package background lets long work that nobody waits for rest while somebody waits for other
// work. Whoever does the work calls GiveWay now and then; whether it is in the background its
// context says. It starts nothing, and knows nothing of what the work is.
package background

import (
	"context"
	"io"
	"sync"
)

// Gate lets work in the background rest while there is work that somebody waits for.
type Gate struct {
	mu   sync.Mutex
	busy int
	free chan struct{} // closed when nobody is busy any more; nil while nobody rests
}

// Enter says that somebody waits for the caller's work, until leave.
func (g *Gate) Enter() (leave func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.busy++
	return g.leave
}

func (g *Gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.busy--; g.busy == 0 && g.free != nil {
		close(g.free)
		g.free = nil
	}
}

// rest returns when nobody is busy, when there is a hurry, or with ctx.
func (g *Gate) rest(ctx context.Context, hurry <-chan struct{}) error {
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
	case <-hurry:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

type key struct{}

type behind struct {
	gate  *Gate
	hurry <-chan struct{}
}

// In returns a context for work that gives way to who has entered the gate, until hurry is
// closed: somebody waits for it, too. A nil one never is.
func In(ctx context.Context, g *Gate, hurry <-chan struct{}) context.Context {
	return context.WithValue(ctx, key{}, behind{g, hurry})
}

// GiveWay is for long work to call now and then: it rests where it is in the background,
// and ends with ctx.
func GiveWay(ctx context.Context) error {
	if b, ok := ctx.Value(key{}).(behind); ok {
		return b.gate.rest(ctx, b.hurry)
	}
	return ctx.Err()
}

// Reader returns r, which gives way before each of its reads.
func Reader(ctx context.Context, r io.ReadCloser) io.ReadCloser { return yielding{ctx, r} }

type yielding struct {
	ctx context.Context
	io.ReadCloser
}

func (y yielding) Read(b []byte) (int, error) {
	if err := GiveWay(y.ctx); err != nil {
		return 0, err
	}
	return y.ReadCloser.Read(b)
}
