//go:build unix

package launch_test

import (
	"os"
	"path/filepath"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/run"
	"rondo/backend/run/seal"
)

// TestARunWhoseServerIsKilledAtItsEndIsSealedByTheNext: before its folder is sealed, when it is, before and
// after its end is on record.
func TestARunWhoseServerIsKilledAtItsEndIsSealedByTheNext(t *testing.T) {
	for _, point := range []string{"run.exited", "run.sealed", "journal.encoded", "journal.synced", "ledger.committed"} {
		t.Run(point, func(t *testing.T) {
			dir := t.TempDir()
			t.Setenv(killAt, "")
			cmd, ids := server(t, dir, "echo begun > begun; while [ ! -e go ]; do sleep 0.02; done; echo said")
			until(t, "the start", func() bool { _, err := os.Stat(filepath.Join(dir, "begun")); return err == nil })
			kill(t, cmd)
			t.Setenv(killAt, point)
			cmd, _ = server(t, dir)
			if err := os.WriteFile(filepath.Join(dir, "go"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() != -1 {
				t.Fatalf("it was not killed: %v", err)
			}
			h := open(t, dir, nil)
			if r, _ := h.wait(t, ids[0]); r.Status != run.Finished {
				t.Errorf("the run is %s", r.Status)
			}
			n, err := seal.Check(t.Context(), h.runs.Dir(ids[0]), func(name, why string) { t.Errorf("%s: %s", name, why) })
			if err != nil || n == 0 {
				t.Errorf("%d of its files are sealed, %v", n, err)
			}
		})
	}
}

// TestAClosingServerDoesNotWaitForASeal of much that was printed: the next one does it again.
func TestAClosingServerDoesNotWaitForASeal(t *testing.T) {
	dir := t.TempDir()
	h := open(t, dir, nil)
	reached, on := make(chan struct{}), make(chan struct{})
	fault.Hook(func(point string) {
		if point == "run.exited" {
			close(reached)
			<-on
		}
	})
	defer fault.Hook(nil)
	r := h.sh(t, "echo said")
	<-reached
	closed := make(chan error, 1)
	go func() { closed <- h.Launcher.Close() }()
	if _, err := h.Wait(t.Context(), r.ID); !errs.Is(err, errs.Unavailable) {
		t.Fatalf("it does not close: %v", err)
	}
	fault.Hook(nil)
	close(on)
	if err := <-closed; err != nil {
		t.Fatal(err)
	}
	if n, err := seal.Check(t.Context(), h.runs.Dir(r.ID), nil); n != 0 || err != nil {
		t.Errorf("%d of its files were sealed when it closed, %v", n, err)
	}
	h.close()
	h = open(t, dir, nil)
	if r, _ := h.wait(t, r.ID); r.Status != run.Finished {
		t.Errorf("the run is %s", r.Status)
	}
	if n, err := seal.Check(t.Context(), h.runs.Dir(r.ID), nil); n == 0 || err != nil {
		t.Errorf("%d of its files are sealed, %v", n, err)
	}
}
