package pipeline_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rondo/backend/pipeline"
	"rondo/backend/proc"
	"rondo/backend/project"
	"rondo/backend/ref"
)

// rewritten gives a file other content under its old time, which was noted in another of the machine's starts.
func (h *house) rewritten(name, text string) (was string) {
	h.t.Helper()
	was = h.read(name)
	at := filepath.Join(h.dir, name)
	fi, err := os.Stat(at)
	if err != nil {
		h.t.Fatal(err)
	}
	h.write(name, text)
	h.timed(name, fi.ModTime())
	h.remembers(name, ref.Of([]byte(was)), "another", 0)
	return was
}

func (h *house) timed(name string, at time.Time) {
	h.t.Helper()
	if err := os.Chtimes(filepath.Join(h.dir, name), at, at); err != nil {
		h.t.Fatal(err)
	}
}

// TestAStageDoesNotReadWhatADiskLost: neither at the first look after a start of the machine nor later, until
// the file has a new time, holds what it held, or a snapshot has it as it is.
func TestAStageDoesNotReadWhatADiskLost(t *testing.T) {
	for what, want := range map[string]string{"touched": "sort:ran count:ran", "brought back": "sort:skipped count:skipped", "taken": "sort:ran count:ran"} {
		t.Run(what, func(t *testing.T) {
			h := build(t)
			h.apart = true
			h.repro(pipeline.Request{})
			was := h.rewritten("data.txt", "0\n0\n0\n")
			for range 2 {
				h.open()
				if e := h.repro(pipeline.Request{}); e.State == pipeline.Finished || !strings.Contains(e.Reason+e.Stages[0].Error, "data.txt changed without a new time") {
					t.Errorf("%s %s %+v", e.State, e.Reason, e.Stages)
				}
			}
			switch what {
			case "touched":
				h.timed("data.txt", time.Now())
			case "brought back":
				h.write("data.txt", was)
			case "taken":
				h.apart = false
			}
			if e := h.repro(pipeline.Request{}); states(e) != want {
				t.Errorf("%s, want %s: %s", states(e), want, e.Reason)
			}
		})
	}
}

// TestAStageMaySetTheTimeOfWhatItMakes: the next one reads it all the same.
func TestAStageMaySetTheTimeOfWhatItMakes(t *testing.T) {
	h := build(t)
	sort := h.file.Stages["sort"]
	sort.Cmd = project.Lines{`sh -c 'cp data.txt sorted.txt; touch -d @1000000000 sorted.txt'`}
	h.file.Stages["sort"] = sort
	for _, text := range []string{"1\n2\n", "3\n4\n", "5\n6\n"} {
		h.write("data.txt", text)
		h.timed("data.txt", time.Now().Add(-time.Minute))
		h.open()
		e := h.repro(pipeline.Request{Force: true})
		if states(e) != "sort:ran count:ran" {
			t.Fatalf("%s: %s", states(e), e.Reason)
		}
		h.remembers("sorted.txt", e.Outs["sorted.txt"].Digest, proc.Self().Boot, 0) // as whoever looks at it a moment later does
	}
}
