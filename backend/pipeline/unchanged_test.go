package pipeline_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/pipeline"
	"rondo/backend/ref"
)

// TestWhatIsLeftAsItIsCostsOneFile: an execution with nothing to do tells of every stage
// and writes one file for all of them, however many there are.
func TestWhatIsLeftAsItIsCostsOneFile(t *testing.T) {
	t.Parallel()
	h := build(t)
	h.repro(pipeline.Request{})
	e := h.repro(pipeline.Request{})
	if got := states(e); got != "sort:skipped count:skipped" || e.State != pipeline.Finished {
		t.Fatalf("%s, %s", e.State, got)
	}
	if len(e.Outs) != 3 || e.Metrics["lines"] != 3 || e.Params["sort.order"] != "up" || e.Stages[0].EndedAt.IsZero() {
		t.Errorf("the execution does not tell what its stages have: %+v", e)
	}
	list, err := os.ReadDir(filepath.Join(h.dir, ".rondo", "runs", e.ID, "stages"))
	if err != nil || len(list) != 1 {
		t.Errorf("%v (%v), want one file", list, err)
	}
}

// TestARunnerThatDiesWhileItSkipsHasNotFinished: what was told before counts, the rest
// was cut off, and the next execution does it again.
func TestARunnerThatDiesWhileItSkipsHasNotFinished(t *testing.T) {
	t.Parallel()
	h := build(t)
	h.repro(pipeline.Request{})
	h.kill = "pipeline.result"
	e := h.repro(pipeline.Request{})
	if got := states(e); got != "sort:skipped count:stopped" || e.State != pipeline.Failed {
		t.Errorf("%s, %s", e.State, got)
	}
	h.kill = ""
	if got := states(h.repro(pipeline.Request{})); got != "sort:skipped count:skipped" {
		t.Errorf("afterwards %s", got)
	}
}

// TestHalfALineIsNoResult: a power cut may leave the file of unchanged stages cut short.
func TestHalfALineIsNoResult(t *testing.T) {
	t.Parallel()
	h := build(t)
	h.slow = true
	e, err := h.Start(t.Context(), pipeline.Request{ID: ref.NewID()})
	if err != nil {
		t.Fatal(err)
	}
	whole := `{"name":"sort","state":"skipped"}` + "\n"
	for _, c := range []struct{ text, want string }{
		{whole + `{"name":"count","sta`, "sort:skipped count:waiting"},
		{strings.Repeat("\x00", 4096), "sort:waiting count:waiting"},
		{"null\n" + whole, "sort:skipped count:waiting"},
	} {
		h.write(filepath.Join(".rondo/runs", e.ID, "stages/unchanged.jsonl"), c.text)
		now, err := h.Execution(t.Context(), e.ID)
		if err != nil || states(now) != c.want {
			t.Errorf("%.40q: %s (%v), want %s", c.text, states(now), err, c.want)
		}
	}
}
