//go:build linux

package dataset

import (
	"context"
	"errors"
	"syscall"
	"testing"
	"time"

	"rondo/backend/fault"
)

// held makes the first sync of a file system wait for release, and fail with an error.
func held(t *testing.T, with error) (begun chan struct{}, release chan struct{}, syncs chan string) {
	t.Helper()
	begun, release, syncs = make(chan struct{}), make(chan struct{}), make(chan string, 10)
	first := make(chan struct{}, 1)
	first <- struct{}{}
	fault.Fail(func(op string) error {
		if op != "syncfs" {
			return nil
		}
		syncs <- op
		select {
		case <-first:
			close(begun)
			<-release
			return with
		default:
			return nil
		}
	})
	t.Cleanup(func() { fault.Fail(nil) })
	return begun, release, syncs
}

func begunEarly(t *testing.T) *early {
	t.Helper()
	e, err := openEarly(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestTheLastSyncHearsOfTheOthers: whoever ends waits for the sync that goes on, and has its error,
// though nothing is written after it; two never go on at a time.
func TestTheLastSyncHearsOfTheOthers(t *testing.T) {
	begun, release, syncs := held(t, syscall.EIO)
	e := begunEarly(t)
	defer e.close()
	for range 2 {
		if err := e.wrote(earlyFiles, 0); err != nil {
			t.Fatal(err)
		}
		<-begun
	}
	ended := make(chan error, 1)
	go func() { ended <- e.end(t.Context()) }()
	select {
	case err := <-ended:
		t.Errorf("the end did not wait: %v", err)
	case <-time.After(20 * time.Millisecond):
	}
	if n := len(syncs); n != 1 {
		t.Errorf("%d syncs at a time", n)
	}
	close(release)
	if err := <-ended; !errors.Is(err, syscall.EIO) {
		t.Errorf("the error of the sync is lost: %v", err)
	}
}

// TestWhoGivesUpWaitingSaysSo, and leaves the sync what it works with.
func TestWhoGivesUpWaitingSaysSo(t *testing.T) {
	begun, release, _ := held(t, nil)
	e := begunEarly(t)
	if err := e.wrote(0, earlyBytes); err != nil {
		t.Fatal(err)
	}
	<-begun
	e.mu.Lock()
	busy := e.busy
	e.mu.Unlock()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := e.end(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("given up, and it says %v", err)
	}
	e.close()
	close(release)
	<-busy
	if e.mu.Lock(); e.err != nil {
		t.Errorf("what the sync works with was taken away: %v", e.err)
	}
	e.mu.Unlock()
}
