package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMoveAndFreezeInADVCProject goes the way of a person: every answer says what is now.
func TestMoveAndFreezeInADVCProject(t *testing.T) {
	w := newPipelineOfDVC(t)
	w.ok("data", "add", "data/a.csv")
	says := func(code int, want string, args ...string) {
		t.Helper()
		if r := w.run(args...); r.code != code || !strings.Contains(r.out+r.err, want) {
			t.Errorf("%v: %d\n%s%s", args, r.code, r.out, r.err)
		}
	}
	says(0, "data/a.csv is b.csv now, and b.csv.dvc tracks it", "data", "move", "data/a.csv", "b.csv")
	says(4, "params.yaml is there already", "data", "move", "b.csv", "params.yaml")
	says(0, `"to": "data/a.csv"`, "data", "move", "b.csv", "data/a.csv", "--json")
	says(2, "usage: rondo data move FROM TO", "data", "move", "b.csv")
	says(0, "frozen: prep, data/a.csv.dvc", "stage", "freeze", "prep", "data/a.csv.dvc")
	says(4, "made of a template", "stage", "freeze", "train@1")
	says(0, "frozen no longer: prep", "stage", "unfreeze", "prep")
	if b, _ := os.ReadFile(filepath.Join(w.dir, "dvc.yaml")); strings.Contains(string(b), "frozen: true") {
		t.Errorf("dvc.yaml says\n%s", b)
	}
	if b, _ := os.ReadFile(filepath.Join(w.dir, "data/a.csv.dvc")); !strings.Contains(string(b), "frozen: true") {
		t.Errorf("the .dvc file says\n%s", b)
	}
	says(4, "is no DVC project", "stage", "freeze", "prep", "--project", newWorld(t).dir)
}

// TestPullGoesOnPastDamage: what a remote has damaged is named, and the rest is put in its place.
func TestPullGoesOnPastDamage(t *testing.T) {
	w := newPipelineOfDVC(t)
	far := t.TempDir()
	writeAll(t, w.dir, map[string]string{".dvc/config": "[core]\n    remote = far\n['remote \"far\"']\n    url = " + far + "\n", "one.txt": "one", "two.txt": "two"})
	w.ok("data", "add", "one.txt", "two.txt")
	w.ok("data", "push", "one.txt", "two.txt")
	name := "files/md5/f9/7c5d29941bfb1b2fdab0874906ab82" // "one"
	if err := os.Chmod(filepath.Join(far, name), 0o644); err != nil {
		t.Fatal(err)
	}
	writeAll(t, far, map[string]string{name: "onE"})
	for _, gone := range []string{"one.txt", "two.txt", ".dvc/cache"} {
		if err := os.RemoveAll(filepath.Join(w.dir, gone)); err != nil {
			t.Fatal(err)
		}
	}
	r := w.run("data", "pull")
	if r.code == 0 || !strings.Contains(r.err, "damaged in the remote, and not brought: one.txt") {
		t.Errorf("pull: %d\n%s%s", r.code, r.out, r.err)
	}
	if b, _ := os.ReadFile(filepath.Join(w.dir, "two.txt")); string(b) != "two" {
		t.Errorf("two.txt holds %q", b)
	}
}
