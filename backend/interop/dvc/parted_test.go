package dvc_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"rondo/backend/interop/dvc"
)

// TestAMergeThatLeftAStageOutIsItsReason before the merge is committed, after it, and not where
// the stage has never run on one of the sides.
func TestAMergeThatLeftAStageOutIsItsReason(t *testing.T) {
	dir := folder(t, map[string]string{".dvc/config": "", "dvc.yaml": "stages:\n  s:\n    cmd: echo\n    outs: [o]\n  t:\n    cmd: echo t\n", ".gitignore": "/o\n"})
	h := &history{t: t, main: dir}
	lock := func(md5 string) {
		put(t, dir, "dvc.lock", "schema: '2.0'\nstages:\n  s:\n    cmd: echo\n    outs:\n    - path: o\n      hash: md5\n      md5: "+md5+"\n      size: 1\n")
	}
	h.git(dir, "init", "-q", "-b", "main", dir)
	h.git(dir, "add", "-A")
	h.git(dir, "commit", "-q", "-m", "begin")
	h.git(dir, "checkout", "-q", "-b", "other")
	lock("b026324c6904b2a9cb4b88d6d61c81d1")
	h.git(dir, "add", "-A")
	h.git(dir, "commit", "-q", "-m", "other")
	h.git(dir, "checkout", "-q", "main")
	lock("26ab0db90d72e28ad0ba1e22ee510510")
	h.git(dir, "add", "-A")
	h.git(dir, "commit", "-q", "-m", "ours")
	h.git(dir, "merge", "-q", "--no-commit", "-s", "ours", "other")
	if err := os.Remove(filepath.Join(dir, "dvc.lock")); err != nil {
		t.Fatal(err)
	}
	const parted, never = "both sides of a merge changed what is recorded of it", "it has never run here"
	want := func(when, stage, reason string) {
		t.Helper()
		books, err := dvc.OpenBooks(dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer books.Close()
		if got, err := books.Reasons(t.Context(), stage); err != nil || !slices.Contains(got, reason) {
			t.Errorf("%s, stage %s: %q %v, want %q", when, stage, got, err, reason)
		}
	}
	want("before the commit", "s", parted)
	want("before the commit", "t", never)
	h.git(dir, "add", "-A")
	h.git(dir, "commit", "-q", "-m", "merged")
	put(t, dir, "later", "")
	h.git(dir, "add", "-A")
	h.git(dir, "commit", "-q", "-m", "later")
	want("after the commit", "s", parted)
	want("after the commit", "t", never)
	h.git(dir, "reset", "-q", "--hard", "HEAD~2")
	h.git(dir, "rm", "-q", "dvc.lock")
	h.git(dir, "commit", "-q", "-m", "forgotten")
	want("without a merge", "s", never)
}
