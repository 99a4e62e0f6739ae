package cli_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/interop/dvc"
)

// merging is a repository in which two branches change what began the same.
type merging struct {
	t *testing.T
	w *world
}

func newMerging(t *testing.T) merging {
	t.Helper()
	w := &world{t: t, home: t.TempDir(), dir: t.TempDir()}
	w.env = append(os.Environ(), "RONDO_TEST_MAIN=1", "RONDO_HOME="+w.home, "HOME="+w.home, "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@b", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@b")
	t.Cleanup(func() { w.run("stop", "--project", w.dir) })
	m := merging{t, w}
	m.git("init", "-q", "-b", "main")
	writeAll(t, w.dir, map[string]string{".dvc/config": "", ".dvc/.gitignore": "/tmp\n/cache\n", "dvc.yaml": "stages:\n  a:\n    cmd: run a\n    outs: [a.txt]\n", "rondo.yaml": "rondo: 1\nname: m\n"})
	return m
}

// git runs git with the program under test as the merge driver.
func (m merging) git(args ...string) (string, error) {
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Env = m.w.dir, m.w.env
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (m merging) must(args ...string) {
	m.t.Helper()
	if out, err := m.git(args...); err != nil {
		m.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

func (m merging) write(files map[string]string) {
	m.t.Helper()
	writeAll(m.t, m.w.dir, files)
	m.must("add", "-A")
	m.must("commit", "-q", "-m", "step")
}

// branches commits base, then ours on main and theirs on other.
func (m merging) branches(base, ours, theirs map[string]string) {
	m.t.Helper()
	m.write(base)
	m.must("switch", "-q", "-c", "other")
	m.write(theirs)
	m.must("switch", "-q", "main")
	m.write(ours)
}

func (m merging) read(name string) string {
	m.t.Helper()
	b, err := os.ReadFile(filepath.Join(m.w.dir, name))
	if err != nil {
		m.t.Fatal(err)
	}
	return string(b)
}

func dvcLockOf(stages ...string) map[string]string {
	text := "schema: '2.0'\nstages:\n"
	rondo := "schema: rondo 1\nstages:\n"
	for _, s := range stages {
		name, n, _ := strings.Cut(s, "=")
		text += fmt.Sprintf("  %s:\n    cmd: run %s\n    outs:\n    - path: %s.txt\n      hash: md5\n      md5: %s\n      size: 1\n", name, name, name, strings.Repeat(n, 31)+"f")
		rondo += fmt.Sprintf("  %s:\n    cmd: [run %s]\n    outs:\n    - path: %s.txt\n      sha256: %s\n      size: 1\n", name, name, name, strings.Repeat(n, 63)+"f")
	}
	return map[string]string{"dvc.lock": text, "rondo.lock": rondo}
}

// TestGitMergesLocksByStage lets real git merge both locks: what one side changed is taken,
// what both changed is left out, and there are no markers.
func TestGitMergesLocksByStage(t *testing.T) {
	m := newMerging(t)
	m.w.ok("merge-lock", "--install")
	m.branches(dvcLockOf("a=1", "b=1", "c=1", "gone=1"), dvcLockOf("a=2", "b=1", "c=2", "mine=1"), dvcLockOf("a=1", "b=3", "c=3", "gone=1", "new=1"))
	if out, err := m.git("merge", "-q", "--no-edit", "other"); err != nil {
		t.Fatalf("git merge: %v\n%s", err, out)
	}
	if got, want := m.read("dvc.lock"), dvcLockOf("a=2", "b=3", "mine=1", "new=1")["dvc.lock"]; got != want {
		t.Errorf("dvc.lock is\n%s\nwant\n%s", got, want)
	}
	rondo := m.read("rondo.lock")
	for _, has := range []string{"a:", strings.Repeat("2", 63), strings.Repeat("3", 63), "mine:", "new:"} {
		if !strings.Contains(rondo, has) {
			t.Errorf("rondo.lock lacks %s:\n%s", has, rondo)
		}
	}
	if strings.Contains(rondo, "  c:") || strings.Contains(rondo, "gone:") || strings.Contains(rondo, "<<<<") {
		t.Errorf("rondo.lock holds what both sides changed:\n%s", rondo)
	}
}

// TestOpenMergesAreDecided merges without the driver, which leaves markers, and then asks for it.
func TestOpenMergesAreDecided(t *testing.T) {
	for _, forgotten := range []bool{false, true} {
		m := newMerging(t)
		m.branches(dvcLockOf("a=1", "b=1"), dvcLockOf("a=2", "b=1"), dvcLockOf("a=3", "b=1"))
		if out, err := m.git("-c", "merge.conflictStyle=diff3", "merge", "--no-edit", "other"); err == nil {
			t.Fatalf("git could decide it:\n%s", out)
		}
		if forgotten { // and somebody commits the markers
			m.must("add", "-A")
			m.must("commit", "-q", "-m", "markers")
		}
		for _, verb := range [][]string{{"data", "status"}, {"status"}} { // it opens as if it were merged, and looking writes nothing
			m.w.ok(verb...)
		}
		if !strings.Contains(m.read("dvc.lock"), "<<<<") || !strings.Contains(m.read("rondo.lock"), "<<<<") {
			t.Error("looking at a merge that is open has decided it")
		}
		m.w.ok("merge-lock", "dvc.lock")
		m.w.ok("merge-lock", "rondo.lock")
		if got, want := m.read("dvc.lock"), dvcLockOf("b=1")["dvc.lock"]; got != want {
			t.Errorf("dvc.lock is\n%s", got)
		}
		if got := m.read("rondo.lock"); strings.Contains(got, "  a:") || !strings.Contains(got, "  b:") {
			t.Errorf("rondo.lock is\n%s", got)
		}
	}
}

// TestGitMergesTrackedFolders merges a folder that both branches changed, file by file, and
// refuses one in which both changed the same file.
func TestGitMergesTrackedFolders(t *testing.T) {
	m := newMerging(t)
	m.w.ok("merge-lock", "--install")
	add := func(files map[string]string) {
		t.Helper()
		writeAll(t, m.w.dir, files)
		p, err := dvc.Open(m.w.dir)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		if err := p.Add(context.Background(), "images"); err != nil {
			t.Fatal(err)
		}
		m.must("add", "-A")
		m.must("commit", "-q", "-m", "step")
	}
	add(map[string]string{"images/1": "one", "images/2": "two"})
	m.must("switch", "-q", "-c", "other")
	add(map[string]string{"images/2": "zwei", "images/4": "four"})
	m.must("switch", "-q", "-c", "clash")
	add(map[string]string{"images/1": "uno"})
	m.must("switch", "-q", "main")
	m.w.ok("data", "checkout", "--force")
	add(map[string]string{"images/1": "eins", "images/3": "three"})
	if out, err := m.git("merge", "-q", "--no-edit", "other"); err != nil {
		t.Fatalf("git merge: %v\n%s", err, out)
	}
	m.w.ok("data", "checkout", "--force")
	for name, want := range map[string]string{"1": "eins", "2": "zwei", "3": "three", "4": "four"} {
		if got := m.read("images/" + name); got != want {
			t.Errorf("images/%s is %q, want %q", name, got, want)
		}
	}
	if said, ok := askDVC(t, m.w, "status"); ok && strings.Contains(said, "images") {
		t.Errorf("dvc says %s", said)
	}
	before := m.read("images.dvc")
	out, err := m.git("merge", "-q", "--no-edit", "clash")
	if err == nil || !strings.Contains(out, "both sides changed 1") || m.read("images.dvc") != before {
		t.Errorf("%v\n%s\n%s", err, out, m.read("images.dvc"))
	}
}

// TestAMergeIsTheReasonOfAStage of rondo.lock, while it goes on and after it; not of one that
// has never run.
func TestAMergeIsTheReasonOfAStage(t *testing.T) {
	m := newMerging(t)
	m.write(map[string]string{"rondo.yaml": "rondo: 1\nname: m\nstages:\n  fit:\n    cmd: run fit\n    outs: [fit.txt]\n  new:\n    cmd: run new\n    outs: [new.txt]\n"})
	lock := func(stage string) map[string]string {
		return map[string]string{"rondo.lock": dvcLockOf(stage)["rondo.lock"]}
	}
	m.branches(lock("fit=1"), lock("fit=2"), lock("fit=3"))
	if out, err := m.git("merge", "--no-edit", "other"); err == nil {
		t.Fatalf("git could decide it:\n%s", out)
	}
	want := func(when string) {
		t.Helper()
		out := m.w.ok("status")
		if strings.Count(out, "both sides of a merge changed what is recorded of it") != 1 || strings.Count(out, "it has never run here") != 1 {
			t.Errorf("%s:\n%s", when, out)
		}
	}
	want("while it is open")
	m.w.ok("merge-lock", "rondo.lock")
	m.write(nil)
	want("after it")
}
