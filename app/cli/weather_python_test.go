//go:build unix

package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// pythonWorld is the weather-python sample with the real clients on its PATH.
func pythonWorld(t *testing.T) (w *world, venv string) {
	t.Helper()
	venv, err := filepath.Abs("../../.venv")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(venv, "bin", "python")); err != nil {
		t.Fatalf("%v: run `make setup` first", err)
	}
	w = &world{t: t, home: t.TempDir(), dir: filepath.Join(t.TempDir(), "weather")}
	w.env = append(os.Environ(), "RONDO_TEST_MAIN=1", "RONDO_HOME="+w.home, "RONDO_ACTOR=ann", "DISPLAY=", "WAYLAND_DISPLAY=",
		"PATH="+filepath.Join(venv, "bin")+string(os.PathListSeparator)+os.Getenv("PATH"))
	w.ok("init", "--sample", "weather-python", w.dir)
	t.Cleanup(func() { w.run("stop", "--project", w.dir) })
	return w, venv
}

// Plain scikit-learn scripts that log with the plain mlflow client go all the way: they
// run, become a version, are judged on the hold-out, go live, answer and are repeated.
func TestTheSampleInPythonTurnsTheLoop(t *testing.T) {
	w, venv := pythonWorld(t)
	// an environment of the project itself, as most projects have it
	if err := os.Symlink(venv, filepath.Join(w.dir, ".venv")); err != nil {
		t.Fatal(err)
	}
	edit(t, filepath.Join(w.dir, ".gitignore"), "/work/\n", "/work/\n/.venv\n")
	edit(t, filepath.Join(w.dir, "rondo.yaml"), "cmd: python prepare.py", "cmd: .venv/bin/python prepare.py")
	w.ok("trust", "--yes")
	w.ok("data", "snapshot", "weather")
	if out := w.ok("repro", "--name", "first"); !strings.Contains(out, "accuracy=0.7") {
		t.Fatalf("%s", out)
	}
	w.eventually("version 1 of weather-python is the first champion", "decisions")
	w.eventually("ready", "endpoint", "list")
	w.check([]expect{
		{"model show weather-python 1", 0, []string{"passed  better-than-majority", "mlflow", "accuracy=0.7"}},
		{`endpoint predict weather-python {"temp_max":12,"temp_min":4,"wind":3.1,"day":40}`, 0, []string{"version 1"}},
		{`endpoint predict weather-python {"temp_max":12,"temp_min":4,"wind":3.1}`, 2, []string{`column "day" is missing`}},
		{"runs show first", 0, []string{"train.max_iter", "train_accuracy", "recall_wet", "weather "}},
	})
	r := w.run("reproduce", "weather-python/1")
	for _, want := range []string{"out work/train.csv same", "file model/MLmodel DIFFERENT", "other files of model same", "environment python same", "environment packages same", "out metrics.json same"} {
		if !strings.Contains(strings.Join(strings.Fields(r.out), " "), want) {
			t.Errorf("the repetition says\n%s%s\nwithout %q", r.out, r.err, want)
		}
	}
	if r.code != 4 || !strings.Contains(r.err, "different: ") { // mlflow writes its time and a random id into MLmodel
		t.Errorf("code %d: %s", r.code, r.err)
	}
}
