package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// neverJSON are verbs that print no answer of the API, with what they print.
var neverJSON = map[string]string{
	"help": "words", "open": "serves", "serve": "serves", "demo": "what happens", "step": "the output of a step",
	"dump": "JSON lines", "data cat": "a file as it is", "runs log": "a log as it is",
}

// ofRondo and ofDVC are calls of all others, in an order in which each can be. The first of some are their preparation.
var (
	ofRondo = []string{
		"version", "init NEW", "trust", "host", "env", "token", "token --serving", "status", "stage list", "dag", "data status", "data list", "data log",
		"data add more.csv", "data log", "data log more", "data tag more@1 golden", "data tag more", "data tag more golden --history", "data files more@golden",
		"data preview more", "data profile more", "data sql more select*from/**/more", "data du", "data du more", "data lineage more", "data diff weather@1 1",
		"data snapshot", "data snapshot more", "data checkout", "data checkout more@1", "data checkout d sub", "data retain", "data unprotect more", "data list --removed",
		"data remote", "data remote disk REMOTE", "data push", "data remote-status", "data fetch", "data fetch d@1 sub", "data pull", "data pull d", "data verify", "data verify d", "data verify --remote disk",
		"data repair", "data gc", "data gc --dry-run", "data gc --remote disk", "data remove more", "data restore more", "data import OTHER data", "data update", "data update data",
		"repro", "repro --dry", "reproduce latest", "run --name a -- true", "run --name b --detach -- true", "runs", "runs show a", "runs compare a a", "runs queue", "runs delete a", "runs restore a",
		"model list", "model show weather", "model show weather 1", "model compare weather 1 1", "model history weather", "model live weather", "model alias weather other 1", "model rollback weather 1 --alias other",
		"endpoint list", "endpoint show weather", "endpoint create trial weather --version 1", "endpoint deploy trial --version 1", "endpoint predict weather", "endpoint captures weather",
		`endpoint truth weather x 1`, "endpoint delete trial", "monitor list", "monitor show weather", "monitor windows weather", "monitor evaluate", "monitor evaluate weather", "alerts",
		"decisions", "trigger list", "trigger fire drift", "fsck", "seal", "rebuild", "export mlflow OUT", "import mlflow OUT/mlflow.db", "stop", "stop",
	}
	ofDVC = []string{
		"init --dvc --no-scm", "data add a.csv", "data list", "data status", "data commit", "data check-ignore skip.tmp", "data move a.csv b.csv", "data remove b.csv.dvc",
		"stage add -n one -o one.txt -- touch one.txt", "stage freeze one", "stage unfreeze one", "remote add disk REMOTE --default", "remote modify disk jobs 2", "remote default", "remote list",
		"remote rename disk far", "config --list", "config core.autostage true", "remote remove far", "metrics show", "plots show", "data ls .", "data get . skip.tmp --to c.csv", "data ls-url .", "data get-url skip.tmp d.csv",
	}
	inTests = []string{ // of git and DVC, which look at the shape of what these print
		"exps", "exps run", "exps list", "exps push", "exps pull", "artifacts", "artifacts get", "exps apply", "exps branch", "exps rename", "exps remove", "exps save", "metrics diff", "params diff", "plots diff", "import dvc", "merge-lock",
		"alerts ack", "alerts resolve", "decisions show", "decisions approve", "decisions reject", "monitor report", "runs stop",
	}
)

// TestEveryVerbAnswersInJSON: with --json stdout holds one object or one list, whatever the verb is.
func TestEveryVerbAnswersInJSON(t *testing.T) {
	seen := map[string]bool{}
	w := trained(t)
	other := filepath.Join(t.TempDir(), "other")
	writeAll(t, w.dir, map[string]string{"more.csv": "a,b\n1,2\n", "d/sub/x.csv": "a\n1\n"})
	writeAll(t, other, map[string]string{"data.csv": "a\n1\n"})
	w.ok("init", other)
	w.ok("data", "add", "--project", other, filepath.Join(other, "data.csv"))
	w.ok("stop", "--project", other)
	w.ok("data", "add", "d")
	w.answersInJSON(seen, ofRondo, map[string]string{"OTHER": other, "REMOTE": t.TempDir(), "NEW": t.TempDir(), "OUT": filepath.Join(t.TempDir(), "out")})

	d := newDVCWorld(t)
	d.dir = t.TempDir()
	writeAll(t, d.dir, map[string]string{"a.csv": "a\n1\n", "skip.tmp": "x", ".dvcignore": "*.tmp\n"})
	d.answersInJSON(seen, ofDVC, map[string]string{"REMOTE": t.TempDir()})
	for _, name := range inTests {
		seen[name] = true
	}
	for _, m := range listed.FindAllStringSubmatch(said(t), -1) {
		if name := m[1]; !seen[name] && neverJSON[name] == "" {
			t.Errorf("nobody has seen what rondo %s --json prints", name)
		}
	}
}

// answersInJSON makes calls, in whose words the capital ones stand for paths, and looks at their answers.
func (w *world) answersInJSON(seen map[string]bool, calls []string, paths map[string]string) {
	w.t.Helper()
	for _, line := range calls {
		args := strings.Fields(line)
		for i, word := range args {
			name, rest, _ := strings.Cut(word, "/")
			if path, ok := paths[name]; ok {
				args[i] = filepath.Join(path, rest)
			}
		}
		r := w.run(append([]string{"--json"}, args...)...)
		text := strings.TrimSpace(r.out)
		if r.code != 0 || !json.Valid([]byte(text)) || !strings.HasPrefix(text, "{") && !strings.HasPrefix(text, "[") {
			w.t.Errorf("rondo --json %s: code %d\n%.300s\n%s", line, r.code, r.out, r.err)
		}
		for n := 1; n <= min(2, len(args)); n++ {
			seen[strings.Join(args[:n], " ")] = true
		}
	}
}

// TestAsJSONWhatFailsEndsAsWithout: a script that reads JSON learns by the exit code what a person reads.
func TestAsJSONWhatFailsEndsAsWithout(t *testing.T) {
	w := newWorld(t)
	if err := os.WriteFile(filepath.Join(w.dir, "rondo.yaml"), []byte("rondo: 1\nstages:\n  fails: {cmd: sh -c 'exit 7'}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	w.ok("trust", "--yes")
	for _, line := range []string{"repro", "run -- sh -c no-such-command", "run -- false"} {
		plain, asJSON := w.run(strings.Fields(line)...), w.run(append([]string{"--json"}, strings.Fields(line)...)...)
		if plain.code == 0 || asJSON.code != plain.code || !json.Valid([]byte(asJSON.out)) {
			t.Errorf("rondo %s ends with %d, and with --json with %d: %s%s", line, plain.code, asJSON.code, asJSON.out, asJSON.err)
		}
	}
	if r := w.run("--json", "runs", "log", "latest"); r.code != 2 || !strings.Contains(r.err, "leave --json out") {
		t.Errorf("a log: %+v", r)
	}
}
