package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAFolderAsItReallyIsBecomesADataset by the lines that its refusal tells, and a checkout of what was
// taken before a rule says what it leaves.
func TestAFolderAsItReallyIsBecomesADataset(t *testing.T) {
	w := newWorld(t)
	lay(t, filepath.Join(w.dir, "set/a.txt"), "one\n")
	lay(t, filepath.Join(w.dir, "set/log.txt"), "old\n")
	if err := os.Symlink("/", filepath.Join(w.dir, "set/out")); err != nil {
		t.Fatal(err)
	}
	refused := w.run("data", "add", "set")
	_, line, found := strings.Cut(refused.err, "by this line in .rondoignore of the project folder: ")
	if refused.code != 2 || !found {
		t.Fatalf("code %d\n%s", refused.code, refused.err)
	}
	lay(t, filepath.Join(w.dir, ".rondoignore"), line)
	w.ok("data", "add", "set")
	lay(t, filepath.Join(w.dir, ".rondoignore"), line+"log.txt\n[oops\n")
	if r := w.run("data", "status", "set"); r.code == 0 || !strings.Contains(r.err, `.rondoignore cannot be followed: line`) || !strings.Contains(r.err, "[oops") {
		t.Errorf("code %d\n%s", r.code, r.err)
	}
	lay(t, filepath.Join(w.dir, ".rondoignore"), line+"log.txt\n")
	lay(t, filepath.Join(w.dir, "set/log.txt"), "mine\n")
	for _, step := range []struct {
		verb, says string
	}{
		{"status set", "set: changed, 1 file of set@1 is ignored now (.rondoignore): the next snapshot is without it\n  ignored  log.txt"},
		{"checkout set@1", "Left as it was, since .rondoignore leaves it out: set/log.txt."},
		{"checkout set@1 log.txt", "Left as it was, since .rondoignore leaves it out: set/log.txt."},
		{"checkout --json set@1", `"left":["set/log.txt"]`},
		{"snapshot set", "set@2  1 file, 4 B"},
		{"status set", "clean, as in set@2\nLeft out by .rondoignore: 2 files\n  /set/out  .rondoignore:1  1 file  out\n  log.txt   .rondoignore:2  1 file  log.txt"},
	} {
		if got := w.ok(append([]string{"data"}, strings.Fields(step.verb)...)...); !strings.Contains(got, step.says) {
			t.Errorf("data %s does not say %q:\n%s", step.verb, step.says, got)
		}
	}
}

// TestAPullTellsWhatItLeaves, of all and of a part, as a checkout does.
func TestAPullTellsWhatItLeaves(t *testing.T) {
	w := newWorld(t)
	lay(t, filepath.Join(w.dir, "set/a.txt"), "one\n")
	lay(t, filepath.Join(w.dir, "set/log.txt"), "old\n")
	w.ok("data", "add", "set")
	w.ok("data", "remote", "disk", filepath.Join(t.TempDir(), "remote"))
	w.ok("data", "push")
	lay(t, filepath.Join(w.dir, ".rondoignore"), "log.txt\n")
	lay(t, filepath.Join(w.dir, "set/log.txt"), "mine\n")
	const left = "Left as it was, since .rondoignore leaves it out: set/log.txt."
	w.check([]expect{
		{"data pull set", 0, []string{"set is set@1 now", left}},
		{"data pull set log.txt", 0, []string{left, "All else that was named is as in set@1 now"}},
		{"data pull", 0, []string{left}},
		{"data pull set --json", 0, []string{`"left":["set/log.txt"]`}},
	})
}
