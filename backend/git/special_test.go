package git_test

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"rondo/backend/git"
	"rondo/backend/ref"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// agrees asks a work tree for its head and state, and git for the same.
func agrees(t *testing.T, dir string, want git.Dirty) {
	t.Helper()
	h := head(t, open(t, dir))
	if commit := run(t, dir, "rev-parse", "HEAD"); h.Commit != commit {
		t.Errorf("head %+v, git says %s", h, commit)
	}
	if branch := run(t, dir, "branch", "--show-current"); h.Branch != branch {
		t.Errorf("branch %q, git says %q", h.Branch, branch)
	}
	for _, list := range []*[]string{&want.Changed, &want.Deleted, &want.Untracked} {
		if *list == nil {
			*list = []string{}
		}
	}
	d := status(t, dir)
	d.Skipped = nil
	if !reflect.DeepEqual(d, want) {
		t.Errorf("status\n%+v, want\n%+v\ngit\n%s", d, want, run(t, dir, "status", "--porcelain", "-uall"))
	}
}

// TestLinkedWorktree works in a second work tree of a repository, whose .git is a file.
func TestLinkedWorktree(t *testing.T) {
	top, _ := repository(t, "")
	second := filepath.Join(t.TempDir(), "second")
	run(t, top, "worktree", "add", "-q", "-b", "side", second)
	write(t, top, ".git/info/exclude", "*.log\n")
	write(t, second, "train.py", "print('here')\n")
	write(t, second, "noise.log", "x\n")
	write(t, second, "new.py", "x\n")
	agrees(t, second, git.Dirty{Changed: []string{"train.py"}, Untracked: []string{"new.py"}})
	agrees(t, top, git.Dirty{})
	hash, err := open(t, second).Commit([]string{"train.py"}, "on the side", noon)
	if err != nil || run(t, top, "rev-parse", "side") != hash || run(t, top, "rev-parse", "main") == hash {
		t.Fatalf("%s %v", hash, err)
	}
	agrees(t, second, git.Dirty{Untracked: []string{"new.py"}})
	if err := open(t, second).MergeWith("m", "rondo merge %O %A %B", "*.lock"); err != nil {
		t.Fatal(err)
	}
	if got := run(t, top, "check-attr", "merge", "a.lock"); got != "a.lock: merge: m" {
		t.Errorf("the driver is for one work tree only: %q", got)
	}
	run(t, top, "fsck", "--strict")
}

func TestDetachedHead(t *testing.T) {
	top, _ := repository(t, "")
	run(t, top, "checkout", "-q", "--detach")
	run(t, top, "pack-refs", "--all")
	write(t, top, "train.py", "print('loose')\n")
	agrees(t, top, git.Dirty{Changed: []string{"train.py"}})
	hash, err := open(t, top).Commit([]string{"train.py"}, "loose", noon)
	if err != nil || run(t, top, "rev-parse", "HEAD") != hash || run(t, top, "rev-parse", "main") == hash {
		t.Fatalf("%s %v", hash, err)
	}
	agrees(t, top, git.Dirty{})
}

// TestSubmodule has another repository inside, as it is, moved on, and dirty.
func TestSubmodule(t *testing.T) {
	library, _ := repository(t, "")
	top, _ := repository(t, "")
	run(t, top, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", library, "vendor/lib")
	run(t, top, "commit", "-q", "-m", "with a library")
	agrees(t, top, git.Dirty{})
	inner := filepath.Join(top, "vendor", "lib")
	agrees(t, inner, git.Dirty{})
	run(t, inner, "config", "user.name", "Ann")
	run(t, inner, "config", "user.email", "ann@example.com")

	write(t, inner, "train.py", "print('dirty')\n")
	agrees(t, top, git.Dirty{Changed: []string{"vendor/lib"}})
	if _, err := open(t, top).Commit([]string{"vendor/lib/train.py"}, "m", noon); err == nil {
		t.Error("committed a file of a submodule into the repository around it")
	}
	was := head(t, open(t, top)).Commit
	hash, err := open(t, inner).Commit([]string{"train.py"}, "inside", noon)
	if err != nil {
		t.Fatal(err)
	}
	d := status(t, top)
	text, err := open(t, top).Diff(ctx, d)
	if err != nil || !strings.Contains(string(text), "+Subproject commit "+hash) || len(d.Skipped) != 1 {
		t.Errorf("%+v %v\n%s", d, err, text)
	}
	s := openStore(t)
	code, err := open(t, top).Capture(ctx, s, d)
	if err != nil {
		t.Fatal(err)
	}
	left, err := open(t, top).Export(ctx, s, was, code, filepath.Join(t.TempDir(), "out"))
	if err != nil || !slices.ContainsFunc(left, func(k git.Skip) bool { return k.Path == "vendor/lib" }) {
		t.Errorf("what was left out: %v %v", left, err)
	}
	os.RemoveAll(inner)
	agrees(t, top, git.Dirty{Deleted: []string{"vendor/lib"}})
	os.MkdirAll(inner, 0o755)
	agrees(t, top, git.Dirty{}) // as after a clone without its submodules
}

// TestSparseCheckout leaves out what the person did not want, which is no deletion.
func TestSparseCheckout(t *testing.T) {
	for _, index := range []string{"--no-sparse-index", "--sparse-index"} {
		top, _ := repository(t, "")
		run(t, top, "sparse-checkout", "set", "--cone", index, "lib")
		if _, err := os.Stat(filepath.Join(top, "elsewhere")); err == nil {
			t.Fatal("git left the folder where it was")
		}
		agrees(t, top, git.Dirty{})
		write(t, top, "lib/features.py", "changed\n")
		agrees(t, top, git.Dirty{Changed: []string{"lib/features.py"}})
		run(t, top, "config", "--unset", "user.name")
		if err := open(t, top).Introduce("A sample", "sample@localhost"); err != nil {
			t.Fatal(err)
		}
		if got := run(t, top, "config", "extensions.worktreeConfig"); got != "true" {
			t.Errorf("the extension went from git's config: %q", got)
		}
	}
}

// TestCloneThatSharesObjects has its history in another repository.
func TestCloneThatSharesObjects(t *testing.T) {
	top, _ := repository(t, "")
	clone := filepath.Join(t.TempDir(), "clone")
	run(t, top, "clone", "-q", "--shared", top, clone)
	write(t, clone, "train.py", "other\n")
	agrees(t, clone, git.Dirty{Changed: []string{"train.py"}})
	if _, err := open(t, clone).FS("HEAD"); err != nil {
		t.Error(err)
	}
}

// TestCloneOfACloneThatSharesObjects finds its history two repositories away, by paths that are
// relative and lead out of the folder, and that of a bare one, too.
func TestCloneOfACloneThatSharesObjects(t *testing.T) {
	top, _ := repository(t, "")
	dir := t.TempDir()
	one, two, bare := filepath.Join(dir, "one"), filepath.Join(dir, "two"), filepath.Join(dir, "bare.git")
	run(t, top, "clone", "-q", "--shared", top, one)
	write(t, one, "more.txt", "more\n")
	run(t, one, "add", "more.txt")
	run(t, one, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "more")
	run(t, one, "clone", "-q", "--shared", one, two)
	run(t, one, "clone", "-q", "--bare", "--shared", one, bare)
	write(t, two, ".git/objects/info/alternates", "# its origin\n../../../one/.git/objects\n")
	write(t, bare, "objects/info/alternates", "../../one/.git/objects\n")
	agrees(t, two, git.Dirty{})
	for _, of := range []func() (*git.Repo, error){func() (*git.Repo, error) { return git.Open(two) }, func() (*git.Repo, error) { return git.OpenBare(bare) }} {
		r, err := of()
		if err != nil {
			t.Fatal(err)
		}
		log, err := r.Log([]string{"HEAD"}, 0)
		if err != nil || len(log) < 2 {
			t.Errorf("%d commits, %v", len(log), err)
		}
		tree, err := r.FS("HEAD")
		if err != nil {
			t.Fatal(err)
		}
		if b, err := fs.ReadFile(tree, "more.txt"); err != nil || string(b) != "more\n" {
			t.Errorf("%q %v", b, err)
		}
		if at, err := r.Resolve(run(t, top, "rev-parse", "HEAD")[:8]); err != nil || at != strings.TrimSpace(run(t, top, "rev-parse", "HEAD")) {
			t.Errorf("the short id of a commit that is shared: %q %v", at, err)
		}
	}
}

// TestModesThatDoNotCount is a work tree on a file system without the bit.
func TestModesThatDoNotCount(t *testing.T) {
	top, _ := repository(t, "")
	run(t, top, "config", "core.fileMode", "false")
	os.Chmod(filepath.Join(top, "train.py"), 0o755)
	os.Chmod(filepath.Join(top, "run.sh"), 0o644)
	agrees(t, top, git.Dirty{})
	write(t, top, "run.sh", "#!/bin/bash\n")
	write(t, top, "train.py", "x\n")
	if _, err := open(t, top).Commit([]string{"run.sh", "train.py"}, "m", noon); err != nil {
		t.Fatal(err)
	}
	if got := run(t, top, "ls-tree", "HEAD", "run.sh", "train.py"); !strings.HasPrefix(got, "100755") || strings.Count(got, "100755") != 1 {
		t.Errorf("modes after the commit:\n%s", got)
	}
}

// TestLargeFilesOfLFS knows the content that a pointer in the commit names.
func TestLargeFilesOfLFS(t *testing.T) {
	top, _ := repository(t, "")
	content := "the large file"
	oid := fmt.Sprintf("%x", sha256.Sum256([]byte(content)))
	write(t, top, ".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n")
	write(t, top, "model.bin", fmt.Sprintf("version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n", oid, len(content)))
	run(t, top, "add", "-A")
	run(t, top, "commit", "-q", "-m", "large")
	write(t, top, "model.bin", content)
	agrees(t, top, git.Dirty{})
	out := filepath.Join(t.TempDir(), "out")
	left, err := open(t, top).Export(ctx, openStore(t), head(t, open(t, top)).Commit, ref.Zero, out)
	if err != nil || !slices.ContainsFunc(left, func(k git.Skip) bool { return k.Path == "model.bin" }) {
		t.Fatalf("%v %v", left, err)
	}
	write(t, top, ".git/lfs/objects/"+oid[:2]+"/"+oid[2:4]+"/"+oid, content)
	out = filepath.Join(t.TempDir(), "again")
	if _, err = open(t, top).Export(ctx, openStore(t), head(t, open(t, top)).Commit, ref.Zero, out); err != nil {
		t.Fatal(err)
	}
	if b, _ := os.ReadFile(filepath.Join(out, "model.bin")); string(b) != content {
		t.Errorf("%q", b)
	}
	write(t, top, "model.bin", "the LARGE file")
	agrees(t, top, git.Dirty{Changed: []string{"model.bin"}})
	run(t, top, "config", "filter.lfs.clean", "touch "+filepath.Join(top, "ran"))
	if _, err := open(t, top).Commit([]string{"model.bin"}, "m", noon); err == nil {
		t.Error("committed past a filter")
	}
	if _, err := os.Stat(filepath.Join(top, "ran")); err == nil {
		t.Error("a filter ran")
	}
}

// TestExportHasTheLineEndsOfAWorkTree compares what Rondo writes out with a checkout by git.
func TestExportHasTheLineEndsOfAWorkTree(t *testing.T) {
	for seed := range int64(12) {
		w := newWorld(t, seed+100)
		w.git("add", "-A")
		w.git("commit", "-q", "--allow-empty", "-m", "all")
		there := filepath.Join(t.TempDir(), "there")
		w.git("worktree", "add", "-q", "--detach", there)
		out := filepath.Join(t.TempDir(), "out")
		if _, err := open(t, w.dir).Export(ctx, openStore(t), strings.TrimSpace(w.git("rev-parse", "HEAD")), ref.Zero, out); err != nil {
			t.Fatal(err)
		}
		want, got := tree(t, filepath.Join(there, w.sub)), tree(t, out)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("seed %d\nrondo %q\ngit   %q\n%s", seed, got, want, strings.Join(w.log, "\n"))
		}
	}
}

func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	filepath.WalkDir(dir, func(at string, d os.DirEntry, err error) error {
		if rel, _ := filepath.Rel(dir, at); err == nil && !d.IsDir() && rel != ".git" {
			b, err := os.ReadFile(at)
			if err != nil {
				t.Fatal(err)
			}
			out[rel] = string(b)
		}
		return nil
	})
	return out
}
