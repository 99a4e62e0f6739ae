//go:build linux

package cli_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// lockedByDVC is a DVC project in git with data, a stage that ran, and a folder for a remote.
func lockedByDVC(t *testing.T) *world {
	t.Helper()
	w := newPipelineOfDVC(t)
	w.ok("remote", "add", "-d", "far", t.TempDir())
	w.ok("trust", "--yes")
	w.file("more/a", "a")
	w.ok("data", "add", "more", "data/a.csv")
	w.ok("repro")
	w.ok("data", "push")
	gitSays(t, w.dir, "add", "-A")
	gitSays(t, w.dir, "config", "user.name", "Ann")
	gitSays(t, w.dir, "config", "user.email", "a@b")
	gitSays(t, w.dir, "commit", "-q", "-m", "one")
	return w
}

// TestDVCsLocksOfTheDeadStopNobody in a DVC project: each verb does its work, or says whose lock is in its way, how old
// it is, and what to do.
func TestDVCsLocksOfTheDeadStopNobody(t *testing.T) {
	w := lockedByDVC(t)
	dead := ended(t)
	other := exec.Command("cat")
	hold, err := other.StdinPipe()
	if err == nil {
		err = other.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { hold.Close(); other.Wait() })
	claim := func(pid int) string {
		return fmt.Sprintf(`{"write": {%q: {"pid": %d, "cmd": "dvc add more"}}, "read": {%q: [{"pid": %d, "cmd": "dvc repro"}]}}`, filepath.Join(w.dir, "more"), pid, filepath.Join(w.dir, "prep.csv"), pid)
	}
	claiming, writing := []string{"add", "repro --force", "commit", "unprotect", "save"}, []string{"add", "commit", "checkout", "gc", "repro", "unprotect", "fetch", "push", "freeze", "save"}
	zc := fmt.Sprintf(" %d\n", dead)
	for _, c := range []struct {
		config string
		locks  []deadLock
	}{
		{"false", []deadLock{
			{at: ".dvc/tmp/lock", text: zc},
			{at: ".dvc/tmp/lock", text: " 99"},
			{at: ".dvc/tmp/rwlock.lock", text: zc},
			{at: ".dvc/tmp/rondo-repos", text: zc},
			{at: ".dvc/tmp/rwlock", text: claim(dead)},
			{at: ".dvc/tmp/rwlock", text: ""},
			{at: ".dvc/tmp/rwlock", text: claim(dead)[:40], except: claiming},
			{at: ".dvc/tmp/rwlock", text: `["of another format"]`, except: claiming},
			{at: ".dvc/tmp/rwlock", text: claim(other.Process.Pid), except: claiming},
			{at: ".dvc/tmp/exps/rwlock", text: claim(dead)},
			{at: ".dvc/tmp/exps/rwlock.lock", text: zc},
			{at: ".dvc/tmp/exps/run/ab/ab.run", text: "{"},
		}},
		{"true", []deadLock{
			{at: ".dvc/tmp/lock", text: filepath.Join(w.dir, ".dvc/tmp/gone.lock")}, // its time is over
			{at: ".dvc/tmp/lock", text: filepath.Join(w.dir, ".dvc/tmp/gone.lock"), ends: true, except: writing},
			{at: ".dvc/tmp/rwlock.lock", text: "cut", ends: true, except: claiming},
		}},
	} {
		w.ok("config", "core.hardlink_lock", c.config)
		for _, l := range c.locks {
			w.goesOn(l, "data status", "data list", "status", "metrics show", "exps", "data ls . --json", "data add more", "data unprotect data/a.csv", "data commit more.dvc",
				"data checkout --force", "data fetch", "data push", "data gc", "stage freeze prep", "stage unfreeze prep", "repro --force prep", "exps save --force")
		}
	}
}

// TestWhoWaitsSaysSo: what waits for as long as it takes tells for what, and whose it is.
func TestWhoWaitsSaysSo(t *testing.T) {
	w := lockedByDVC(t)
	f, err := os.OpenFile(filepath.Join(w.dir, ".dvc/tmp/rondo-repos"), os.O_RDWR|os.O_CREATE, 0o644)
	if err == nil {
		_, err = fmt.Fprintf(f, " %d\n", os.Getpid())
	}
	if err == nil {
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX)
	}
	if err != nil {
		t.Fatal(err)
	}
	cmd := w.command("data", "get", "git://127.0.0.1:1/x", "y", "--rev", strings.Repeat("1", 40))
	said, err := cmd.StderrPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer time.AfterFunc(time.Minute, func() { cmd.Process.Kill() }).Stop() // who says nothing waits for ever
	lines := bufio.NewScanner(said)
	if !lines.Scan() || !strings.Contains(lines.Text(), "waiting for the lock .dvc/tmp/rondo-repos") || !strings.Contains(lines.Text(), fmt.Sprintf("process %d holds it", os.Getpid())) {
		t.Errorf("it says %q", lines.Text())
	}
	f.Close()
	rest := ""
	for lines.Scan() {
		rest += lines.Text() + "\n"
	}
	if err := cmd.Wait(); err == nil || !strings.Contains(rest, "cannot be reached") {
		t.Errorf("when it is free: %v %s", err, rest)
	}
}
