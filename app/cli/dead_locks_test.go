//go:build linux

package cli_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// deadLock is a lock file that a process which is no more has left.
type deadLock struct {
	at     string // from the project's folder
	text   string
	device bool     // a server's, which removes it
	ends   bool     // its time says when it ends, a year after it was made
	except []string // part of calls that need what is locked, and may not know that its owner is dead: they say what to do
}

// ended is the number of a process that is no more.
func ended(t *testing.T) int {
	t.Helper()
	cmd := exec.Command("true")
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	return cmd.Process.Pid
}

// left puts dead locks into the project, two hours old, and takes them away again.
func (w *world) left(l deadLock) (clean func()) {
	w.t.Helper()
	at := l.at
	if !filepath.IsAbs(at) {
		at = filepath.Join(w.dir, at)
	}
	if l.device {
		w.run("stop")
	}
	before, err := os.ReadFile(at)
	old := time.Now().Add(-2 * time.Hour)
	if l.ends {
		old = old.Add(365 * 24 * time.Hour)
	}
	for _, err := range []error{os.MkdirAll(filepath.Dir(at), 0o755), os.WriteFile(at, []byte(l.text), 0o644), os.Chtimes(at, old, old)} {
		if err != nil {
			w.t.Fatal(err)
		}
	}
	return func() {
		if l.device {
			return
		}
		os.Remove(at)
		if err == nil {
			_ = os.WriteFile(at, before, 0o644)
		}
	}
}

// goesOn sees that each call does its work beside a dead lock, or says which lock that is, how old, and what to do.
func (w *world) goesOn(l deadLock, calls ...string) {
	w.t.Helper()
	for n, call := range calls {
		clean := w.left(l)
		w.file("more/"+strings.ReplaceAll(filepath.Base(l.at), ".", "-")+fmt.Sprint(n), "more")
		r := w.run(strings.Fields(call)...)
		said := r.err + r.out // a stage says in its log what stopped it
		named := strings.Contains(said, filepath.Base(l.at)) && strings.Contains(said, " 2h") && strings.Contains(said, "remove")
		switch {
		case r.code == 0:
		case named && slices.ContainsFunc(l.except, func(part string) bool { return strings.Contains(call, part) }):
		default:
			w.t.Errorf("%s beside %s: code %d: %s", call, l.at, r.code, r.err)
		}
		clean()
	}
}

// TestLocksOfTheDeadStopNobody in a project of Rondo's own, in git, with a folder for a remote.
func TestLocksOfTheDeadStopNobody(t *testing.T) {
	w := newWorld(t)
	far := t.TempDir()
	w.ok("trust", "--yes")
	w.ok("data", "remote", "far", far)
	w.file("more/a", "a")
	w.ok("data", "add", "more")
	w.ok("data", "push")
	w.ok("stop")
	found, err := filepath.Glob(filepath.Join(w.home, "*", "place"))
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	device := filepath.Dir(found[0])
	dead := fmt.Sprintf("%d\n", ended(t))
	for _, l := range []deadLock{
		{at: filepath.Join(device, "lock"), text: dead, device: true},
		{at: filepath.Join(device, "server.json"), text: `{"pid":` + strings.TrimSpace(dead) + `,"url":"http://127.0.0.1:9"}`, device: true},
		{at: ".rondo/pipeline.lock"},
		{at: ".git/index.lock", except: []string{"--commit"}},
		{at: ".git/HEAD.lock", except: []string{"--commit"}},
		{at: ".git/refs/heads/" + strings.TrimSpace(gitSays(t, w.dir, "branch", "--show-current")) + ".lock", except: []string{"--commit"}},
		{at: ".git/packed-refs.lock", except: []string{"--commit"}},
		{at: filepath.Join(far, "gc", "lock"), text: time.Now().Add(-2 * time.Hour).UTC().Format(time.RFC3339Nano), except: []string{"push", "--remote"}},
	} {
		w.goesOn(l, "data status", "data snapshot more", "data gc", "data push", "repro", "data snapshot more --commit", "data gc --remote far")
	}
}
