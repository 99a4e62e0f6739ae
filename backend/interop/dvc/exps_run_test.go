package dvc_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
	"rondo/backend/pipeline"
)

// expRun is one `dvc exp run` as Rondo does it.
type expRun struct {
	pipeline.Experiment
	force  bool
	stages []string
	extent string
}

// args is it in dvc's words.
func (r expRun) args() []string {
	args := []string{"exp", "run", "-n", r.Name}
	for _, s := range r.Set {
		args = append(args, "-S", s)
	}
	if r.Message != "" {
		args = append(args, "-m", r.Message)
	}
	if r.force {
		args = append(args, "-f")
	}
	switch r.extent {
	case pipeline.Alone:
		args = append(args, "-s")
	case pipeline.Downstream:
		args = append(args, "--downstream")
	}
	return append(args, r.stages...)
}

// carryOut runs it as the runner does, without a server.
func (r expRun) carryOut(p *dvc.Project) (pipeline.Experiment, error) {
	ctx, say := context.Background(), func(string, ...any) {}
	e, err := p.PlanExperiment(r.Experiment, r.force)
	if err != nil {
		return e, err
	}
	if err := p.Suppose(e.Set); err != nil {
		return e, err
	}
	g, err := pipeline.Build(p.Stages())
	if err == nil {
		g, err = g.Chosen(r.stages, r.extent)
	}
	if err != nil {
		return e, err
	}
	books, err := dvc.OpenBooks(p.Dir, outside(g))
	if err != nil {
		return e, err
	}
	defer books.Close()
	var some []string
	if len(r.stages) > 0 {
		some = names(g)
	}
	if err := books.Prepare(ctx, e, r.force, some); err != nil {
		return e, err
	}
	var ran []string
	for _, n := range g {
		if err := books.Begin(ctx, n.From, r.force, say); err != nil {
			return e, err
		}
		kept, err := books.Update(ctx, n.From, pipeline.Work{Cmd: n.Cmd, Say: say, Force: r.force, Run: runIn(filepath.Join(p.Dir, n.Wdir))})
		if err != nil {
			return e, err
		}
		if kept.State == pipeline.Ran || kept.State == pipeline.Restored {
			ran = append(ran, n.From)
		}
	}
	return books.Keep(ctx, e, r.force, names(g), ran)
}

const expSecond = `  judge:
    cmd: cat judge.sh m.json model.txt > report/r.json && echo "{}" > judged.json
    deps: [m.json, model.txt, judge.sh]
    params: [{more.yaml: null}]
    outs: [report/r.json]
    metrics: [judged.json: {cache: false}]
  apart:
    cmd: mkdir -p figures && cp data/1.txt figures/f.txt
    deps: [data]
    outs: [figures]
metrics: [top.json]
params: [more.yaml]
`

// newExpRuns is a project whose stages read and make what git tracks, what DVC does, and what
// neither does yet, and its twin.
func newExpRuns(t *testing.T, seed int64) *history {
	h := newExps(t, seed)
	h.both("dvc.yaml", expPipeline+expSecond)
	h.both("more.yaml", "# of more\ndeep: {a: 1, b: [1, 2]} # inline\n\nlist:\n- x\n")
	h.inBoth("add", "more.yaml", "dvc.yaml")
	h.commitInBoth("stages")     // both go by the same index
	h.both("report/keep", "")    // a stage's own folder is there
	h.both("judge.sh", "true\n") // which git does not track
	return h
}

// TestExperimentsRunAsByDVC runs experiments over work at random by dvc and by Rondo: reference,
// parents, message and tree are the same, and so are the folder and what dvc tells of all.
func TestExperimentsRunAsByDVC(t *testing.T) {
	for seed := range int64(setting("DVC_HISTORIES", 2)) {
		h := newExpRuns(t, int64(setting("DVC_SEED", 0))+seed)
		for n := range 6 {
			h.log = nil
			if h.r.Intn(3) == 0 {
				h.inBoth("reset", "-q", "--hard")
				h.inBoth("clean", "-fdq", "-e", "judge.sh", "-e", "report")
			}
			for range h.r.Intn(3) {
				h.disturb()
			}
			if h.r.Intn(2) == 0 {
				h.both([]string{"top.json", "judge.sh"}[h.r.Intn(2)], fmt.Sprintf("{\"n\": %d}\n", n))
			}
			h.runExp(h.someRun(fmt.Sprintf("ran-%d-%d", seed, n)))
		}
		sameText(t, "exp show", shown(h, h.main), shown(h, h.twin))
		gitSaid(t, h.main, "fsck", "--strict")
	}
}

// someRun is an experiment with options at random.
func (h *history) someRun(name string) expRun {
	r := expRun{Experiment: pipeline.Experiment{Name: name}}
	for _, set := range []string{fmt.Sprintf("n=%d", h.r.Intn(5)), "more.yaml:deep.a=0.5", "more.yaml:deep.b=[3,4]", "more.yaml:+fresh={x: text, y: null}", "more.yaml:list=[a,b,c]"} {
		if h.r.Intn(3) == 0 {
			r.Set = append(r.Set, set)
		}
	}
	switch h.r.Intn(6) {
	case 0:
		r.stages = []string{"train"}
	case 1:
		r.stages, r.extent = []string{"train"}, pipeline.Downstream
	case 2:
		r.stages, r.extent = []string{"apart"}, pipeline.Alone
	case 3:
		r.force = true
	}
	if h.r.Intn(3) == 0 {
		r.Message = "why  so\n\nand more"
	}
	return r
}

// shown is which experiments dvc finds.
func shown(h *history, dir string) string {
	return h.d.must(dir, "exp", "list", "-A", "--name-only")
}

func (h *history) runExp(r expRun) {
	h.t.Helper()
	h.note("%v over\n%s", r.args(), gitSaid(h.t, h.main, "status", "--porcelain", "-uall"))
	said, ok := h.d.try(h.twin, r.args()...)
	_, err := r.carryOut(open(h.t, h.main))
	if err != nil && ok || err == nil && !ok && !strings.Contains(said, "exist in the index") && !strings.Contains(said, "unexpected error") {
		h.t.Fatalf("%s\nrondo: %v\ndvc: %v %s", joined(h.log), err, ok, said)
	}
	h.inBoth("reset", "-q") // dvc has taken what was staged out of the index
	if ok {
		h.sameExp(r)
		return
	}
	if err == nil { // dvc cannot, with such an index
		h.git(h.main, "update-ref", "-d", strings.Fields(h.saved(h.main, r.Name))[0])
	}
	h.inBoth("reset", "-q", "--hard")
	h.inBoth("clean", "-fdq", "-e", "judge.sh", "-e", "report")
	for _, dir := range []string{h.main, h.twin} {
		h.d.try(dir, "checkout", "--force")
	}
}

// sameExp compares what was kept. Params files are written as their person has them, which is not
// always as dvc writes them, so they are compared by what they say.
func (h *history) sameExp(r expRun) {
	h.t.Helper()
	here, there := filepath.Join(h.main, "more.yaml"), filepath.Join(h.twin, "more.yaml")
	a, _ := os.ReadFile(here)
	b, _ := os.ReadFile(there)
	if string(a) != string(b) {
		h.note("rondo has written\n%s\ndvc\n%s", a, b)
	}
	without := func(text string) string {
		var out []string
		for line := range strings.Lines(text) {
			if !strings.Contains(line, "more.yaml") {
				out = append(out, line)
			}
		}
		return strings.Join(out, "")
	}
	sameText(h.t, joined(h.log), without(h.saved(h.main, r.Name)), without(h.saved(h.twin, r.Name)))
	sameText(h.t, joined(h.log), without(h.without(h.main, r.Name)), without(h.without(h.twin, r.Name)))
	for _, side := range []string{h.main, h.twin} { // each takes the other's
		if got := h.d.must(side, "params", "diff", r.Name, "--json"); strings.Contains(got, `"old"`) {
			h.t.Fatalf("%s\n%s is not what the folder has: %s", joined(h.log), r.Name, got)
		}
	}
	if err := os.WriteFile(here, b, 0o644); err != nil {
		h.t.Fatal(err)
	}
}

// TestExperimentsThatCannotBeKept are refused before anything is changed, or told afterwards.
func TestExperimentsThatCannotBeKept(t *testing.T) {
	h := newExpRuns(t, 4)
	run := func(r expRun) error { _, err := r.carryOut(open(t, h.main)); return err }
	if err := run(expRun{Experiment: pipeline.Experiment{Name: "there"}}); err != nil {
		t.Fatal(err)
	}
	before := h.all(h.main)
	for _, c := range []struct {
		r    expRun
		kind errs.Kind
		says string
	}{
		{expRun{Experiment: pipeline.Experiment{Name: "there"}}, errs.Conflict, "there"},
		{expRun{Experiment: pipeline.Experiment{Name: "a/b"}}, errs.Invalid, "a/b"},
		{expRun{Experiment: pipeline.Experiment{Set: []string{"nope=1"}}}, errs.NotFound, "params.yaml has no param nope"},
		{expRun{Experiment: pipeline.Experiment{Set: []string{"other.yaml:a=1"}}}, errs.NotFound, "other.yaml"},
		{expRun{Experiment: pipeline.Experiment{Set: []string{"../x.yaml:a=1"}}}, errs.Invalid, "outside"},
		{expRun{Experiment: pipeline.Experiment{Set: []string{"n=1,2"}}}, errs.Invalid, "several values"},
		{expRun{Experiment: pipeline.Experiment{Set: []string{"n=range(3)"}}}, errs.Invalid, "function of Hydra"},
		{expRun{Experiment: pipeline.Experiment{Set: []string{"db/x=1"}}}, errs.Invalid, "group of Hydra"},
		{expRun{Experiment: pipeline.Experiment{Set: []string{"n=${m}"}}}, errs.Invalid, "${…}"},
	} {
		if err := run(c.r); errs.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.says) || errs.HintOf(err) == "" {
			t.Errorf("%v: %v (%s)", c.r.Set, err, errs.HintOf(err))
		}
	}
	sameText(t, "what was refused has changed something", h.all(h.main), before)
	h.write("params.yaml", "n: 1\nsecond: x\n") // a command that fails
	h.write("dvc.yaml", strings.Replace(expPipeline, "cmd: ", "cmd: false && ", 1)+expSecond)
	if err := run(expRun{Experiment: pipeline.Experiment{Name: "failed", Set: []string{"n=5"}}}); err == nil || h.saved(h.main, "failed") != "none" {
		t.Errorf("a stage that fails makes an experiment: %v", err)
	}
	if b, _ := os.ReadFile(filepath.Join(h.main, "params.yaml")); string(b) != "n: 5\nsecond: x\n" {
		t.Errorf("the params of what failed: %q", b)
	}
}
