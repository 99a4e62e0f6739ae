//go:build unix

package cli_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestACopyIsNotTakenForTheOther: both have the project's id, and each verb is about the
// folder that it is called in, while the other is served, too.
func TestACopyIsNotTakenForTheOther(t *testing.T) {
	w := newWorld(t)
	w.ok("data", "snapshot", "weather")
	copied := w.copied()
	lay(t, filepath.Join(copied, "data/weather.csv"), "changed\n")
	if out := w.ok("data", "status", "weather", "--project", copied); !strings.Contains(out, "changed") {
		t.Errorf("the copy is %s", out)
	}
	if out := w.ok("data", "status", "weather"); !strings.Contains(out, "clean") {
		t.Errorf("the first is %s", out)
	}
	w.ok("data", "snapshot", "weather", "--project", copied)
	w.ok("stop", "--project", copied)
	if out := w.ok("data", "log", "weather"); strings.Contains(out, "v2") {
		t.Errorf("the first has the copy's snapshot: %s", out)
	}
	w.ok("stop")
}

// TestCopiesCanBeMerged: each writes a journal of its own, so that all that was done in either
// is there when their folders are put together, as a program does that synchronises them.
func TestCopiesCanBeMerged(t *testing.T) {
	w := newWorld(t)
	w.ok("data", "snapshot", "weather", "-m", "before both")
	copied := w.copied()
	for dir, what := range map[string]string{w.dir: "in the first", copied: "in the copy"} {
		lay(t, filepath.Join(dir, "data/weather.csv"), what+"\n")
		w.ok("data", "snapshot", "weather", "-m", what, "--project", dir)
		w.ok("stop", "--project", dir)
	}
	cp(t, "-an", copied+"/.rondo/.", w.dir+"/.rondo/")
	log := w.ok("data", "log", "weather")
	for _, what := range []string{"before both", "in the first", "in the copy"} {
		if !strings.Contains(log, what) {
			t.Errorf("no snapshot %q in\n%s", what, log)
		}
	}
	w.ok("fsck")
	w.ok("stop")
}

// TestACopyWhereAnotherWas is a writer of its own, too: what was done in the one that is gone
// from there can still be merged with what is done in it.
func TestACopyWhereAnotherWas(t *testing.T) {
	w := newWorld(t)
	w.ok("data", "snapshot", "weather")
	copied := w.copied()
	does := func(what string) {
		lay(t, filepath.Join(copied, "data/weather.csv"), what+"\n")
		w.ok("data", "snapshot", "weather", "-m", what, "--project", copied)
		w.ok("stop", "--project", copied)
	}
	does("in the former copy")
	former := copied + "-former"
	if err := os.Rename(copied, former); err != nil {
		t.Fatal(err)
	}
	w.ok("stop")
	cp(t, "-a", w.dir, copied)
	does("in the copy")
	for _, dir := range []string{former, copied} {
		cp(t, "-an", dir+"/.rondo/.", w.dir+"/.rondo/")
	}
	log := w.ok("data", "log", "weather")
	for _, what := range []string{"in the former copy", "in the copy"} {
		if !strings.Contains(log, what) {
			t.Errorf("no snapshot %q in\n%s", what, log)
		}
	}
	w.ok("fsck")
	w.ok("stop")
}

// copied copies the project's folder with all that is in it.
func (w *world) copied() string {
	w.t.Helper()
	to := filepath.Join(w.t.TempDir(), "copy")
	cp(w.t, "-a", w.dir, to)
	return to
}

func cp(t *testing.T, how, from, to string) {
	t.Helper()
	if out, err := exec.Command("cp", how, from, to).CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
}

// TestAProjectThatMovedUnderItsServer says so, and goes on where it is after a stop.
func TestAProjectThatMovedUnderItsServer(t *testing.T) {
	w := newWorld(t)
	w.ok("data", "snapshot", "weather")
	was := w.dir
	w.dir = filepath.Join(t.TempDir(), "moved")
	if err := os.Rename(was, w.dir); err != nil {
		t.Fatal(err)
	}
	if r := w.run("data", "status"); r.code != 4 || !strings.Contains(r.err, "moved to "+w.dir) || !strings.Contains(r.err, "rondo stop") {
		t.Errorf("%+v", r)
	}
	w.ok("stop")
	if out := w.ok("data", "status", "weather"); !strings.Contains(out, "clean") {
		t.Error(out)
	}
	if _, err := os.Stat(was); err == nil {
		t.Errorf("%s is there again", was)
	}
	w.ok("stop")
}
