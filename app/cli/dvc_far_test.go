package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDVCRemoteIsComparedVerifiedAndHealed goes the way of a person whose remote has lost and
// damaged something that an earlier commit needs.
func TestDVCRemoteIsComparedVerifiedAndHealed(t *testing.T) {
	w := newPipelineOfDVC(t)
	far := t.TempDir()
	writeAll(t, w.dir, map[string]string{".dvc/config": "[core]\n    remote = far\n['remote \"far\"']\n    url = " + far + "\n"})
	for _, text := range []string{"one", "two"} {
		writeAll(t, w.dir, map[string]string{"data/a.csv": text})
		w.ok("data", "add", "data/a.csv")
		gitSays(t, w.dir, "add", "-A")
		gitSays(t, w.dir, "-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", text)
	}
	says := func(code int, want string, args ...string) {
		t.Helper()
		if r := w.run(args...); r.code != code || !strings.Contains(r.out+r.err, want) {
			t.Errorf("%v: %d\n%s%s", args, r.code, r.out, r.err)
		}
	}
	says(0, "Only here:", "data", "remote-status", "--all-commits")
	says(0, "2 objects pushed", "data", "push", "--all-commits")
	says(0, "In sync: 2 objects", "data", "remote-status", "--all-commits")
	at := filepath.Join(far, "files/md5/f9/7c5d29941bfb1b2fdab0874906ab82") // "one"
	if err := os.Chmod(at, 0o644); err != nil {
		t.Fatal(err)
	}
	writeAll(t, far, map[string]string{"files/md5/f9/7c5d29941bfb1b2fdab0874906ab82": "onE"})
	says(0, "all intact", "data", "verify", "--remote", "far")
	says(1, "rondo data push --remote far --all-commits", "data", "verify", "--remote", "far", "--all-commits")
	says(0, "Damaged there:", "data", "remote-status", "--all-commits")
	says(0, "damaged there before and sound now: 1 object", "data", "push")
	says(0, "all intact", "data", "verify", "--remote", "far", "--all-commits")
	says(0, "modified: data/a.csv", "data", "diff", "HEAD~1", "HEAD")
	says(0, "Files of their own now: data/a.csv", "data", "unprotect", "data/a.csv")
	says(2, "nothing is", "data", "push", "--recursive")
	says(2, "--workspace keeps", "data", "gc", "--workspace", "--all-tags")
	says(0, "1 object", "data", "gc", "--all-branches")
}

// TestFlagsOfDVCProjectsAreRefusedElsewhere: they would mean nothing there.
func TestFlagsOfDVCProjectsAreRefusedElsewhere(t *testing.T) {
	w := newWorld(t)
	for _, args := range [][]string{{"data", "push", "--all-commits"}, {"data", "gc", "--workspace"}, {"data", "remove", "x", "--outs"}} {
		if r := w.run(append(args, "--project", w.dir)...); r.code != 2 || !strings.Contains(r.err, "is for DVC projects") {
			t.Errorf("%v: %d\n%s", args, r.code, r.err)
		}
	}
}
