package dvc_test

import (
	"context"
	"fmt"
	"io/fs"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
)

const expPipeline = `stages:
  train:
    cmd: cp params.yaml model.txt && printf '{"score":%s}' $(cut -d' ' -f2 params.yaml) > m.json
    params: [n]
    outs: [model.txt]
    metrics: [m.json: {cache: false}]
`

// newExps is a project with experiments that changed, added and removed files and data, and
// its twin.
func newExps(t *testing.T, seed int64) *history {
	t.Helper()
	dir := t.TempDir()
	h := &history{t: t, r: rand.New(rand.NewSource(seed)), main: filepath.Join(dir, "main"), twin: filepath.Join(dir, "twin")}
	t.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
	h.d = newDriver(t, realDVC(t))
	h.git(h.main, "init", "-b", "main", h.main)
	h.git(h.main, "config", "user.name", "a")
	h.git(h.main, "config", "user.email", "a@b")
	h.d.must(h.main, "init")
	for name, text := range map[string]string{"dvc.yaml": expPipeline, "params.yaml": "n: 1\n", "a.txt": "a\n", "b.txt": "b\n", "d/c.txt": "c\n", "d/e/f.txt": "f\n", "run.sh": "true\n", "data/1.txt": "one", "data/2.txt": "two"} {
		h.write(name, text)
	}
	if err := os.Symlink("a.txt", filepath.Join(h.main, "link")); err != nil {
		t.Skip(err)
	}
	h.d.must(h.main, "add", "data")
	h.d.must(h.main, "repro")
	h.git(h.main, "add", "-A")
	h.git(h.main, "commit", "-m", "base")
	for i := range 4 {
		h.experiment(fmt.Sprintf("exp-%d", i))
	}
	if err := os.CopyFS(h.twin, os.DirFS(h.main)); err != nil {
		t.Fatal(err)
	}
	h.gone("data")
	h.gone("model.txt")
	h.d.must(h.main, "checkout")
	h.d.must(h.twin, "checkout") // it knows now that it has brought them
	return h
}

// experiment keeps a few changes as one, and takes them back.
func (h *history) experiment(name string) {
	h.write("params.yaml", fmt.Sprintf("n: %d\n", 2+h.r.Intn(50)))
	h.d.must(h.main, "repro")
	for _, change := range h.r.Perm(8)[:3] {
		switch change {
		case 0:
			h.write("a.txt", name)
		case 1:
			h.git(h.main, "rm", "-q", "b.txt")
		case 2:
			h.write("new/x.txt", name)
			h.git(h.main, "add", "new")
		case 3:
			h.git(h.main, "rm", "-q", "-r", "d")
		case 4:
			h.write("data/3.txt", name)
			h.d.must(h.main, "add", "data")
		case 5:
			h.write("link", "no link any more")
		case 6:
			_ = os.Chmod(filepath.Join(h.main, "run.sh"), 0o755)
		case 7:
			h.d.must(h.main, "remove", "data.dvc")
		}
	}
	h.d.must(h.main, "exp", "save", "-n", name)
	h.git(h.main, "reset", "--hard")
	h.git(h.main, "clean", "-fdq")
	h.d.must(h.main, "checkout", "--force")
}

// disturb is what a person does meanwhile, in both.
func (h *history) disturb() {
	h.n++
	text := fmt.Sprintf("work %d\n", h.n)
	switch what := h.r.Intn(12); what {
	case 0:
		h.both("a.txt", text)
	case 1:
		h.gone("b.txt")
	case 2:
		h.both("note.txt", text)
	case 3:
		h.both("staged.txt", text)
		h.inBoth("add", "staged.txt")
	case 4:
		h.both("a.txt", text)
		h.inBoth("add", "a.txt")
		h.both("a.txt", text+text)
	case 5:
		h.inBoth("rm", "-q", "--cached", "--ignore-unmatch", "b.txt")
	case 6: // with a mode alone, dvc keeps nothing
		h.both("run.sh", text)
		for _, dir := range []string{h.main, h.twin} {
			_ = os.Chmod(filepath.Join(dir, "run.sh"), 0o755)
		}
	case 7:
		h.both("new/x.txt", text)
	case 8:
		h.both("data/1.txt", text)
	case 9:
		h.gone("model.txt")
	case 10:
		h.both("params.yaml", "n: 99\n")
	case 11:
		h.inBoth("add", "-N", ".")
	}
}

func (h *history) inBoth(args ...string) {
	h.git(h.main, args...)
	h.git(h.twin, args...)
}

// commitInBoth makes the same commit in both, also where a second goes by in between.
func (h *history) commitInBoth(message string) {
	h.t.Helper()
	now := fmt.Sprintf("@%d +0000", time.Now().Unix())
	for _, dir := range []string{h.main, h.twin} {
		cmd := exec.Command("git", "-C", dir, "commit", "-q", "-a", "-m", message)
		cmd.Env = append(gitEnv(), "GIT_AUTHOR_DATE="+now, "GIT_COMMITTER_DATE="+now)
		if out, err := cmd.CombinedOutput(); err != nil {
			h.t.Fatalf("git commit: %v\n%s", err, out)
		}
	}
}

// TestExperimentsAreAppliedAsByDVC applies experiments over work at random by dvc and by
// Rondo. Folder, index, refs and what was kept of the work are the same.
func TestExperimentsAreAppliedAsByDVC(t *testing.T) {
	for seed := range int64(setting("DVC_HISTORIES", 2)) {
		h := newExps(t, int64(setting("DVC_SEED", 0))+seed)
		for range 6 {
			h.log = nil
			if h.r.Intn(3) == 0 {
				h.inBoth("reset", "-q", "--hard")
				h.inBoth("clean", "-fdq")
			}
			for range h.r.Intn(4) {
				h.disturb()
			}
			name := fmt.Sprintf("exp-%d", h.r.Intn(4))
			h.note("seed %d: apply %s over\n%s", seed, name, gitSaid(t, h.main, "status", "--porcelain", "-uall"))
			h.d.must(h.twin, "exp", "apply", name)
			p := open(t, h.main)
			if _, err := p.Apply(context.Background(), name, true); err != nil {
				t.Fatalf("%s\n%v", joined(h.log), err)
			}
			sameText(t, joined(h.log), h.all(h.main), h.all(h.twin))
		}
		sameText(t, "exp show", h.d.must(h.main, "exp", "show", "--json"), h.d.must(h.twin, "exp", "show", "--json"))
		gitSaid(t, h.main, "fsck", "--strict")
	}
}

// sameText names the lines that only one of two texts has.
func sameText(t *testing.T, what, here, there string) {
	t.Helper()
	if here == there {
		return
	}
	var diff []string
	for _, side := range [][3]string{{"rondo", here, there}, {"dvc  ", there, here}} {
		for line := range strings.Lines(side[1]) {
			if !strings.Contains(side[2], line) {
				diff = append(diff, side[0]+" "+line)
			}
		}
	}
	t.Fatalf("%s\n%s", what, strings.Join(diff, ""))
}

// all is what git, dvc and the disk have of a project.
func (h *history) all(dir string) string {
	h.t.Helper()
	var out strings.Builder
	fmt.Fprintln(&out, gitSaid(h.t, dir, "status", "--porcelain", "-uall"))
	for line := range strings.Lines(gitSaid(h.t, dir, "for-each-ref", "--format=%(refname) %(objectname)") + gitSaid(h.t, dir, "symbolic-ref", "HEAD")) {
		if !strings.Contains(line, "apply/stash") { // it has the time in it
			out.WriteString(line)
		}
	}
	if _, err := os.Stat(filepath.Join(h.twin, ".git/refs/exps/apply/stash")); err == nil { // Rondo does not take an earlier one away
		for _, part := range []string{"", "^1", "^2", "^3"} {
			if text, err := gitTry(dir, "log", "-1", "--format=%s", "refs/exps/apply/stash"+part, "--"); err == nil {
				fmt.Fprintln(&out, text, gitSaid(h.t, dir, "ls-tree", "-r", "refs/exps/apply/stash"+part))
			}
		}
	}
	_ = filepath.WalkDir(dir, func(at string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(dir, at)
		if rel == ".git" || rel == filepath.FromSlash(".dvc/tmp") || rel == filepath.FromSlash(".dvc/cache") {
			return fs.SkipDir
		}
		if err == nil && !d.IsDir() {
			b, _ := os.ReadFile(at)
			link, _ := os.Readlink(at)
			info, _ := d.Info()
			fmt.Fprintf(&out, "%s %v %s %q\n", rel, info.Mode()&0o100 != 0, link, b)
		}
		return nil
	})
	fmt.Fprintln(&out, canonical(h.d.json(dir, "status", "--json")))
	return out.String()
}

func gitTry(dir string, args ...string) (string, error) {
	cmd := exec.Command("git", append([]string{"-C", dir}, args...)...)
	cmd.Env = gitEnv()
	out, err := cmd.Output()
	return string(out), err
}

func gitSaid(t *testing.T, dir string, args ...string) string {
	t.Helper()
	out, err := gitTry(dir, args...)
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return out
}

// TestApplyLosesNoWork applies over what neither git nor the cache has: nothing is changed
// until force is said. What git keeps is found again, also after a second time.
func TestApplyLosesNoWork(t *testing.T) {
	h := newExps(t, 1)
	h.write("params.yaml", "n: 7\n")
	h.d.must(h.main, "repro")
	h.write("secret.env", "theirs")
	h.git(h.main, "add", "secret.env")
	h.d.must(h.main, "exp", "save", "-n", "last")
	h.git(h.main, "reset", "--hard")
	h.d.must(h.main, "checkout", "--force")
	h.write(".gitignore", "/data\n/model.txt\nsecret.env\n")
	h.git(h.main, "commit", "-a", "-m", "ignore")
	for name, text := range map[string]string{"model.txt": "trained for a week", "secret.env": "mine"} {
		h.write(name, text)
		before := h.all(h.main)
		_, err := open(t, h.main).Apply(context.Background(), "last", false)
		if !errs.Is(err, errs.Conflict) || !strings.Contains(err.Error(), name) || h.all(h.main) != before {
			t.Fatalf("%s: %v", name, err)
		}
		h.git(h.main, "clean", "-fdqx", name)
		h.d.must(h.main, "checkout", "--force")
	}
	h.write("a.txt", "first")
	h.apply("last")
	h.write("a.txt", "second")
	h.apply("exp-1")
	for i, want := range []string{"second", "first"} {
		if got := gitSaid(t, h.main, "show", fmt.Sprintf("refs/exps/apply/stash@{%d}:a.txt", i)); got != want {
			t.Errorf("stash %d has %q", i, got)
		}
	}
}

func (h *history) apply(name string) dvc.Applied {
	h.t.Helper()
	done, err := open(h.t, h.main).Apply(context.Background(), name, false)
	if err != nil {
		h.t.Fatal(err)
	}
	return done
}
