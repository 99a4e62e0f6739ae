package pipeline_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/pipeline"
	"rondo/backend/project"
)

func TestOnlyWhatChangedRunsAndSaysWhy(t *testing.T) {
	h := build(t)
	first := h.repro(pipeline.Request{})
	if states(first) != "sort:ran count:ran" || first.State != pipeline.Finished {
		t.Fatalf("first: %s %s", states(first), first.Reason)
	}
	if first.Metrics["lines"] != 3 || first.Metrics["nested.x"] != 0.5 || first.Params["sort.order"] != "up" || len(first.Snapshots) != 2 {
		t.Errorf("%v %v %v", first.Metrics, first.Params, first.Snapshots)
	}
	if a := first.Outs["model"]; !a.Tree || !h.store.Has(a.Digest) {
		t.Errorf("the model is not kept: %+v", a)
	}
	for _, c := range []struct {
		name   string
		change func()
		in     pipeline.Request
		want   string
		reason string
	}{
		{"nothing", func() {}, pipeline.Request{}, "sort:skipped count:skipped", ""},
		{"a dep", func() { h.write("data.txt", "9\n8\n") }, pipeline.Request{}, "sort:ran count:ran", "dep data.txt changed"},
		{"a param", func() {}, pipeline.Request{Params: map[string]string{"sort.order": "down"}}, "sort:ran count:ran", "param sort.order: up → down"},
		{"another param", func() {}, pipeline.Request{Params: map[string]string{"other": "2"}}, "sort:skipped count:skipped", ""},
		{"a lost out", func() { os.Remove(filepath.Join(h.dir, "sorted.txt")) }, pipeline.Request{}, "sort:restored count:skipped", "out sorted.txt is missing"},
		{"a foreign out", func() { h.write("sorted.txt", "mine\n") }, pipeline.Request{}, "sort:restored count:skipped", "out sorted.txt was changed by something else"},
		{"force", func() {}, pipeline.Request{Force: true, Stages: []string{"sort"}}, "sort:ran", "it was forced"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.change()
			e := h.repro(c.in)
			if states(e) != c.want || !strings.Contains(strings.Join(e.Stages[0].Reasons, "\n"), c.reason) {
				t.Errorf("%s, because %q", states(e), e.Stages[0].Reasons)
			}
		})
	}
	if p := h.read("params.yaml"); !strings.Contains(p, "# how") {
		t.Errorf("the comments are gone:\n%s", p)
	}
}

func TestAFailureStopsOnlyWhatNeedsIt(t *testing.T) {
	h := build(t)
	h.file.Stages["sort"] = project.Stage{Cmd: project.Lines{"sh -c 'exit 7'"}, Outs: project.Outs{{Path: "sorted.txt"}}}
	h.file.Stages["apart"] = project.Stage{Cmd: project.Lines{"sh -c 'echo fine > apart.txt'"}, Outs: project.Outs{{Path: "apart.txt"}}}
	e := h.repro(pipeline.Request{})
	if states(e) != "apart:ran sort:failed count:blocked" || e.State != pipeline.Failed || !strings.Contains(e.Reason, "exit code 7") {
		t.Errorf("%s %s %s", states(e), e.State, e.Reason)
	}
	if lock := h.read("rondo.lock"); strings.Contains(lock, "sorted.txt") || !strings.Contains(lock, "apart.txt") {
		t.Errorf("the lock:\n%s", lock)
	}
}

func TestAStageMustMakeWhatItDeclares(t *testing.T) {
	h := build(t)
	h.file.Stages["sort"] = project.Stage{Cmd: project.Lines{"true"}, Outs: project.Outs{{Path: "sorted.txt"}}}
	if e := h.repro(pipeline.Request{}); e.State != pipeline.Failed || !strings.Contains(e.Reason, "sorted.txt is not there") {
		t.Errorf("%s %s", e.State, e.Reason)
	}
	h.file.Stages["sort"] = project.Stage{Cmd: project.Lines{"no-such-program-here"}, Outs: project.Outs{{Path: "sorted.txt"}}}
	if e := h.repro(pipeline.Request{}); !strings.Contains(e.Reason, "could not be started") {
		t.Errorf("%s", e.Reason)
	}
	h.file.Stages["sort"] = project.Stage{Cmd: project.Lines{"true"}, Deps: project.Lines{"nowhere.csv"}, Outs: project.Outs{{Path: "sorted.txt"}}}
	if e := h.repro(pipeline.Request{}); !strings.Contains(e.Reason, "dep nowhere.csv is missing") {
		t.Errorf("%s", e.Reason)
	}
}

func TestGraphsThatCannotBeAreRefused(t *testing.T) {
	out := func(p string) project.Outs { return project.Outs{{Path: p}} }
	cmd := project.Lines{"true"}
	for name, stages := range map[string]map[string]project.Stage{
		"circle":                 {"a": {Cmd: cmd, Deps: project.Lines{"y"}, Outs: out("x")}, "b": {Cmd: cmd, Deps: project.Lines{"x"}, Outs: out("y")}},
		"both make":              {"a": {Cmd: cmd, Outs: out("x")}, "b": {Cmd: cmd, Outs: out("x/y")}},
		"outside":                {"a": {Cmd: cmd, Outs: out("../x")}},
		"is outside":             {"a": {Cmd: cmd, Deps: project.Lines{"/etc/passwd"}}},
		"holds the project file": {"a": {Cmd: cmd, Outs: out("rondo.yaml")}},
		"holds the params":       {"a": {Cmd: cmd, Outs: out("params.yaml")}},
		"holds its own dep":      {"a": {Cmd: cmd, Deps: project.Lines{"data/x.csv"}, Outs: out("data")}},
		"never be up to date":    {"a": {Cmd: cmd, Deps: project.Lines{"data"}, Outs: out("data/x.csv")}},
		"twice":                  {"a": {Cmd: cmd, Outs: out("x"), Metrics: out("x")}},
		"only a shell":           {"a": {Cmd: project.Lines{"a | b"}, Outs: out("x")}},
		"the name of a stage":    {"../a": {Cmd: cmd}},
		"cannot be an":           {"a": {Cmd: cmd, Outs: out(".rondo/journal")}},
		"cannot be an out":       {"a": {Cmd: cmd, Outs: out(".")}},
	} {
		if _, err := pipeline.Build(stages); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLinksLeadNowhereElse(t *testing.T) {
	h := build(t)
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(h.dir, "data.txt")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(secret, filepath.Join(h.dir, "data.txt")); err != nil {
		t.Fatal(err)
	}
	if e := h.repro(pipeline.Request{}); e.State != pipeline.Failed || !strings.Contains(e.Reason, "leads out of the project") {
		t.Errorf("%s %s", e.State, e.Reason)
	}
}

func TestWithoutTrustNothingStarts(t *testing.T) {
	h := build(t)
	h.trusted = errs.New(errs.Denied, "not trusted")
	if _, err := h.Start(t.Context(), pipeline.Request{}); !errs.Is(err, errs.Denied) || h.launched > 0 {
		t.Errorf("%v, %d launched", err, h.launched)
	}
}

func TestStartingAnIDTwiceStartsOnce(t *testing.T) {
	h := build(t)
	id := strings.Repeat("ab", 16)
	h.repro(pipeline.Request{ID: id})
	before := h.dump()
	h.repro(pipeline.Request{ID: id})
	if h.launched != 1 || len(h.logged) != 1 || h.dump() != before {
		t.Errorf("%d launched, %d logged", h.launched, len(h.logged))
	}
}

func TestStatusTellsBeforeAnythingRuns(t *testing.T) {
	h := build(t)
	h.repro(pipeline.Request{})
	h.write("data.txt", "5\n")
	v, err := h.Pipeline(t.Context())
	if err != nil || len(v.Stages) != 2 {
		t.Fatalf("%v %+v", err, v)
	}
	if s := v.Stages[0]; s.State != pipeline.Stale || s.Reasons[0] != "dep data.txt changed" {
		t.Errorf("%+v", s)
	}
	if s := v.Stages[1]; s.State != pipeline.Stale || s.Reasons[0] != "stage sort will run before it" {
		t.Errorf("%+v", s)
	}
	h.write("rondo.lock", "stages: [\n")
	if v, err = h.Pipeline(t.Context()); err != nil || !strings.Contains(v.Problem, "rondo.lock:1:1 cannot be read") {
		t.Errorf("%v %q", err, v.Problem)
	}
}

func TestARepetitionIsJudgedBitByBit(t *testing.T) {
	h := build(t)
	e := h.repro(pipeline.Request{})
	h.write("data.txt", "the data moved on\n")
	h.env = map[string]string{"os": "another"}
	r, err := h.Reproduce(t.Context(), e.RunID)
	if err != nil {
		t.Fatal(err)
	}
	if r, err = h.FinishReproduction(t.Context(), r.ID); err != nil {
		t.Fatal(err)
	}
	if r.Verdict != pipeline.Identical || len(h.verdicts) != 1 {
		t.Errorf("%s: %s %s", r.Verdict, r.Text, text(r.Checks))
	}
	if !strings.Contains(text(r.Checks), `"what":"environment os","expected":"test","found":"another","same":false`) {
		t.Errorf("the other environment goes unsaid: %s", text(r.Checks))
	}
	if left, _ := os.ReadDir(filepath.Join(h.device, "reproductions")); len(left) != 0 {
		t.Errorf("the folder was left behind: %v", left)
	}
	sameAfterRebuild(t, h)
}

func TestARepetitionTellsWhatCameOutDifferent(t *testing.T) {
	h := build(t)
	h.write("undeclared.txt", "one\n")
	h.file.Stages = map[string]project.Stage{"copy": {
		Cmd: project.Lines{"cp undeclared.txt copy.txt", "cp data.txt same.txt"}, Deps: project.Lines{"data.txt"}, Outs: project.Outs{{Path: "copy.txt"}, {Path: "same.txt"}},
	}}
	h.file.Models = map[string]project.Model{"m": {Path: "same.txt"}}
	e := h.repro(pipeline.Request{})
	h.write("undeclared.txt", "two\n")
	r, err := h.Repeat(t.Context(), pipeline.Repeat{RunID: e.RunID, Keep: true})
	if err != nil {
		t.Fatal(err)
	}
	if r, err = h.FinishReproduction(t.Context(), r.ID); err != nil {
		t.Fatal(err)
	}
	if r.Verdict != pipeline.Different || r.Text != "out copy.txt came out different; the model m is the same, bit by bit" {
		t.Errorf("%s: %s", r.Verdict, r.Text)
	}
	if b, err := os.ReadFile(filepath.Join(r.Folder, "copy.txt")); err != nil || string(b) != "two\n" {
		t.Errorf("the folder was to be kept: %v %q", err, b)
	}
	h.file.Stages["copy"] = project.Stage{Cmd: project.Lines{"rm -rf /"}}
	if _, err := h.Reproduce(t.Context(), e.RunID); !errs.Is(err, errs.Denied) {
		t.Errorf("commands that rondo.yaml no longer has: %v", err)
	}
	sameAfterRebuild(t, h)
}

func TestARepetitionThatCannotRunIsImpossible(t *testing.T) {
	h := build(t)
	h.write("tool.sh", "cp data.txt sorted.txt\n")
	h.file.Stages = map[string]project.Stage{"sort": {Cmd: project.Lines{"sh tool.sh"}, Outs: project.Outs{{Path: "sorted.txt"}}}}
	e := h.repro(pipeline.Request{})
	r, err := h.Reproduce(t.Context(), e.RunID) // tool.sh is neither code nor dep
	if err != nil {
		t.Fatal(err)
	}
	if r, err = h.FinishReproduction(t.Context(), r.ID); err != nil || r.Verdict != pipeline.NotRun {
		t.Errorf("%v %s: %s", err, r.Verdict, r.Text)
	}
}

// A program inside of the project that is no code, as in .venv/bin/python, is found
// again in the fresh folder, and what is installed with it is compared by name.
func TestARepetitionHasItsToolsAndComparesThem(t *testing.T) {
	h := build(t)
	h.write("tools/pyvenv.cfg", "version = 3.13\n")
	h.write("tools/bin/sorter", "#!/bin/sh\nsort \"$1\" > sorted.txt\n")
	h.write("tools/lib/versions.json", `{"python":"3.13","package numpy":"2.1","package same":"1"}`)
	if err := os.Chmod(filepath.Join(h.dir, "tools", "bin", "sorter"), 0o755); err != nil {
		t.Fatal(err)
	}
	h.file.Stages = map[string]project.Stage{"sort": {Cmd: project.Lines{"tools/bin/sorter data.txt"}, Deps: project.Lines{"data.txt"}, Outs: project.Outs{{Path: "sorted.txt"}}}}
	e := h.repro(pipeline.Request{})
	if got := e.Stages[0].Env["package numpy"]; got != "2.1" {
		t.Fatalf("numpy is recorded as %q: %+v", got, e.Stages[0])
	}
	h.write("tools/lib/versions.json", `{"python":"3.13","package numpy":"2.2","package same":"1"}`)
	r, err := h.Reproduce(t.Context(), e.RunID)
	if err != nil {
		t.Fatal(err)
	}
	if r, err = h.FinishReproduction(t.Context(), r.ID); err != nil || r.Verdict != pipeline.Identical {
		t.Errorf("%v %s: %s", err, r.Verdict, r.Text)
	}
	for _, want := range []string{
		`"what":"environment package numpy","expected":"2.1","found":"2.2","same":false`, `"what":"environment python","expected":"3.13","found":"3.13","same":true`,
		`"what":"environment packages","expected":"1 installed","found":"1 installed","same":true`,
	} {
		if !strings.Contains(text(r.Checks), want) {
			t.Errorf("%s\nwithout %s", text(r.Checks), want)
		}
	}
	if !strings.HasSuffix(r.Text, "the environment is another one: package numpy") {
		t.Errorf("the verdict says %q", r.Text)
	}
	if _, err := os.Stat(filepath.Join(h.dir, "tools", "bin", "sorter")); err != nil {
		t.Errorf("clearing away took the project's own: %v", err)
	}
}

func TestARepetitionNamesTheFilesOfAFolderThatDiffer(t *testing.T) {
	h := build(t)
	h.write("undeclared.txt", "one\n")
	h.file.Stages = map[string]project.Stage{"pack": {
		Cmd: project.Lines{"mkdir -p out/sub", "cp data.txt out/same.txt", "cp undeclared.txt out/sub/other.txt"}, Deps: project.Lines{"data.txt"}, Outs: project.Outs{{Path: "out"}},
	}}
	e := h.repro(pipeline.Request{})
	h.write("undeclared.txt", "two\n")
	r, err := h.Reproduce(t.Context(), e.RunID)
	if err != nil {
		t.Fatal(err)
	}
	if r, err = h.FinishReproduction(t.Context(), r.ID); err != nil {
		t.Fatal(err)
	}
	if r.Text != "out out, file out/sub/other.txt came out different" || !strings.Contains(text(r.Checks), `"what":"other files of out","expected":"1 files","found":"1 files","same":true`) {
		t.Errorf("%s: %s", r.Text, text(r.Checks))
	}
}

func sameAfterRebuild(t *testing.T, h *house) {
	t.Helper()
	before := h.dump()
	h.ledger.Close()
	for _, f := range []string{"index.db", "index.db-wal", "index.db-shm"} {
		os.Remove(filepath.Join(h.device, f))
	}
	h.open()
	if after := h.dump(); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
}

// The runner is killed at the worst moments. The lock never knows a stage that did not
// end, and the next execution makes everything right.
func TestAKilledRunnerLeavesNothingHalfDone(t *testing.T) {
	for _, moment := range []string{"pipeline.cleared", "pipeline.ran", "pipeline.kept"} {
		t.Run(moment, func(t *testing.T) {
			h := build(t)
			h.kill = moment
			e := h.repro(pipeline.Request{})
			if e.State == pipeline.Finished || states(e) != "sort:stopped count:stopped" {
				t.Fatalf("%s %s", e.State, states(e))
			}
			if _, err := os.Stat(filepath.Join(h.dir, "rondo.lock")); err == nil {
				t.Errorf("the lock speaks of a stage that was cut off:\n%s", h.read("rondo.lock"))
			}
			h.kill = ""
			if e = h.repro(pipeline.Request{}); e.State != pipeline.Finished || h.read("model/sorted.txt") != "1\n2\n3\n" {
				t.Errorf("%s %s", e.State, states(e))
			}
			sameAfterRebuild(t, h)
		})
	}
}

func TestAnExecutionOnRecordThatWasNeverLaunchedIsLaunched(t *testing.T) {
	h := build(t)
	e := h.repro(pipeline.Request{})
	h.mu.Lock()
	delete(h.runs, e.ID) // as if the server had ended in between
	h.mu.Unlock()
	id := strings.Repeat("cd", 16)
	if _, err := h.Start(t.Context(), pipeline.Request{ID: id}); err != nil {
		t.Fatal(err)
	}
	if err := h.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	if e, err := h.Execution(t.Context(), id); err != nil || e.State != pipeline.Finished {
		t.Errorf("%v %s", err, e.State)
	}
}
