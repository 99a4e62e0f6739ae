//go:build unix

package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"rondo/backend/api"
)

func TestRunFollowsACommandAndEndsLikeIt(t *testing.T) {
	w := newWorld(t)
	if r := w.run("run", "--", "true"); r.code != 6 || !strings.Contains(r.err, "rondo trust") {
		t.Fatalf("without trust: %+v", r)
	}
	w.ok("trust", "--yes")
	r := w.run("run", "--name", "hello", "--experiment", "tries", "-P", "lr=0.5", "--", "sh", "-c", `echo "out $RONDO_PARAM_LR"; echo err >&2; exit 4`)
	if r.code != 4 || r.out != "out 0.5\n" || !strings.Contains(r.err, "err\n") || !strings.Contains(r.err, "run hello failed: exit code 4") {
		t.Errorf("followed: %+v", r)
	}
	id := strings.TrimSpace(w.ok("run", "--name", "later", "--detach", "--", "sh", "-c", "echo late"))
	if out := w.ok("runs", "log", id); out != "late\n" {
		t.Errorf("log %q", out)
	}
	var page api.RunPage
	if err := json.Unmarshal([]byte(w.ok("runs", "--json", "--filter", "params.lr = '0.5'", "--experiment", "tries")), &page); err != nil || page.Total != 1 || page.Runs[0].Name != "hello" {
		t.Errorf("found %+v, %v", page, err)
	}
	for what, want := range map[string]string{
		"runs": "hello", "runs show hello": "exit code 4", "runs compare hello later": "lr", "runs queue": "places", "host": "memory", "runs delete hello": "is deleted", "runs restore hello": "is back",
	} {
		if out := w.ok(strings.Fields(what)...); !strings.Contains(out, want) {
			t.Errorf("rondo %s: %q, want %q", what, out, want)
		}
	}
	for what, code := range map[string]int{"runs show nobody": 3, "runs --filter x": 2, "run": 2, "runs stop hello": 4, "run -P nothing -- true": 2} {
		if r := w.run(strings.Fields(what)...); r.code != code || r.err == "" {
			t.Errorf("rondo %s: code %d, want %d: %s", what, r.code, code, r.err)
		}
	}
}

func TestCtrlCStopsTheRunAndNotJustTheWatching(t *testing.T) {
	w := newWorld(t)
	w.ok("trust", "--yes")
	r := w.interrupted("run", "--", "sh", "-c", catches)
	if r.code != 130 || !strings.Contains(r.out, "caught") || !strings.Contains(r.err, "killed: stopped by ann") {
		t.Errorf("%+v", r)
	}
}

// TestCtrlCStopsTheStages, which ends as a run that is stopped does, also for programs.
func TestCtrlCStopsTheStages(t *testing.T) {
	w := newWorld(t)
	writeAll(t, w.dir, map[string]string{"rondo.yaml": "rondo: 1\nstages:\n  slow: {cmd: sh catches.sh}\n", "catches.sh": catches})
	w.ok("trust", "--yes")
	for _, args := range [][]string{{"repro"}, {"repro", "--json"}} {
		r := w.interrupted(args...)
		if r.code != 130 || !strings.Contains(r.err, "stopping the stages") || !strings.Contains(r.out+r.err, "stopped by ann") {
			t.Errorf("%v: %+v", args, r)
		}
	}
}

const catches = `trap 'echo caught; exit 9' INT; echo $$ > begun; while :; do sleep 0.05; done`

// interrupted presses Ctrl-C once the command has written the file begun.
func (w *world) interrupted(args ...string) result {
	w.t.Helper()
	begun := filepath.Join(w.dir, "begun")
	_ = os.Remove(begun) // of a call before
	cmd := w.command(args...)
	var out, fail strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &fail
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if b, _ := os.ReadFile(begun); len(b) > 1 {
			break
		}
		if time.Now().After(deadline) {
			cmd.Process.Kill()
			w.t.Fatalf("it never began: %s", fail.String())
		}
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		w.t.Fatal(err)
	}
	_ = cmd.Wait() // its code is looked at by the caller
	return result{out.String(), fail.String(), cmd.ProcessState.ExitCode()}
}
