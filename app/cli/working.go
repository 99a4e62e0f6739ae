package cli

import (
	"context"
	"fmt"
	"sync"
	"time"

	"rondo/backend/interop/dvc"
	"rondo/backend/remote"
)

const showEvery = 300 * time.Millisecond

// working shows how far work is that this process does itself with a remote, and why it takes
// longer, until stop is called. Nothing is shown after that.
func (c *call) working(ctx context.Context, verb string) (under context.Context, stop func()) {
	w := &worker{c: c, verb: verb, live: terminal(c.Stderr), began: time.Now()}
	w.told = w.began
	ended, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(showEvery)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				w.look()
			}
		}
	}()
	ctx = remote.WithNotice(dvc.WithCount(ctx, &w.count), w.notice)
	return ctx, sync.OnceFunc(func() { close(done); <-ended; w.end() })
}

// worker is what is shown of some work.
type worker struct {
	c     *call
	verb  string
	live  bool
	count dvc.Count
	began time.Time

	mu     sync.Mutex
	told   time.Time
	line   string // that stands there
	noted  time.Time
	over   bool
	before string // the last notice
}

func (w *worker) look() {
	objects, of, bytes := w.count.Sofar()
	w.mu.Lock()
	defer w.mu.Unlock()
	if of+bytes == 0 || time.Since(w.began) < time.Second {
		return
	}
	text := fmt.Sprintf("%s: %d of %s, %s", w.verb, objects, counted(max(objects, of), "object"), size(bytes))
	switch {
	case w.live && text != w.line:
		w.line = text
		fmt.Fprintf(w.c.Stderr, "\r\x1b[K%s", text)
	case !w.live && time.Since(w.told) > tellEvery:
		w.told = time.Now()
		fmt.Fprintln(w.c.Stderr, text)
	}
}

// notice tells why it takes longer: what many questions meet at one time once in a while.
func (w *worker) notice(text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over || time.Since(w.noted) < tellEvery && (text == w.before || !w.live) {
		return
	}
	w.noted, w.before = time.Now(), text
	w.clear()
	w.c.waits(text)
}

func (w *worker) clear() {
	if w.line != "" {
		fmt.Fprint(w.c.Stderr, "\r\x1b[K")
		w.line = ""
	}
}

func (w *worker) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = true
	w.clear()
}
