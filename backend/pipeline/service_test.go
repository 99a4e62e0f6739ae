package pipeline_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/index"
	"rondo/backend/ledger"
	"rondo/backend/pipeline"
	"rondo/backend/project"
)

func TestAGraphThatCannotBeIsToldByLineAndColumn(t *testing.T) {
	head := "rondo: 1\nname: x\nstages:\n  a:\n    cmd: \"true\"\n    deps: [y]\n    outs: [x]\n"
	for text, want := range map[string]string{
		head + "  b:\n    cmd: \"true\"\n    deps: [x]\n    outs:\n      - y\n":                    "rondo.yaml:6:5: the stages go in a circle: a → b → a",
		head + "  b:\n    cmd: \"true\"\n    outs:\n      - z\n      - x/deep\n":                   "rondo.yaml:12:9: stages a and b both make x/deep",
		head + "  b:\n    cmd: \"true\"\n    metrics:\n      - x: {cache: false}\n":                "rondo.yaml:11:9: stages a and b both make x",
		head + "  b:\n    cmd:\n      - python x.py\n      - python y.py | tee log\n":              "rondo.yaml:11:9: stage b: the command",
		head + "  b:\n    cmd: cat 'x\n    outs: [z]\n":                                            "rondo.yaml:9:5: stage b: the command",
		head + "  b:\n    cmd: \"true\"\n    deps: [data/a.csv]\n    outs: [z, data]\n":            "rondo.yaml:11:15: stage b: the out data holds its own dep, data/a.csv",
		head + "  b:\n    cmd: \"true\"\n    plots: [p]\n    outs: [z]\n    metrics: [rondo.lock]": "rondo.yaml:12:15: stage b: the out rondo.lock holds the lock",
	} {
		f, err := project.Parse("rondo.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := pipeline.BuildFile(f); !errs.Is(err, errs.Invalid) || !strings.HasPrefix(err.Error(), want) || errs.HintOf(err) == "" {
			t.Errorf("%v\nwant %s", err, want)
		}
	}
}

func TestParamsThatCannotBeAreRefusedBeforeAnythingIsRecorded(t *testing.T) {
	h := build(t)
	before := h.dump()
	for _, in := range []pipeline.Request{
		{Params: map[string]string{"sort.order.deeper": "1"}}, {Params: map[string]string{"..": "1"}}, {ID: "../../etc"}, {ID: strings.Repeat("A", 32)}, {Stages: []string{"nobody"}},
	} {
		if _, err := h.Start(t.Context(), in); !errs.Is(err, errs.Invalid) && !errs.Is(err, errs.NotFound) {
			t.Errorf("%+v: %v", in, err)
		}
	}
	h.write("params.yaml", "sort:\n  order: [up\n")
	if _, err := h.Start(t.Context(), pipeline.Request{}); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), "params.yaml:2:") {
		t.Errorf("%v", err)
	}
	if h.dump() != before || h.launched > 0 {
		t.Error("something was recorded")
	}
}

func TestTheEnvironmentOfARequestIsHandedOnAndNotRecorded(t *testing.T) {
	h := build(t)
	h.file.Stages = map[string]project.Stage{"env": {Cmd: project.Lines{`sh -c 'printenv RONDO_TEST_SECRET > env.txt'`}, Outs: project.Outs{{Path: "env.txt"}}}}
	e := h.repro(pipeline.Request{Env: map[string]string{"RONDO_TEST_SECRET": "hush-hush"}})
	if e.State != pipeline.Finished || h.read("env.txt") != "hush-hush\n" {
		t.Errorf("%s %q", e.State, h.read("env.txt"))
	}
	journal, err := os.ReadFile(filepath.Join(h.dir, ".rondo", "journal", "laptop", "000001.log"))
	if err != nil || strings.Contains(string(journal), "hush-hush") || strings.Contains(h.dump(), "hush-hush") {
		t.Errorf("%v: the secret is on record", err)
	}
}

// The server dies between the record and the launch, and between what is logged and the record.
func TestAServerThatDiesInBetweenIsMadeUpFor(t *testing.T) {
	for _, moment := range []string{"execution.started", "execution.logged"} {
		t.Run(moment, func(t *testing.T) {
			h := build(t)
			id := strings.Repeat("ef", 16)
			fault.Hook(func(p string) {
				if p == moment {
					panic("killed at " + p)
				}
			})
			func() {
				defer func() { recover() }()
				h.repro(pipeline.Request{ID: id})
			}()
			fault.Hook(nil)
			h.ledger.Close()
			h.open()
			for range 2 {
				if err := h.Recover(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if e, err := h.Execution(t.Context(), id); err != nil || e.State != pipeline.Finished || h.launched != 1 {
				t.Errorf("%v %s, %d launched", err, e.State, h.launched)
			}
			sameAfterRebuild(t, h)
		})
	}
}

func TestALaunchThatFailsIsTheEndOfIt(t *testing.T) {
	h := build(t)
	h.refuse = errs.New(errs.Denied, "not here")
	id := strings.Repeat("aa", 16)
	if _, err := h.Start(t.Context(), pipeline.Request{ID: id}); !errs.Is(err, errs.Denied) {
		t.Fatal(err)
	}
	h.refuse = nil
	if err := h.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	if e, err := h.Execution(t.Context(), id); err != nil || e.State != pipeline.Failed || e.Reason != "not here" || h.launched > 0 {
		t.Errorf("%v %s %s, %d launched", err, e.State, e.Reason, h.launched)
	}
}

// What another device has begun arrives by synchronisation. It is not started here,
// and its commands run here only if they are trusted here.
func TestAnotherDevicesExecutionsAreNotStartedHere(t *testing.T) {
	h := build(t)
	other, err := ledger.Open(t.Context(), ledger.Options{
		JournalDir: filepath.Join(h.dir, ".rondo", "journal"), Device: "desktop", IndexPath: filepath.Join(t.TempDir(), "index.db"), Nouns: []index.Noun{pipeline.Index()},
	})
	if err != nil {
		t.Fatal(err)
	}
	spec := pipeline.Spec{Stages: map[string]project.Stage{"sort": {Cmd: project.Lines{"touch pwned"}}}, Parallel: 1}
	for id, rec := range map[string]map[string]any{"11": {}, "22": {"execution.finish": map[string]any{"state": "finished", "ended_at": time.Now()}}} {
		id = strings.Repeat(id, 16)
		e := pipeline.Execution{ID: id, RunID: id, State: pipeline.Running, Spec: spec}
		if _, err := other.Do(t.Context(), "execution.start", id, func(*index.Tx) (any, error) { return e, nil }); err != nil {
			t.Fatal(err)
		}
		for kind, data := range rec {
			if _, err := other.Do(t.Context(), kind, id, func(*index.Tx) (any, error) { return data, nil }); err != nil {
				t.Fatal(err)
			}
		}
	}
	other.Close()
	h.ledger.Close()
	h.open()
	if err := h.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Start(t.Context(), pipeline.Request{ID: strings.Repeat("11", 16)}); err != nil || h.launched > 0 {
		t.Errorf("%v, %d launched", err, h.launched)
	}
	if _, err := h.Reproduce(t.Context(), strings.Repeat("22", 16)); !errs.Is(err, errs.Denied) || h.launched > 0 {
		t.Errorf("%v, %d launched", err, h.launched)
	}
}

func TestARunningExecutionTellsHowItsStagesAre(t *testing.T) {
	h := build(t)
	h.slow = true
	e, err := h.Start(t.Context(), pipeline.Request{})
	if err != nil || states(e) != "sort:waiting count:waiting" {
		t.Fatalf("%v %s", err, states(e))
	}
	stages := filepath.Join(h.dir, ".rondo", "runs", e.ID, "stages")
	b, _ := json.Marshal(pipeline.StageResult{Name: "sort", State: pipeline.Running, Reasons: []string{"why"}})
	if err := os.WriteFile(filepath.Join(stages, "sort.json"), b, 0o644); err != nil {
		t.Fatal(err)
	}
	list, err := h.Executions(t.Context(), 0)
	if err != nil || states(list[0]) != "sort:running count:waiting" {
		t.Fatalf("%v %s", err, text(list))
	}
	h.runs[e.ID] = pipeline.RunState{Ended: true, Killed: true, Reason: "stopped by ann", EndedAt: time.Now()}
	if e, err = h.Finish(t.Context(), e.ID); err != nil || states(e) != "sort:stopped count:stopped" || e.State != pipeline.Killed || e.Reason != "stopped by ann" {
		t.Errorf("%v %s %s %s", err, states(e), e.State, e.Reason)
	}
}

func TestWhatWasSeenIsRememberedBetweenProcesses(t *testing.T) {
	h := build(t)
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(filepath.Join(h.dir, "data.txt"), old, old); err != nil {
		t.Fatal(err)
	}
	h.repro(pipeline.Request{})
	look := func() pipeline.StageStatus {
		t.Helper()
		h.open()
		v, err := h.Pipeline(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return v.Stages[0]
	}
	memory := filepath.Join(h.device, "stat", "pipeline.txt")
	if b, err := os.ReadFile(memory); err == nil && strings.Contains(string(b), "data.txt") {
		t.Errorf("what was changed a moment ago is not to be remembered:\n%s", b)
	}
	h.now = time.Now().Add(time.Hour)
	look()
	b, err := os.ReadFile(memory)
	if err != nil || !strings.Contains(string(b), "data.txt") {
		t.Fatalf("%v: %s", err, b)
	}
	for name, damaged := range map[string]string{"cut": string(b[:len(b)/2]), "bent": strings.Replace(string(b), "data.txt", "date.txt", 1), "empty": ""} {
		if err := os.WriteFile(memory, []byte(damaged), 0o600); err != nil {
			t.Fatal(err)
		}
		if st := look(); st.State != pipeline.Fresh {
			t.Errorf("%s: %s", name, text(st))
		}
	}
	h.write("data.txt", "3\n1\n9\n") // as long as before
	if err := os.Chtimes(filepath.Join(h.dir, "data.txt"), old, old); err != nil {
		t.Fatal(err)
	}
	if st := look(); st.State != pipeline.Stale {
		t.Errorf("a change with size and time of the old goes unseen: %s", text(st))
	}
}
