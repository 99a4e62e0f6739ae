package git_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"rondo/backend/errs"
	"rondo/backend/git"
	"rondo/backend/ref"
	"rondo/backend/store"
)

var ctx = context.Background()

// run runs the git of this machine, against which ours is judged.
func run(t *testing.T, dir string, args ...string) string {
	t.Helper()
	return inputTo(t, dir, "", args...)
}

// inputTo is run with something to read.
func inputTo(t *testing.T, dir, input string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(input)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimRight(string(out), "\n")
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// repository makes one with a commit, whose project is the folder sub.
func repository(t *testing.T, sub string) (top, project string) {
	t.Helper()
	t.Setenv("HOME", t.TempDir())
	top = t.TempDir()
	project = filepath.Join(top, sub)
	run(t, top, "init", "-q", "-b", "main")
	run(t, top, "config", "user.name", "Ann")
	run(t, top, "config", "user.email", "ann@example.com")
	write(t, project, "train.py", "print('one')\n")
	write(t, project, "lib/features.py", "def f():\n    return 1\n")
	write(t, project, "old.py", "gone soon\n")
	write(t, project, "run.sh", "#!/bin/sh\n")
	os.Chmod(filepath.Join(project, "run.sh"), 0o755)
	write(t, project, ".gitignore", "*.csv\n/out/\n")
	os.Symlink("/etc/hosts", filepath.Join(project, "hosts"))
	write(t, top, "elsewhere/other.txt", "not ours\n")
	run(t, top, "add", "-A")
	run(t, top, "commit", "-q", "-m", "first")
	return top, project
}

func open(t *testing.T, dir string) *git.Repo {
	t.Helper()
	r, err := git.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func status(t *testing.T, dir string) git.Dirty {
	t.Helper()
	d, err := open(t, dir).Status(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func openStore(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestHeadAndStatusAgreeWithGit(t *testing.T) {
	for _, sub := range []string{"", "projects/weather"} {
		top, dir := repository(t, sub)
		r := open(t, dir)
		h, err := r.Head()
		if err != nil || h.Commit != run(t, top, "rev-parse", "HEAD") || h.Branch != "main" {
			t.Fatalf("%q: head %+v, %v", sub, h, err)
		}
		if d := status(t, dir); d.Any() {
			t.Fatalf("%q: a clean tree is dirty: %+v", sub, d)
		}
		write(t, dir, "train.py", "print('two')\n")
		os.Remove(filepath.Join(dir, "old.py"))
		write(t, dir, "new.py", "new\n")
		write(t, dir, "data.csv", "a,b\n")
		write(t, dir, "out/model.bin", "ignored")
		write(t, dir, ".venv/pyvenv.cfg", "home = x\n")
		write(t, dir, "env/pyvenv.cfg", "home = x\n")
		write(t, top, "elsewhere/other.txt", "changed outside the project\n")
		os.Chmod(filepath.Join(dir, "lib/features.py"), 0o755)
		want := git.Dirty{Changed: []string{"lib/features.py", "train.py"}, Deleted: []string{"old.py"}, Untracked: []string{"new.py"}}
		if sub == "" {
			want.Changed = []string{"elsewhere/other.txt", "lib/features.py", "train.py"}
		}
		if d := status(t, dir); !reflect.DeepEqual(d, want) {
			t.Fatalf("%q: status\n%+v, want\n%+v", sub, d, want)
		}
		some, err := open(t, dir).Status(ctx, "new.py", "lib", "old.py")
		if err != nil || slices.Contains(some.Paths(), "new.py") || slices.Contains(some.Paths(), "lib/features.py") || !slices.Contains(some.Changed, "train.py") || len(some.Deleted) > 0 {
			t.Fatalf("%q: with exceptions: %+v %v", sub, some, err)
		}
		text, err := open(t, dir).Diff(ctx, want)
		for _, line := range []string{"-print('one')", "+print('two')", "-gone soon", "+new", "--- a/old.py", "+++ b/new.py"} {
			if err != nil || !strings.Contains(string(text), line) {
				t.Fatalf("%q: the diff lacks %q (%v):\n%s", sub, line, err, text)
			}
		}
	}
}

func TestSameSizeSameTimeEditIsSeen(t *testing.T) {
	_, dir := repository(t, "")
	path := filepath.Join(dir, "train.py")
	fi, _ := os.Stat(path)
	write(t, dir, "train.py", "print('1ne')\n")
	os.Chtimes(path, fi.ModTime(), fi.ModTime()) // as an edit within one tick of the clock looks
	if d := status(t, dir); len(d.Changed) != 1 {
		t.Fatalf("an edit of the same size and time is not seen: %+v", d)
	}
}

func TestNoRepository(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "train.py", "x\n")
	r := open(t, dir)
	h, err := r.Head()
	if r.Exists() || h != (git.Head{}) || err != nil {
		t.Fatalf("%v %+v %v", r.Exists(), h, err)
	}
	if d := status(t, dir); !reflect.DeepEqual(d.Untracked, []string{"train.py"}) {
		t.Fatalf("%+v", d)
	}
	if _, err := r.Commit([]string{"train.py"}, "m", time.Now()); !errs.Is(err, errs.Precondition) {
		t.Fatalf("commit without a repository: %v", err)
	}
	if r, err = git.Init(dir); err != nil || !r.Exists() {
		t.Fatalf("init: %v", err)
	}
	if h, err := r.Head(); err != nil || h.Branch != "main" || h.Commit != "" {
		t.Fatalf("unborn head: %+v %v", h, err)
	}
}

// TestExportGivesTheCodeBack restores a dirty tree after the folder has moved on.
func TestExportGivesTheCodeBack(t *testing.T) {
	for _, sub := range []string{"", "projects/weather"} {
		top, dir := repository(t, sub)
		write(t, dir, "train.py", "print('two')\n")
		write(t, dir, "lib/new.py", strings.Repeat("n", 100_000))
		write(t, dir, "tool.sh", "#!/bin/sh\n")
		os.Chmod(filepath.Join(dir, "tool.sh"), 0o755)
		os.Remove(filepath.Join(dir, "old.py"))
		os.Symlink("train.py", filepath.Join(dir, "main.py"))
		os.Symlink("/etc/passwd", filepath.Join(dir, "passwd"))
		write(t, dir, "huge.bin", strings.Repeat("x", 11<<20))
		s, r := openStore(t), open(t, dir)
		d, h := status(t, dir), head(t, r)
		code, err := r.Capture(ctx, s, d)
		if err != nil {
			t.Fatal(err)
		}
		run(t, top, "add", "-A")
		run(t, top, "commit", "-q", "-m", "later")
		dst := filepath.Join(t.TempDir(), "fresh")
		left, err := open(t, dir).Export(ctx, s, h.Commit, code, dst)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		filepath.WalkDir(dst, func(p string, e os.DirEntry, err error) error {
			if err == nil && !e.IsDir() {
				b, _ := os.ReadFile(p)
				rel, _ := filepath.Rel(dst, p)
				got[filepath.ToSlash(rel)] = string(b)
			}
			return err
		})
		if got["train.py"] != "print('two')\n" || got["main.py"] != "print('two')\n" || got["lib/features.py"] == "" || len(got["lib/new.py"]) != 100_000 {
			t.Fatalf("%q: exported %v", sub, got)
		}
		for _, name := range []string{"old.py", "passwd", "huge.bin", "hosts"} {
			if _, ok := got[name]; ok {
				t.Errorf("%q: %s was exported", sub, name)
			}
		}
		if len(left) != 3 {
			t.Errorf("%q: left out: %v", sub, left)
		}
		if fi, _ := os.Stat(filepath.Join(dst, "tool.sh")); fi.Mode()&0o100 == 0 {
			t.Error("the exec bit is lost")
		}
		if _, err := r.Export(ctx, s, h.Commit, code, dst); !errs.Is(err, errs.Conflict) {
			t.Fatalf("exported over a folder that is not empty: %v", err)
		}
	}
}

func head(t *testing.T, r *git.Repo) git.Head {
	t.Helper()
	h, err := r.Head()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestExportRefusesPathsThatLeave(t *testing.T) {
	_, dir := repository(t, "")
	s := openStore(t)
	evil, _ := s.PutBytes(ctx, []byte("evil"))
	for _, name := range []string{"../evil", "/etc/evil", "a/../../evil", ""} {
		list, _ := s.PutBytes(ctx, []byte(`{"files":[{"path":"`+name+`","mode":"file","digest":"`+evil.String()+`"}],"deleted":[]}`))
		if _, err := open(t, dir).Export(ctx, s, "", list, filepath.Join(t.TempDir(), "x")); !errs.Is(err, errs.Invalid) {
			t.Errorf("%q: %v", name, err)
		}
	}
	// A link planted first, then a file written through it.
	up, _ := s.PutBytes(ctx, []byte("sub"))
	list, _ := s.PutBytes(ctx, []byte(`{"files":[{"path":"a","mode":"link","digest":"`+up.String()+`"},{"path":"a/b","mode":"file","digest":"`+evil.String()+`"}]}`))
	dst := filepath.Join(t.TempDir(), "x")
	if _, err := open(t, dir).Export(ctx, s, "", list, dst); err == nil {
		t.Error("a file was written through a link")
	}
}

func TestCommitTakesOnlyItsPaths(t *testing.T) {
	for _, sub := range []string{"", "projects/weather"} {
		top, dir := repository(t, sub)
		write(t, dir, "staged.py", "staged by hand\n")
		run(t, dir, "add", "staged.py")
		write(t, dir, "train.py", "print('unstaged')\n")
		write(t, dir, "data/w.csv.snap", "rondo snapshot 1\n")
		write(t, top, ".git/hooks/pre-commit", "#!/bin/sh\ntouch "+dir+"/hooked\nexit 1\n")
		os.Chmod(filepath.Join(top, ".git/hooks/pre-commit"), 0o755)
		at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		hash, err := open(t, dir).Commit([]string{"data/w.csv.snap"}, "weather v1", at)
		if err != nil || hash != run(t, top, "rev-parse", "main") {
			t.Fatalf("%q: %s %v", sub, hash, err)
		}
		want := "A  staged.py\n M train.py"
		if got := run(t, dir, "status", "--porcelain", "-uall", "."); strings.ReplaceAll(got, sub+"/", "") != want {
			t.Errorf("%q: status after the commit:\n%s\nwant\n%s", sub, got, want)
		}
		run(t, top, "fsck", "--strict")
		if names := run(t, dir, "show", "--relative", "--name-only", "--format=%an %s", "HEAD"); names != "Ann weather v1\n\ndata/w.csv.snap" {
			t.Errorf("%q: the commit is %q", sub, names)
		}
		again, err := open(t, dir).Commit([]string{"data/w.csv.snap"}, "again", at)
		if err != nil || again != hash {
			t.Errorf("%q: committed nothing new as %s, %v", sub, again, err)
		}
		if _, err := os.Stat(filepath.Join(dir, "hooked")); err == nil {
			t.Error("a hook ran")
		}
		write(t, top, ".git/index.lock", "")
		if _, err := open(t, dir).Commit([]string{"train.py"}, "m", at); !errs.Is(err, errs.Unavailable) {
			t.Errorf("%q: committed beside another git: %v", sub, err)
		}
	}
}

func TestCommitNeedsAName(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	dir := t.TempDir()
	r, err := git.Init(dir)
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "a.snap", "x\n")
	if _, err := r.Commit([]string{"a.snap"}, "m", time.Now()); !errs.Is(err, errs.Precondition) || !strings.Contains(errs.HintOf(err), "user.name") {
		t.Fatalf("%v", err)
	}
	run(t, dir, "config", "user.name", "Ann")
	run(t, dir, "config", "user.email", "a@example.com")
	if _, err := open(t, dir).Commit([]string{"a.snap"}, "first", time.Now()); err != nil {
		t.Fatal(err)
	}
	if out := run(t, dir, "log", "--oneline"); !strings.HasSuffix(out, "first") {
		t.Fatalf("%q", out)
	}
	run(t, dir, "fsck", "--strict")
}

func TestIntroduceNamesOnlyTheUnknown(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	dir := t.TempDir()
	r, err := git.Init(dir)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := r.Introduce("A sample", "sample@localhost"); err != nil {
			t.Fatal(err)
		}
	}
	if got := run(t, dir, "config", "--local", "user.name"); got != "A sample" {
		t.Errorf("user.name is %q", got)
	}
	write(t, home, ".gitconfig", "[user]\n\tname = Ann\n\temail = a@example.com\n")
	other := t.TempDir()
	if r, err = git.Init(other); err != nil {
		t.Fatal(err)
	}
	if err := r.Introduce("A sample", "sample@localhost"); err != nil {
		t.Fatal(err)
	}
	write(t, other, "a.snap", "x\n")
	if _, err := open(t, other).Commit([]string{"a.snap"}, "first", time.Now()); err != nil {
		t.Fatal(err)
	}
	if got := run(t, other, "log", "-1", "--format=%an"); got != "Ann" {
		t.Errorf("a person git knows was renamed to %q", got)
	}
}

// FuzzCode feeds made-up lists to ReadCode: what passes never leaves the folder.
func FuzzCode(f *testing.F) {
	f.Add(`{"files":[{"path":"a/b","mode":"file","digest":""}],"deleted":["c"]}`)
	f.Add(`{"files":[{"path":"../b"}]}`)
	s, err := store.Open(f.TempDir())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := s.PutBytes(ctx, []byte(text))
		if err != nil || d == ref.Zero {
			t.Skip()
		}
		c, err := git.ReadCode(ctx, s, d)
		if err != nil {
			return
		}
		for _, file := range c.Files {
			if !filepath.IsLocal(filepath.FromSlash(file.Path)) {
				t.Fatalf("%q passed", file.Path)
			}
		}
	})
}

func TestInitLeavesAnOuterRepositoryAlone(t *testing.T) {
	outer, _ := repository(t, "")
	before := run(t, outer, "log", "--oneline")
	dir := filepath.Join(outer, "deep", "inside")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	r, err := git.Init(dir)
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "a.snap", "x\n")
	if err := r.Introduce("A sample", "sample@localhost"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Commit([]string{"a.snap"}, "first", time.Now()); err != nil {
		t.Fatal(err)
	}
	if after := run(t, outer, "log", "--oneline"); after != before {
		t.Errorf("the outer history went from %q to %q", before, after)
	}
	if again, err := git.Init(dir); err != nil || !again.Exists() {
		t.Errorf("a second Init: %v", err)
	}
}
