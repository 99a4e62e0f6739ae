package remote_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"rondo/backend/remote/remotetest"
)

// TestWhoGivesUpASilentComputerIsLetGo at once, although it never answers: what is asked for is a pipe to
// which nobody writes.
func TestWhoGivesUpASilentComputerIsLetGo(t *testing.T) {
	s := remotetest.StartSSHD(t)
	dir := t.TempDir()
	pipe := filepath.Join(dir, "objects", "pipe")
	must(t, os.Mkdir(filepath.Dir(pipe), 0o755))
	must(t, syscall.Mkfifo(pipe, 0o644))
	r := open(t, s.Address(dir))
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		_, err := r.Get(ctx, "objects/pipe", 0, 1)
		ended <- err
	}()
	select {
	case err := <-ended:
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		t.Error("it is waited for still")
	}
	w, err := os.OpenFile(pipe, os.O_RDWR, 0) // lets the other side end, which waits to read
	must(t, err)
	w.Close()
}
