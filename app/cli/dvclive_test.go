package cli_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// training logs with the real DVCLive all that it can log without a library beside it.
const training = `import sys
from PIL import Image
from dvclive import Live

lr = float(sys.argv[1])
with Live() as live:
    live.log_param("lr", lr)
    live.log_params({"net": {"depth": 3, "act": "relu"}, "betas": [0.9, 0.999]})
    for i in range(4):
        live.log_metric("train/loss", lr / (i + 1), timestamp=True)
        live.log_metric("acc", 0.25 * i)
        live.next_step()
    live.log_metric("odd", float("nan"), plot=False)
    live.log_plot("curve", [{"x": i, "y": i * i} for i in range(4)], x="x", y="y", template="linear")
    live.log_sklearn_plot("roc", [0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    live.log_image("a.png", Image.new("RGB", (2, 3)))
    with open("model.txt", "w") as f:
        f.write("model of %s\n" % lr)
    live.log_artifact("model.txt", type="model", name="net", desc="a net", cache=False)
    with open("notes.txt", "w") as f:
        f.write("notes of %s\n" % lr)
    live.log_artifact("notes.txt", copy=True)
`

// liveWorld is a DVC project in git with one stage that trains.
func liveWorld(t *testing.T) (w *world, python string) {
	t.Helper()
	python, err := filepath.Abs("../../.venv/bin/python")
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(python, "-c", "import dvclive, dvc, sklearn, PIL").CombinedOutput(); err != nil {
		t.Skipf("skipped: %s has no DVCLive to log with; `make setup` installs it: %v %s", python, err, out)
	}
	w = newPipelineOfDVC(t)
	w.dir = t.TempDir()
	t.Cleanup(func() { w.run("stop", "--project", w.dir) })
	w.env = append(w.env, "GIT_AUTHOR_NAME=Ann", "GIT_AUTHOR_EMAIL=a@b", "GIT_COMMITTER_NAME=Ann", "GIT_COMMITTER_EMAIL=a@b", "DVC_NO_ANALYTICS=1", "DVC_SITE_CACHE_DIR="+w.home)
	writeAll(t, w.dir, map[string]string{
		"train.py": training, "params.yaml": "lr: 0.5\n", ".dvc/config": "", ".dvc/.gitignore": "/config.local\n/tmp\n/cache\n", ".gitignore": "/notes.txt\n",
		"dvc.yaml": "stages:\n  train:\n    cmd: " + python + " train.py ${lr}\n    deps: [train.py]\n    params: [lr]\n    outs: [model.txt]\n",
	})
	w.commitAll("init", "-q", "-b", "main")
	return w, python
}

// commitAll commits the whole folder, after another command of git's.
func (w *world) commitAll(first ...string) {
	w.t.Helper()
	for _, args := range [][]string{first, {"add", "-A"}, {"commit", "-q", "-m", "next"}} {
		cmd := exec.Command("git", args...)
		cmd.Dir, cmd.Env = w.dir, w.env
		if out, err := cmd.CombinedOutput(); err != nil {
			w.t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
}

// TestDVCLiveLogsBesideRondo trains with the real DVCLive in a stage and by hand: both programs
// show the same metrics, params and experiment, and the course of it comes over.
func TestDVCLiveLogsBesideRondo(t *testing.T) {
	w, python := liveWorld(t)
	w.ok("trust", "--yes")
	w.ok("repro")
	if said := w.ok("status"); !strings.Contains(said, "Everything is up to date") { // DVCLive has changed dvc.yaml
		t.Errorf("Rondo says %s", said)
	}
	if said, _ := askDVC(t, w, "status"); !strings.Contains(said, "up to date") {
		t.Errorf("dvc says %s", said)
	}
	w.sameMetrics()
	w.commitAll("status")
	for _, what := range []string{"metrics", "params"} {
		args := []string{what, "diff", "HEAD~1", "--json"}
		said, _ := askDVC(t, w, args...)
		if got, want := w.ok(args...), said; !sameJSON(t, got, want) {
			t.Errorf("%v: Rondo says\n%s\nand dvc\n%s", args, got, want)
		}
	}
	w.trainByHand(python)
	w.sameExperiment()
	w.ok("import", "dvc")
	w.sameCourse()
}

func sameJSON(t *testing.T, a, b string) bool {
	t.Helper()
	var said [2]any
	for i, text := range []string{a, b} {
		if err := json.Unmarshal([]byte(text), &said[i]); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
	}
	return reflect.DeepEqual(said[0], said[1])
}

// sameMetrics compares what both programs show of the folder as it lies there.
func (w *world) sameMetrics() {
	w.t.Helper()
	said, _ := askDVC(w.t, w, "metrics", "show", "--json")
	var ours, theirs map[string]struct {
		Data map[string]struct{ Data any }
	}
	if err := json.Unmarshal([]byte(said), &theirs); err != nil {
		w.t.Fatalf("%v\n%s", err, said)
	}
	if err := json.Unmarshal([]byte(w.ok("metrics", "show", "--json")), &ours); err != nil {
		w.t.Fatal(err)
	}
	want := theirs[""].Data
	if got := ours["workspace"].Data; len(got) == 0 || !reflect.DeepEqual(got, want) {
		w.t.Errorf("Rondo shows %v, and dvc %v", got, want)
	}
}

// trainByHand trains outside of the pipeline, where DVCLive keeps an experiment.
func (w *world) trainByHand(python string) {
	w.t.Helper()
	cmd := exec.Command(python, "train.py", "0.25")
	cmd.Dir, cmd.Env = w.dir, w.env
	if out, err := cmd.CombinedOutput(); err != nil {
		w.t.Fatalf("%v\n%s", err, out)
	}
}

// sameExperiment compares what both programs show of the experiment that DVCLive has kept.
func (w *world) sameExperiment() {
	w.t.Helper()
	var list []struct {
		Name    string
		Params  map[string]string
		Metrics map[string]float64
	}
	if err := json.Unmarshal([]byte(w.ok("exps", "--json")), &list); err != nil || len(list) != 1 {
		w.t.Fatalf("%v %+v", err, list)
	}
	said, _ := askDVC(w.t, w, "exp", "show", "--csv", "--precision", "17")
	rows := strings.Split(strings.TrimSpace(said), "\n")
	last := strings.Split(rows[len(rows)-1], ",")
	compared := 0
	for i, head := range strings.Split(rows[0], ",") {
		told := map[string]string{"Experiment": list[0].Name, "train.loss": "0.0625", "acc": "0.75", "dvclive/params.yaml:lr": list[0].Params["dvclive/params.yaml:lr"], "net.depth": list[0].Params["dvclive/params.yaml:net.depth"], "params.yaml:lr": list[0].Params["lr"]}
		want, known := told[head]
		if known && last[i] != want {
			w.t.Errorf("%s: Rondo shows %q, and dvc %q", head, want, last[i])
		}
		if known {
			compared++
		}
	}
	if compared < 5 {
		w.t.Errorf("dvc exp show has other columns:\n%s", said)
	}
	if e := list[0]; e.Metrics["train.loss"] != 0.0625 || e.Metrics["acc"] != 0.75 || e.Params["dvclive/params.yaml:lr"] != "0.25" || e.Params["lr"] != "0.5" || e.Params["dvclive/params.yaml:betas"] != "[0.9, 0.999]" {
		w.t.Errorf("%+v, where dvc says\n%s", e, said)
	}
}

// sameCourse looks at the runs that have come over: every point, and every file as it was.
func (w *world) sameCourse() {
	w.t.Helper()
	var list struct {
		Runs []struct {
			ID      string
			Params  map[string]string
			Tags    map[string]string
			Metrics map[string]struct {
				Value, Min, Max   float64
				Step, Count, Time int64
			}
		}
	}
	if err := json.Unmarshal([]byte(w.ok("runs", "--json")), &list); err != nil {
		w.t.Fatal(err)
	}
	came := 0
	for _, r := range list.Runs {
		lr, name := 0.5, r.Tags["dvc.experiment"]
		if r.Tags["dvc.commit"] == "" {
			continue
		}
		if came++; name != "" {
			lr = 0.25
		}
		loss, acc := r.Metrics["train/loss"], r.Metrics["acc"]
		if loss.Count != 4 || loss.Step != 3 || loss.Value != lr/4 || loss.Min != lr/4 || loss.Max != lr || loss.Time < 1_700_000_000_000 || acc.Count != 4 || acc.Value != 0.75 || acc.Min != 0 {
			w.t.Errorf("%s: %+v", name, r.Metrics)
		}
		if want := map[string]string{"lr": strings.TrimRight(jsonOf(lr), "\n"), "net.depth": "3", "net.act": "relu", "betas": "[0.9, 0.999]"}; !reflect.DeepEqual(r.Params, want) {
			w.t.Errorf("%s: params %v, want %v", name, r.Params, want)
		}
		if name != "" { // it lies in the folder still
			w.sameFiles(r.ID)
		}
	}
	if came != 2 {
		w.t.Errorf("%d runs came over", came)
	}
}

func jsonOf(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}

// sameFiles compares the artifacts of a run with the folder of DVCLive.
func (w *world) sameFiles(id string) {
	w.t.Helper()
	top := filepath.Join(w.dir, "dvclive")
	n := 0
	_ = filepath.WalkDir(top, func(at string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(top, at)
		if err != nil || d.IsDir() || strings.HasSuffix(rel, ".tsv") || strings.HasSuffix(rel, ".snap") || rel == "params.yaml" {
			return err
		}
		n++
		want, _ := os.ReadFile(at)
		got, err := os.ReadFile(filepath.Join(w.dir, ".rondo/runs", id, "artifacts", rel))
		if err != nil || !bytes.Equal(got, want) {
			w.t.Errorf("%s did not come as it is: %v", rel, err)
		}
		return nil
	})
	if n < 4 {
		w.t.Errorf("DVCLive left %d files", n)
	}
}
