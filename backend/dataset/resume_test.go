package dataset_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"rondo/backend/dataset"
	"rondo/backend/store"
)

// many lays files of noise.
func many(t *testing.T, dir string, n int) {
	t.Helper()
	for i := range n {
		path := filepath.Join(dir, fmt.Sprintf("d%02d", i/200), fmt.Sprintf("f%04d.bin", i))
		must(t, os.MkdirAll(filepath.Dir(path), 0o755))
		must(t, os.WriteFile(path, fmt.Appendf(nil, "%d %s", i, noise(2000)), 0o644))
	}
}

// TestInterruptedSnapshotGoesOn: what was read before the interruption is not read again.
func TestInterruptedSnapshotGoesOn(t *testing.T) {
	dir := project(t)
	h := open(t, dir)
	const n = 5000
	many(t, filepath.Join(dir, "data"), n)
	h.now = func() time.Time { return time.Now().Add(time.Hour) } // so that no file is too young to be remembered
	h.add(t, "d", "data")
	ctx, stop := context.WithCancel(t.Context())
	first := &store.Count{}
	done := make(chan error, 1)
	go func() {
		_, err := h.Snapshot(ctx, "d", dataset.Take{Count: first})
		done <- err
	}()
	for first.Files.Load() < n/4 {
		select {
		case err := <-done:
			t.Fatalf("it ended before it was interrupted: %v", err)
		default:
		}
	}
	began := time.Now()
	stop()
	if err := <-done; err == nil {
		t.Skip("it was done before the interruption came")
	}
	t.Logf("ended %v after the interruption", time.Since(began))
	second := &store.Count{}
	s, err := h.Snapshot(t.Context(), "d", dataset.Take{Count: second})
	must(t, err)
	size := s.Size
	if s.Files != n || second.Files.Load() != n {
		t.Fatalf("%+v, %d files", s, second.Files.Load())
	}
	if read := second.Read.Load(); read > size*9/10 || read == 0 {
		t.Errorf("after %d of %d files the second time read %d of %d bytes", first.Files.Load(), n, read, size)
	}
	third := &store.Count{}
	if _, err := h.Snapshot(t.Context(), "d", dataset.Take{Count: third}); err != nil || third.Read.Load() != 0 {
		t.Errorf("the third time read %d bytes, %v", third.Read.Load(), err)
	}
	must(t, os.RemoveAll(filepath.Join(dir, "data")))
	if _, err := h.Checkout(t.Context(), "d", 1, false); err != nil {
		t.Fatal(err)
	}
	if st, err := h.Status(t.Context(), "d"); err != nil || st.State != dataset.Clean {
		t.Errorf("%+v %v", st, err)
	}
}
