package cli_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// newExpsWorld is a DVC project in git with two experiments: of them, far changes many files
// and the data.
func newExpsWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, home: t.TempDir(), dir: t.TempDir()}
	w.beginExps()
	t.Cleanup(func() { w.run("stop", "--project", w.dir) })
	return w
}

func (w *world) beginExps() {
	w.env = append(os.Environ(), "RONDO_TEST_MAIN=1", "RONDO_HOME="+w.home, "HOME="+w.home, "XDG_CONFIG_HOME="+w.home, "RONDO_ACTOR=ann", "DISPLAY=", "WAYLAND_DISPLAY=", "SHELL=/bin/sh")
	writeAll(w.t, w.dir, map[string]string{
		".dvc/config": "", ".dvc/.gitignore": "/config.local\n/tmp\n/cache\n", "a.txt": "a\n", "data/1": "one", "metrics.json": `{"score": 1}`,
		"dvc.yaml": "metrics: [metrics.json]\n",
	})
	for i := range 150 {
		w.file(fmt.Sprintf("many/%d.txt", i), "base\n")
	}
	w.ok("data", "add", "data")
	gitSays(w.t, w.dir, "init", "-q", "-b", "main")
	gitSays(w.t, w.dir, "config", "user.name", "ann")
	gitSays(w.t, w.dir, "config", "user.email", "ann@x")
	w.file(".gitignore", "/data\n/.rondo\n/.rondo-id\n/filler\n")
	gitSays(w.t, w.dir, "add", "-A")
	gitSays(w.t, w.dir, "commit", "-q", "-m", "base")
	w.file("a.txt", "near\n")
	w.ok("exps", "save", "--name", "near")
	for i := range 150 {
		w.file(fmt.Sprintf("many/%d.txt", i), strings.Repeat("far\n", 200))
	}
	w.file("metrics.json", `{"score": 2}`)
	w.file("data/2", "two")
	w.file("added.txt", "added")
	w.ok("exps", "save", "--name", "far", "--include-untracked", "added.txt")
	w.restart()
}

// restart makes the folder as the last commit has it.
func (w *world) restart() {
	w.t.Helper()
	gitSays(w.t, w.dir, "reset", "-q", "--hard")
	gitSays(w.t, w.dir, "clean", "-fdq")
	w.ok("data", "checkout", "--force")
}

// TestExpsVerbs calls each verb as it should be and as it should not.
func TestExpsVerbs(t *testing.T) {
	w := newExpsWorld(t)
	w.file("loose.txt", "loose")
	w.check([]expect{
		{"exps", 0, []string{"near", "far", "score=2"}},
		{"exps x", 2, []string{"usage: rondo exps"}},
		{"exps save --name far", 4, []string{"there is an experiment far already", "--force"}},
		{"exps save --name a/b", 2, []string{"is no name of an experiment"}},
		{"exps save nothing", 3, []string{"DVC tracks no nothing"}},
		{"exps save --include-untracked none", 3, []string{"there is no none"}},
		{"exps save --include-untracked ../x", 2, []string{"outside of the project"}},
		{"exps save --name third --json", 0, []string{`"name": "third"`, `"ref": "`, `"loose.txt"`}},
		{"exps save --name third --force -m why", 0, []string{"Saved as the experiment third", "loose.txt", "--include-untracked"}},
		{"exps save", 0, []string{"Saved as the experiment exp-"}},
		{"exps apply", 2, []string{"usage: rondo exps apply NAME"}},
		{"exps apply nope", 3, []string{"no experiment, commit, branch or tag nope", "rondo exps"}},
		{"exps apply far", 0, []string{"W  many/7.txt", "W  data", "The folder is as far left it."}},
		{"exps apply main --json", 0, []string{`"written"`, `"kept"`, `"data"`}},
		{"exps branch near", 0, []string{"near-branch is a branch of git now"}},
		{"exps branch near", 4, []string{"git has a branch near-branch already"}},
		{"exps branch near better --json", 0, []string{`"branch": "better"`}},
		{"exps branch nope x", 3, []string{"nope"}},
		{"exps branch near a..b", 2, []string{"a..b"}},
		{"exps rename near far", 4, []string{"there is an experiment far already"}},
		{"exps rename nope x", 3, []string{"there is no experiment nope"}},
		{"exps rename near closer --json", 0, []string{`"to": "closer"`}},
		{"exps remove", 2, []string{"name experiments, or say"}},
		{"exps remove third nope", 3, []string{"there is no experiment nope"}},
		{"exps remove third --json", 0, []string{`"removed"`, `"third"`}},
		{"exps remove closer", 0, []string{"Removed: closer"}},
		{"exps remove --rev HEAD", 0, []string{"far"}},
		{"exps remove --all-commits", 0, []string{"There are no experiments to remove."}},
		{"exps --json", 0, []string{"[]"}},
	})
	for _, verb := range []string{"apply", "branch", "rename", "remove", "save"} {
		if out := w.ok("help", "exps", verb); !strings.Contains(out, "usage: rondo exps "+verb) || !strings.Contains(out, "  rondo exps "+verb+" ") || !strings.Contains(out, "--json") {
			t.Errorf("the help of exps %s:\n%s", verb, out)
		}
	}
	gitSays(t, w.dir, "fsck", "--strict")
}

// TestApplyIsKilledAndRepeated kills an apply at moments at random. git goes on, what was worked
// on is kept, and the next apply ends it.
func TestApplyIsKilledAndRepeated(t *testing.T) {
	w := newExpsWorld(t)
	began := time.Now()
	w.ok("exps", "apply", "far")
	whole := time.Since(began)
	early := 0
	for n := range 24 {
		w.restart()
		work := fmt.Sprintf("work %d\n", n)
		w.file("a.txt", work)
		cmd := w.command("exps", "apply", "far")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(rand.Int64N(int64(whole) * 6 / 5)))
		_ = cmd.Process.Kill()
		if cmd.Wait() != nil {
			early++
		}
		gitSays(t, w.dir, "status", "--porcelain")
		gitSays(t, w.dir, "fsck", "--strict")
		if out, err := exec.Command("git", "-C", w.dir, "show", "refs/exps/apply/stash:a.txt").CombinedOutput(); err != nil || string(out) != work {
			if b, _ := os.ReadFile(filepath.Join(w.dir, "a.txt")); string(b) != work {
				t.Fatalf("the work is neither in the folder (%q) nor kept: %s", b, out)
			}
		}
		if n%4 == 0 && !w.locked() {
			if _, is := askDVC(t, w, "exp", "apply", "far"); is {
				w.isFar()
				continue
			}
		}
		w.ok("exps", "apply", "far")
		w.isFar()
		if log := gitSays(t, w.dir, "log", "-g", "--format=%H", "refs/exps/apply/stash"); !w.keeps(strings.Fields(log), work) {
			t.Fatalf("the work of %d is kept no more", n)
		}
	}
	if early == 0 {
		t.Error("none was killed before its end")
	}
}

// locked reports whether a lock of git's is there: left by who was killed in the very moment, and
// for Rondo alone to take away, since nobody else knows whose it is.
func (w *world) locked() (is bool) {
	_ = filepath.WalkDir(filepath.Join(w.dir, ".git"), func(path string, _ fs.DirEntry, _ error) error {
		is = is || strings.HasSuffix(path, ".lock")
		return nil
	})
	return is
}

func (w *world) keeps(stashes []string, work string) bool {
	for _, at := range stashes {
		if out, err := exec.Command("git", "-C", w.dir, "show", at+":a.txt").Output(); err == nil && string(out) == work {
			return true
		}
	}
	return false
}

// isFar fails unless the folder is as the experiment far left it.
func (w *world) isFar() {
	w.t.Helper()
	want := map[string]string{"a.txt": "near\n", "metrics.json": `{"score": 2}`, "data/2": "two", "added.txt": "added"}
	for i := range 150 {
		want[fmt.Sprintf("many/%d.txt", i)] = strings.Repeat("far\n", 200)
	}
	for name, text := range want {
		if b, err := os.ReadFile(filepath.Join(w.dir, name)); err != nil || string(b) != text {
			w.t.Fatalf("%s holds %.40q, %v", name, b, err)
		}
	}
	if index := gitSays(w.t, w.dir, "diff", "--cached", "--name-only"); index != "" {
		w.t.Fatalf("the index is not HEAD's: %s", index)
	}
}

// TestExpsOfALinkedWorktree saves and applies in a second work tree of the repository, whose
// index and HEAD are its own.
func TestExpsOfALinkedWorktree(t *testing.T) {
	w := newExpsWorld(t)
	other := filepath.Join(t.TempDir(), "other")
	gitSays(t, w.dir, "worktree", "add", "-q", "-b", "side", other)
	main := w.dir
	w.dir = other
	w.file(".dvc/config.local", "[cache]\n    dir = "+filepath.Join(main, ".dvc", "cache")+"\n")
	w.file("a.txt", "work in the other\n")
	var done struct{ Kept string }
	if err := json.Unmarshal([]byte(w.ok("exps", "apply", "near", "--json")), &done); err != nil || done.Kept == "" {
		t.Fatalf("%+v, %v", done, err)
	}
	if got := gitSays(t, other, "status", "--porcelain"); got != "M a.txt" {
		t.Errorf("status there: %q", got)
	}
	if got := gitSays(t, main, "status", "--porcelain"); got != "" {
		t.Errorf("status in the first: %q", got)
	}
	w.file("b.txt", "new\n")
	w.ok("exps", "save", "--name", "beside", "--include-untracked", "b.txt")
	if got := gitSays(t, main, "ls-tree", "--name-only", gitSays(t, main, "for-each-ref", "--format=%(refname)", "refs/exps/*/*/beside")); !strings.Contains(got, "b.txt") {
		t.Errorf("the experiment has %q", got)
	}
	w.dir = main
	w.ok("exps", "apply", "beside")
	if b, _ := os.ReadFile(filepath.Join(main, "b.txt")); string(b) != "new\n" {
		t.Errorf("in the first work tree came %q", b)
	}
	gitSays(t, main, "fsck", "--strict")
}
