package server

import (
	"context"
	"sync"

	"rondo/backend/api"
	"rondo/backend/errs"
	"rondo/backend/ref"
)

// desktop passes wishes of pages to the window and its answers back.
type desktop struct {
	mu      sync.Mutex
	wishes  chan api.DesktopWish // nil while there is no window
	waiting map[string]chan api.DesktopAnswer
}

func newDesktop() *desktop { return &desktop{waiting: map[string]chan api.DesktopAnswer{}} }

// Open implements api.Desktop.
func (d *desktop) Open() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.wishes != nil
}

// Attach implements api.Desktop.
func (d *desktop) Attach(ctx context.Context) (<-chan api.DesktopWish, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.wishes != nil {
		return nil, errs.New(errs.Conflict, "the project has a window already")
	}
	d.wishes = make(chan api.DesktopWish)
	context.AfterFunc(ctx, d.detach)
	return d.wishes, nil
}

// detach ends the window; who still waits for it is told.
func (d *desktop) detach() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wishes = nil
	for id, c := range d.waiting {
		c <- api.DesktopAnswer{Error: "the window was closed"}
		delete(d.waiting, id)
	}
}

// Ask implements api.Desktop.
func (d *desktop) Ask(ctx context.Context, w api.DesktopWish) (api.DesktopAnswer, error) {
	w.ID = ref.NewID()
	answer := make(chan api.DesktopAnswer, 1)
	d.mu.Lock()
	wishes := d.wishes
	if wishes != nil {
		d.waiting[w.ID] = answer
	}
	d.mu.Unlock()
	if wishes == nil {
		return api.DesktopAnswer{}, errs.New(errs.Precondition, "there is no window to do that").
			WithHint("open the project with `rondo`, or do it in the browser")
	}
	defer d.forget(w.ID)
	select {
	case wishes <- w:
	case a := <-answer:
		return finish(a)
	case <-ctx.Done():
		return api.DesktopAnswer{}, ctx.Err()
	}
	select {
	case a := <-answer:
		return finish(a)
	case <-ctx.Done():
		return api.DesktopAnswer{}, ctx.Err()
	}
}

func finish(a api.DesktopAnswer) (api.DesktopAnswer, error) {
	if a.Error != "" {
		return a, errs.New(errs.Precondition, "%s", a.Error)
	}
	return a, nil
}

func (d *desktop) forget(id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.waiting, id)
}

// Answer implements api.Desktop.
func (d *desktop) Answer(id string, a api.DesktopAnswer) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	c, ok := d.waiting[id]
	if !ok {
		return errs.New(errs.NotFound, "nobody waits for the answer %.40q", id).WithHint("ask for the wish again")
	}
	delete(d.waiting, id)
	c <- a
	return nil
}
