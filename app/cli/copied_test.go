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
// folder that it is called in.
func TestACopyIsNotTakenForTheOther(t *testing.T) {
	w := newWorld(t)
	w.ok("data", "snapshot", "weather")
	copied := filepath.Join(t.TempDir(), "copy")
	if out, err := exec.Command("cp", "-a", w.dir, copied).CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	lay(t, filepath.Join(copied, "data/weather.csv"), "changed\n")
	for _, verb := range [][]string{{"data", "status"}, {"data", "snapshot", "weather"}, {"serve"}, {"open", "--print"}, {"stop"}} {
		r := w.run(append(verb, "--project", copied)...)
		if r.code != 4 || !strings.Contains(r.err, copied+" is a copy of "+w.dir) || !strings.Contains(r.err, "rondo stop --project "+w.dir) {
			t.Errorf("rondo %s in the copy: %+v", strings.Join(verb, " "), r)
		}
	}
	w.ok("stop", "--project", w.dir)
	if out := w.ok("data", "status", "weather", "--project", copied); !strings.Contains(out, "changed") {
		t.Errorf("the copy is %s", out)
	}
	w.ok("stop", "--project", copied)
	if out := w.ok("data", "status", "weather"); !strings.Contains(out, "clean") {
		t.Errorf("the first is %s", out)
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
