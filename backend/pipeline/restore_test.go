package pipeline_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"rondo/backend/errs"
	"rondo/backend/pipeline"
	"rondo/backend/project"
)

func TestSwitchingBackRestoresInsteadOfRunning(t *testing.T) {
	h := build(t)
	up := h.repro(pipeline.Request{})
	h.repro(pipeline.Request{Params: map[string]string{"sort.order": "down"}})
	if h.read("sorted.txt") != "3\n2\n1\n" {
		t.Fatalf("%q", h.read("sorted.txt"))
	}
	back := h.repro(pipeline.Request{Params: map[string]string{"sort.order": "up"}})
	if states(back) != "sort:restored count:restored" || h.read("sorted.txt") != "1\n2\n3\n" || h.read("model/sorted.txt") != "1\n2\n3\n" {
		t.Errorf("%s %q", states(back), h.read("sorted.txt"))
	}
	if text(back.Outs) != text(up.Outs) || text(back.Metrics) != text(up.Metrics) {
		t.Errorf("%s\n%s", text(back.Outs), text(up.Outs))
	}
	if e := h.repro(pipeline.Request{}); states(e) != "sort:skipped count:skipped" {
		t.Errorf("after that: %s", states(e))
	}
}

func TestWhatNoStageMadeIsPutAside(t *testing.T) {
	h := build(t)
	h.write("sorted.txt", "a person's work\n")
	h.write("model/notes.md", "more of it\n")
	e := h.repro(pipeline.Request{})
	aside := filepath.Join(".rondo", "replaced", e.ID)
	if h.read(filepath.Join(aside, "sorted.txt")) != "a person's work\n" || h.read(filepath.Join(aside, "model", "notes.md")) != "more of it\n" {
		t.Error("it is not where the log says")
	}
	if _, err := os.Stat(filepath.Join(h.dir, "model", "notes.md")); err == nil {
		t.Error("the new model holds a foreign file")
	}
	h.write("data.txt", "5\n")
	if e = h.repro(pipeline.Request{}); states(e) != "sort:ran count:ran" {
		t.Fatal(states(e))
	}
	if left, _ := os.ReadDir(filepath.Join(h.dir, ".rondo", "replaced", e.ID)); len(left) > 0 {
		t.Errorf("what a stage made was put aside too: %v", left)
	}
}

func TestPersistentOutsStayAndUncachedOnesAreNotKept(t *testing.T) {
	h := build(t)
	large := 5 << 20
	h.file.Stages = map[string]project.Stage{"grow": {
		Cmd:  project.Lines{"sh -c 'echo more >> log.txt'", fmt.Sprintf("head -c %d /dev/zero\n", large)},
		Deps: project.Lines{"data.txt"}, Outs: project.Outs{{Path: "log.txt", Persist: true}, {Path: "zero.bin", NoCache: true}},
	}}
	h.file.Stages["grow"].Cmd[1] = fmt.Sprintf("sh -c 'head -c %d /dev/zero > zero.bin'", large)
	e := h.repro(pipeline.Request{})
	if h.store.Has(e.Outs["zero.bin"].Digest) || !h.store.Has(e.Outs["log.txt"].Digest) {
		t.Errorf("%s", text(e.Outs))
	}
	h.repro(pipeline.Request{Force: true})
	if h.read("log.txt") != "more\nmore\n" {
		t.Errorf("%q", h.read("log.txt"))
	}
}

func TestExecutablesAndWdirAndOtherParamsFiles(t *testing.T) {
	h := build(t)
	h.write("sub/conf.json", `{"a": {"b": 1, "c": [1, 2]}, "d": 2}`)
	h.write("sub/in.txt", "in\n")
	h.file.Stages = map[string]project.Stage{"tool": {
		Wdir: "sub", Cmd: project.Lines{"cp in.txt ../tool.sh\nchmod +x ../tool.sh"}, Deps: project.Lines{"in.txt"},
		Params: project.Params{{File: "conf.json", Keys: []string{"a"}}}, Outs: project.Outs{{Path: "../tool.sh"}},
	}}
	e := h.repro(pipeline.Request{})
	if e.State != pipeline.Finished || e.Params["sub/conf.json:a.b"] != "1" || e.Params["sub/conf.json:a.c"] != "[1,2]" || len(e.Params) != 2 {
		t.Fatalf("%s %s %v", e.State, e.Reason, e.Params)
	}
	os.Remove(filepath.Join(h.dir, "tool.sh"))
	if e = h.repro(pipeline.Request{}); states(e) != "tool:restored" {
		t.Fatal(states(e))
	}
	if info, err := os.Stat(filepath.Join(h.dir, "tool.sh")); err != nil || info.Mode()&0o111 == 0 {
		t.Errorf("%v %v", err, info)
	}
	h.write("sub/conf.json", `{"a": {"b": 2, "c": [1, 2]}, "d": 3}`)
	v, err := h.Pipeline(t.Context())
	if err != nil || text(v.Stages[0].Reasons) != `["param sub/conf.json:a.b: 1 → 2"]` {
		t.Errorf("%v %s", err, text(v.Stages))
	}
}

func TestAPreviewChangesNothing(t *testing.T) {
	h := build(t)
	h.repro(pipeline.Request{})
	before := h.read("params.yaml") + h.read("rondo.lock")
	v, err := h.Preview(t.Context(), pipeline.Request{Params: map[string]string{"sort.order": "down"}})
	if err != nil || text(v.Stages[0].Reasons) != `["param sort.order: up → down"]` || text(v.Edges) != `[{"from":"sort","to":"count"}]` {
		t.Errorf("%v %s %s", err, text(v.Stages), text(v.Edges))
	}
	if after := h.read("params.yaml") + h.read("rondo.lock"); after != before {
		t.Errorf("%s", after)
	}
	if _, err := h.Preview(t.Context(), pipeline.Request{Stages: []string{"nobody"}}); !errs.Is(err, errs.NotFound) {
		t.Errorf("%v", err)
	}
}

// Whatever is changed in whatever order, and whenever the runner is killed: after an
// execution that ends well the outs are those of a run from nothing, and another
// execution runs nothing.
func TestAnyHistoryEndsWhereARunFromNothingEnds(t *testing.T) {
	moments := []string{
		"pipeline.params", "pipeline.cleared", "pipeline.ran", "pipeline.kept", "pipeline.locked", "pipeline.result", "pipeline.restored",
	}
	rounds := 5
	if n, err := strconv.Atoi(os.Getenv("RONDO_TORTURE")); err == nil {
		rounds = n
	}
	h := build(t)
	r := rand.New(rand.NewPCG(1, 2))
	began := time.Now()
	h.repro(pipeline.Request{})
	kills, random, span := 0, 0, time.Since(began)
	for round := range rounds {
		switch r.IntN(4) {
		case 0:
			h.write("data.txt", strings.Repeat(fmt.Sprintln(r.IntN(3)), 1+r.IntN(3)))
		case 1:
			os.RemoveAll(filepath.Join(h.dir, []string{"sorted.txt", "model", "metrics.json"}[r.IntN(3)]))
		case 2:
			h.write("sorted.txt", fmt.Sprintln("foreign", r.IntN(9)))
		}
		in := pipeline.Request{Params: map[string]string{"sort.order": []string{"up", "down"}[r.IntN(2)]}, Force: r.IntN(4) == 0}
		h.kill = moments[r.IntN(len(moments))]
		if round%3 > 0 {
			h.kill = time.Duration(r.Int64N(int64(span))).String()
		}
		if e := h.repro(in); e.State != pipeline.Finished {
			if kills++; round%3 > 0 {
				random++
			}
		}
		h.kill = ""
		in.Force = false
		if e := h.repro(in); e.State != pipeline.Finished {
			t.Fatalf("round %d after %s: %s %s", round, h.kill, e.State, e.Reason)
		}
		h.agrees(t, in.Params["sort.order"])
		if e := h.repro(pipeline.Request{}); states(e) != "sort:skipped count:skipped" {
			t.Fatalf("round %d: a second execution: %s, because %s", round, states(e), text(e.Stages))
		}
	}
	if kills == 0 {
		t.Error("no runner was killed")
	}
	t.Logf("%d rounds, %d of them killed, %d at random", rounds, kills, random)
	sameAfterRebuild(t, h)
}

// agrees compares the outs with what the commands make of the data.
func (h *house) agrees(t *testing.T, order string) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(h.read("data.txt"), "\n"), "\n")
	want := sortedLines(lines, order == "down")
	if h.read("sorted.txt") != want || h.read("model/sorted.txt") != want || !strings.Contains(h.read("metrics.json"), fmt.Sprintf(`"lines": %d,`, len(lines))) {
		t.Fatalf("want %q, have %q, %q and %s", want, h.read("sorted.txt"), h.read("model/sorted.txt"), h.read("metrics.json"))
	}
}

func sortedLines(lines []string, down bool) string {
	for i := range lines {
		for k := i + 1; k < len(lines); k++ {
			if (lines[k] < lines[i]) != down && lines[k] != lines[i] {
				lines[i], lines[k] = lines[k], lines[i]
			}
		}
	}
	return strings.Join(lines, "\n") + "\n"
}
