package cli_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func gitSays(t *testing.T, dir string, args ...string) string {
	t.Helper()
	out, err := exec.Command("git", append([]string{"-C", dir}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// TestASampleBeginsItsGitHistory: outside of any repository it becomes one, with its
// code committed and its data not.
func TestASampleBeginsItsGitHistory(t *testing.T) {
	w := newWorld(t)
	if got := gitSays(t, w.dir, "log", "--format=%s"); got != "Begin with the weather sample" {
		t.Errorf("the history is %q", got)
	}
	if got := gitSays(t, w.dir, "ls-files"); got != ".gitignore\nparams.yaml\nrondo.yaml" {
		t.Errorf("committed are %q", got)
	}
}

// TestNothingIsCommittedToSomebodysRepository: a sample inside of one leaves the
// committing to its owner.
func TestNothingIsCommittedToSomebodysRepository(t *testing.T) {
	w := newWorld(t)
	outer := t.TempDir()
	gitSays(t, outer, "init", "-q")
	w.ok("init", "--sample", "weather", filepath.Join(outer, "inside"))
	if _, err := os.Stat(filepath.Join(outer, "inside", ".git")); err == nil {
		t.Error("init made a repository inside of another")
	}
	if out, err := exec.Command("git", "-C", outer, "rev-parse", "--verify", "HEAD").CombinedOutput(); err == nil {
		t.Errorf("something was committed: %s", out)
	}
}

// TestWhatHoldsNothingYetIsSound, and what was kept and is gone is not.
func TestWhatHoldsNothingYetIsSound(t *testing.T) {
	w := newWorld(t)
	w.ok("init", w.home+"/new")
	w.ok("fsck", "--project", w.home+"/new")
	w.ok("data", "snapshot", "weather")
	w.ok("stop")
	if err := os.RemoveAll(filepath.Join(w.dir, ".rondo/objects/packs")); err != nil {
		t.Fatal(err)
	}
	if r := w.run("fsck"); r.code == 0 {
		t.Errorf("all objects are gone, and fsck says %s", r.out)
	}
}
