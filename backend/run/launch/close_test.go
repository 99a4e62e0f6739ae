//go:build unix

package launch_test

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/proc"
	"rondo/backend/run"
	"rondo/backend/run/seal"
)

// TestARunThatEndsWhileTheServerClosesIsSealed: the server closes once the end is in the journal, before
// the folder is sealed. Nobody would do it later, as the run has ended.
func TestARunThatEndsWhileTheServerClosesIsSealed(t *testing.T) {
	dir := t.TempDir()
	h := open(t, dir, nil)
	r := h.sh(t, "echo begun > begun; while [ ! -e go ]; do sleep 0.02; done")
	until(t, "the start", func() bool {
		now, err := h.runs.Get(t.Context(), r.ID)
		_, begun := os.Stat(filepath.Join(dir, "begun"))
		return err == nil && begun == nil && now.Status == run.Running
	})
	var once sync.Once
	closing := make(chan error, 1)
	fault.Hook(func(point string) {
		if _, err := proc.ReadExit(h.runs.Dir(r.ID)); point != "ledger.committed" || err != nil {
			return
		}
		once.Do(func() {
			go h.Launcher.Close()
			_, err := h.Wait(t.Context(), r.ID) // until it closes: the run's work goes on behind this
			closing <- err
		})
	})
	defer fault.Hook(nil)
	if err := os.WriteFile(filepath.Join(dir, "go"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := <-closing; !errs.Is(err, errs.Unavailable) {
		t.Fatalf("it did not close before the folder was sealed: %v", err)
	}
	h.Launcher.Close()
	if now, err := h.runs.Get(t.Context(), r.ID); err != nil || now.Status != run.Finished {
		t.Fatalf("run %s %v", now.Status, err)
	}
	n, err := seal.Check(t.Context(), h.runs.Dir(r.ID), func(name, why string) { t.Errorf("%s: %s", name, why) })
	if err != nil || n == 0 {
		t.Errorf("%d of its files are sealed, %v", n, err)
	}
}
