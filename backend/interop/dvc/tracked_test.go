package dvc_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/errs"
)

// TestWhatGitTracksIsNotDVCs: data that git tracks are refused with the way out, as dvc
// refuses them, and nothing is written; once git has let go of them they are taken.
func TestWhatGitTracksIsNotDVCs(t *testing.T) {
	ctx, d := context.Background(), newDriver(t, realDVC(t))
	dir := folder(t, map[string]string{
		".dvc/config": "", "a.csv": "1,2\n", "images/1": "one", "out.txt": "made\n",
		"dvc.yaml": "stages:\n  make:\n    cmd: echo made > out.txt\n    outs: [out.txt]\n",
	})
	git := func(args ...string) {
		t.Helper()
		if out, err := exec.Command("git", append([]string{"-C", dir}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
	}
	git("init", "-q")
	git("add", "a.csv", "images/1", "out.txt")
	add := func(at string) func() error { return func() error { return open(t, dir).Add(ctx, at) } }
	for at, try := range map[string]func() error{
		"a.csv": add("a.csv"), "images": add("images"), "out.txt": func() error { return open(t, dir).CommitAll(ctx) },
	} {
		if err := try(); !errs.Is(err, errs.Conflict) || !strings.Contains(err.Error(), at+" is tracked by git") || !strings.Contains(errs.HintOf(err), "git rm -r --cached") {
			t.Errorf("%s: %v", at, err)
		}
	}
	if said, ok := d.try(dir, "add", "a.csv"); ok || !strings.Contains(said, "already tracked by SCM") {
		t.Errorf("dvc takes it: %s", said)
	}
	for _, none := range []string{"a.csv.dvc", "images.dvc", "dvc.lock", ".gitignore"} {
		if _, err := os.Lstat(filepath.Join(dir, none)); err == nil {
			t.Errorf("%s was written", none)
		}
	}
	git("rm", "-rq", "--cached", "a.csv", "images", "out.txt")
	for _, at := range []string{"a.csv", "images"} {
		if err := add(at)(); err != nil {
			t.Error(err)
		}
	}
	if err := open(t, dir).CommitAll(ctx); err != nil {
		t.Error(err)
	}
	if said := d.must(dir, "status"); !strings.Contains(said, "up to date") {
		t.Errorf("dvc says %s", said)
	}
}
