package mlflow_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"rondo/backend/errs"
	"rondo/backend/interop/mlflow"
)

// TestOneImportAtATime: a second one is refused while the first goes on, and waits for the
// first where that was given up and is just ending.
func TestOneImportAtATime(t *testing.T) {
	dir, h := t.TempDir(), open(t)
	writeStore(t, dir, 3)
	ctx, giveUp := context.WithCancel(t.Context())
	defer giveUp()
	bring := func(ctx context.Context, tell func(mlflow.Progress)) <-chan error {
		ended := make(chan error, 1)
		go func() {
			_, err := h.importer.Import(ctx, dir, mlflow.Options{}, tell)
			ended <- err
		}()
		return ended
	}
	began, goOn := make(chan struct{}), make(chan struct{})
	var once sync.Once
	first := bring(ctx, func(mlflow.Progress) {
		once.Do(func() { close(began); <-goOn })
	})
	<-began
	if err := <-bring(t.Context(), nil); !errs.Is(err, errs.Conflict) {
		t.Errorf("while one goes on: %v", err)
	}
	giveUp()
	time.AfterFunc(1500*time.Millisecond, func() { close(goOn) }) // longer than one that goes on is waited for
	if err := <-bring(t.Context(), nil); err != nil {
		t.Errorf("while one that was given up ends: %v", err)
	}
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Errorf("the first: %v", err)
	}
}
