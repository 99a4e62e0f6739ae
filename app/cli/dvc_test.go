package cli_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/pipeline"
)

// pipelineOfDVC has params in four formats, a foreach and a matrix, a shell's syntax, a
// folder, metrics that are not cached, and a stage of a folder.
var pipelineOfDVC = map[string]string{
	"dvc.yaml":    "stages:\n  prep:\n    cmd: head -n 3 data/a.csv > prep.csv\n    deps: [data/a.csv]\n    params:\n    - conf.toml: [net.depth]\n    - conf.py: [K, T.x]\n    outs: [prep.csv]\n  train:\n    foreach: ${seeds}\n    do:\n      cmd: |\n        mkdir -p model-${item}\n        echo \"seed ${item} lr ${lr}\" > model-${item}/w.txt\n      deps: [prep.csv]\n      params: [lr, {conf.json: [a.b]}]\n      outs: [\"model-${item}\"]\n  eval:\n    matrix: {of: [x]}\n    cmd: echo '{\"acc\":0.75}' > metrics.json && echo $DVC_STAGE > stage.txt\n    deps: [model-1, model-2]\n    outs: [stage.txt]\n    metrics: [{metrics.json: {cache: false}}]\n",
	"params.yaml": "lr: 0.1\nseeds: [1, 2]\n", "conf.toml": "[net]\ndepth = 3\n", "conf.py": "K = 5\nclass T:\n    x = 1.5\n", "conf.json": `{"a": {"b": 2}}`,
	"data/a.csv": "1\n2\n3\n4\n", ".dvc/config": "", ".dvc/.gitignore": "/config.local\n/tmp\n/cache\n",
	"sub/dvc.yaml": "stages:\n  late:\n    cmd: cp ../prep.csv late.csv\n    deps: [../prep.csv]\n    outs: [late.csv]\n",
}

func newPipelineOfDVC(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, home: t.TempDir(), dir: t.TempDir()}
	w.env = append(os.Environ(), "RONDO_TEST_MAIN=1", "RONDO_HOME="+w.home, "HOME="+w.home, "XDG_CONFIG_HOME="+w.home, "RONDO_ACTOR=ann", "DISPLAY=", "WAYLAND_DISPLAY=", "SHELL=/bin/sh")
	t.Cleanup(func() { w.run("stop", "--project", w.dir) })
	writeAll(t, w.dir, pipelineOfDVC)
	gitSays(t, w.dir, "init", "-q")
	return w
}

// askDVC asks the real dvc, if there is one; otherwise it says nothing and false.
func askDVC(t *testing.T, w *world, args ...string) (string, bool) {
	t.Helper()
	out, there, err := runDVC(t, w, args...)
	if err != nil {
		t.Fatalf("dvc %v: %v\n%s", args, err, out)
	}
	return out, there
}

// dvcRefuses is askDVC of what dvc must refuse.
func dvcRefuses(t *testing.T, w *world, args ...string) (string, bool) {
	t.Helper()
	out, there, err := runDVC(t, w, args...)
	if there && err == nil {
		t.Fatalf("dvc %v refuses nothing\n%s", args, out)
	}
	return out, there
}

func runDVC(t *testing.T, w *world, args ...string) (said string, there bool, err error) {
	t.Helper()
	cmd := commandOfDVC(t, w, args...)
	if cmd == nil {
		return "", false, nil
	}
	out, err := cmd.CombinedOutput()
	return string(out), true, err
}

// commandOfDVC is nil where there is no dvc.
func commandOfDVC(t *testing.T, w *world, args ...string) *exec.Cmd {
	t.Helper()
	at, err := filepath.Abs("../../.venv/bin/dvc")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(at); err != nil {
		t.Log("there is no dvc to compare with; `make setup` installs one")
		return nil
	}
	cmd := exec.Command(at, args...)
	cmd.Dir, cmd.Env = w.dir, append(w.env, "DVC_NO_ANALYTICS=1", "DVC_SITE_CACHE_DIR="+w.home)
	return cmd
}

// TestDVCProjectOpensAsItIs runs a DVC project's stages, records its data and asks dvc what
// it thinks of it. No rondo.yaml is written.
func TestDVCProjectOpensAsItIs(t *testing.T) {
	w := newPipelineOfDVC(t)
	w.ok("data", "add", "data/a.csv")
	if r := w.run("repro"); r.code != 6 || !strings.Contains(r.err, "dvc.yaml") {
		t.Fatalf("untrusted commands: %d\n%s", r.code, r.err)
	}
	if _, err := os.Stat(filepath.Join(w.dir, "prep.csv")); err == nil {
		t.Fatal("an untrusted command has run")
	}
	w.ok("trust", "--yes")
	var e pipeline.Execution
	if err := json.Unmarshal([]byte(w.ok("repro", "--json")), &e); err != nil {
		t.Fatal(err)
	}
	states := map[string]string{}
	for _, s := range e.Stages {
		states[s.Name] = s.State
	}
	if len(states) != 5 || states["train@2"] != pipeline.Ran || states["eval@x"] != pipeline.Ran || states["sub.late"] != pipeline.Ran || e.Metrics["acc"] != 0.75 || e.Params["conf.toml:net.depth"] != "3" {
		t.Fatalf("%v %v %v", states, e.Metrics, e.Params)
	}
	for _, names := range [][]string{{"train"}, {"dvc.yaml:train@1", "sub/dvc.yaml:late"}, {"sub/dvc.yaml"}} { // as DVC has them
		w.ok(append([]string{"repro"}, names...)...)
	}
	if r := w.run("repro", "nope"); !strings.Contains(r.err, "dvc.yaml has no stage called \"nope\"") {
		t.Errorf("a stage that is not there: %s", r.err)
	}
	if b, _ := os.ReadFile(filepath.Join(w.dir, "stage.txt")); string(b) != "eval@x\n" {
		t.Errorf("the stage was told that it is %q", b)
	}
	if said, ok := askDVC(t, w, "status"); ok && !strings.Contains(said, "up to date") {
		t.Errorf("dvc says %s", said)
	}
	if out := w.ok("status"); !strings.Contains(out, "Everything is up to date") {
		t.Errorf("Rondo says %s", out)
	}
	w.changesDVC(t)
	if _, err := os.Stat(filepath.Join(w.dir, "rondo.yaml")); err == nil {
		t.Error("a rondo.yaml was written")
	}
}

// changesDVC changes what a stage reads, and takes it back: the second time nothing runs.
func (w *world) changesDVC(t *testing.T) {
	t.Helper()
	write := func(text string) {
		if err := os.WriteFile(filepath.Join(w.dir, "data", "a.csv"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("5\n6\n7\n")
	if out := w.ok("data", "status"); !strings.Contains(out, "modified: data/a.csv") {
		t.Errorf("Rondo says %s", out)
	}
	if out := strings.Join(strings.Fields(w.ok("repro")), " "); !strings.Contains(out, "prep ran") {
		t.Errorf("%s", out)
	}
	if said, ok := askDVC(t, w, "status"); ok && !strings.Contains(said, "up to date") {
		t.Errorf("dvc says %s", said)
	}
	write("1\n2\n3\n4\n")
	out := w.ok("repro")
	if !strings.Contains(out, "restored") || strings.Contains(out, " ran ") {
		t.Errorf("what ran before was not restored:\n%s", out)
	}
	if err := os.RemoveAll(filepath.Join(w.dir, "model-1")); err != nil {
		t.Fatal(err)
	}
	if out := w.ok("data", "checkout"); !strings.Contains(out, "A  model-1") {
		t.Errorf("%s", out)
	}
	if said, ok := askDVC(t, w, "status"); ok && !strings.Contains(said, "up to date") {
		t.Errorf("dvc says %s", said)
	}
}

// TestDVCReadsOutsideOnceTrusted: what a stage names beside the project is shown with its
// command, is not read before it is trusted, and is recorded so that dvc agrees.
func TestDVCReadsOutsideOnceTrusted(t *testing.T) {
	w := newPipelineOfDVC(t)
	top := t.TempDir()
	w.dir = filepath.Join(top, "p")
	t.Cleanup(func() { w.run("stop", "--project", w.dir) })
	writeAll(t, top, map[string]string{
		"x.csv": "1\n", "p/.dvc/config": "[core]\n    no_scm = true\n",
		"p/dvc.yaml": "stages:\n  late:\n    cmd: cat ../made > o\n    deps: [../made]\n    outs: [o]\n  make:\n    cmd: cat ../x.csv > ../made\n    deps: [../x.csv]\n    outs:\n    - ../made: {cache: false}\n",
	})
	if said := w.ok("status"); !strings.Contains(said, "rondo trust") {
		t.Errorf("status before trust:\n%s", said)
	}
	if r := w.run("repro"); r.code != 6 {
		t.Errorf("repro before trust: %d\n%s", r.code, r.err)
	}
	if r := w.run("data", "commit"); r.code != 6 || !strings.Contains(r.err, "rondo trust") {
		t.Errorf("commit before trust: %d\n%s", r.code, r.err)
	}
	if said := w.ok("trust", "--yes"); !strings.Contains(said, filepath.Join(top, "x.csv")) {
		t.Errorf("trust does not show what is read:\n%s", said)
	}
	w.ok("repro")
	lock, err := os.ReadFile(filepath.Join(w.dir, "dvc.lock"))
	if err != nil || !strings.Contains(string(lock), "- path: ../x.csv\n") {
		t.Fatalf("%v\n%s", err, lock)
	}
	if said, asked := askDVC(t, w, "status"); asked && !strings.Contains(said, "up to date") {
		t.Errorf("dvc says\n%s", said)
	}
	writeAll(t, top, map[string]string{"x.csv": "2\n"})
	if said := w.ok("status"); !strings.Contains(said, "x.csv changed") {
		t.Errorf("status after a change outside:\n%s", said)
	}
	w.ok("data", "commit")
	writeAll(t, w.dir, map[string]string{"dvc.yaml": "stages:\n  make:\n    cmd: cat ../x.csv > ../made\n    deps: [../x.csv, /etc/passwd]\n    outs:\n    - ../made: {cache: false}\n"})
	if r := w.run("repro"); r.code != 6 {
		t.Errorf("another path outside is not trusted yet: %d\n%s", r.code, r.err)
	}
}
