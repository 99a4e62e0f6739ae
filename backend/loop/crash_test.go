package loop_test

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"rondo/backend/fault"
	"rondo/backend/loop"
)

// kill serves until a named moment and lets the goroutine that reaches it do nothing
// more, as if the program had ended there.
func kill(h *house, point string) {
	h.t.Helper()
	ctx, cancel := context.WithCancel(h.t.Context())
	fault.Hook(func(at string) {
		if at == point {
			cancel()
			runtime.Goexit()
		}
	})
	defer fault.Hook(nil)
	h.Serve(ctx)
}

// A retrain is cut off at every moment between two steps. However it went, in the end
// the rows are in the file once, one execution ran, and one version is live.
func TestARetrainThatIsCutOffGoesOnAndHappensOnce(t *testing.T) {
	for _, step := range []string{loop.Feedback, loop.Snapshot, loop.Train, loop.Register, loop.Judge, loop.Promote, loop.Deploy} {
		for _, moment := range []string{"loop." + step, "loop." + step + ".done"} {
			t.Run(moment, func(t *testing.T) { cutOff(t, moment) })
		}
	}
}

func cutOff(t *testing.T, moment string) {
	dir := t.TempDir()
	h := build(t, dir)
	h.label(1, 2)
	h.windows = drifting("w2", "w1")
	kill(h, moment)
	d := h.turn()
	if d.State != loop.Promoted {
		t.Fatalf("%+v", d)
	}
	if want := csvBase + "2015-01-1,20.5,1\n2015-01-2,20.5,1\n"; h.csv() != want {
		t.Errorf("the dataset is\n%s", h.csv())
	}
	versions, _ := h.registry.Versions(t.Context(), "weather")
	moves, _ := h.registry.History(t.Context(), "weather", "champion")
	if len(h.started) != 1 || len(versions) != 1 || len(moves) != 1 || len(h.snapshots) != 1 {
		t.Errorf("%d executions, %d versions, %d moves, %d snapshots", len(h.started), len(versions), len(moves), len(h.snapshots))
	}
	h.quiet()
	sameAfterRebuild(t, h)
}

func sameAfterRebuild(t *testing.T, h *house) {
	t.Helper()
	before := h.dump()
	h.ledger.Close()
	if err := os.RemoveAll(filepath.Join(h.dir, "device")); err != nil {
		t.Fatal(err)
	}
	if after := build(t, h.dir).dump(); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
}
