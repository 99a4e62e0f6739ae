package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestADVCProjectIsBegunByRondo goes the way of a person without dvc: a project, a remote, a stage,
// its run, and a push.
func TestADVCProjectIsBegunByRondo(t *testing.T) {
	w := newWorld(t)
	w.dir = t.TempDir()
	says := func(code int, want string, args ...string) {
		t.Helper()
		if r := w.run(args...); r.code != code || !strings.Contains(r.out+r.err, want) {
			t.Errorf("%v: %d\n%s%s", args, r.code, r.out, r.err)
		}
	}
	far := t.TempDir()
	writeAll(t, w.dir, map[string]string{"params.yaml": "lr: 0.1\n", "train.py": "x\n"})
	says(4, "say --no-scm", "init", "--dvc")
	says(0, "is a DVC project now", "init", "--dvc", "--no-scm")
	says(4, "is a DVC project already", "init", "--dvc", "--no-scm")
	says(0, "is the remote far now", "remote", "add", "-d", "far", far)
	says(0, "default", "remote", "list")
	says(0, "far\n", "remote", "default")
	says(4, "there is a remote far already", "remote", "add", "far", far)
	says(3, "there is no remote nix", "remote", "remove", "nix")
	says(2, "are two levels", "remote", "default", "--local", "--global")
	says(0, "Written", "remote", "modify", "--local", "far", "jobs", "3")
	says(2, "jobs", "remote", "modify", "far", "jobs", "many")
	says(0, ".dvc/config.local  remote.far.jobs=3\n", "config", "--list", "--show-origin")
	says(0, ".dvc/config.local  3", "config", "--show-origin", "remote.far.jobs")
	says(0, "Written into", "config", "core.autostage", "false")
	says(2, "DVC knows no key", "config", "core.nonsense", "1")
	says(2, "is no name of an option", "config", "nonsense", "1")
	says(0, "is called old now", "remote", "rename", "far", "old")
	says(0, "Stage train is in dvc.yaml now", "stage", "add", "-n", "train", "-d", "train.py", "-p", "lr", "-o", "model.txt", "cp", "params.yaml", "model.txt")
	says(4, "has a stage train already", "stage", "add", "-n", "train", "--", "echo", "--hi")
	says(2, "is no name of a stage", "stage", "add", "-n", "a.b", "echo", "hi")
	w.ok("trust", "--yes")
	says(0, "train  ran", "repro")
	says(0, "1 object pushed", "data", "push")
	if b, err := os.ReadFile(filepath.Join(w.dir, "dvc.lock")); err != nil || !strings.Contains(string(b), "cmd: cp params.yaml model.txt") {
		t.Errorf("%v\n%s", err, b)
	}
}

// TestRemotesOfDVCAreToldBesideOnesOwn: a Rondo project in a folder of DVC's has remotes of its own,
// and none of them yet is not none.
func TestRemotesOfDVCAreToldBesideOnesOwn(t *testing.T) {
	w := newWorld(t)
	w.dir = t.TempDir()
	writeAll(t, w.dir, map[string]string{"rondo.yaml": "rondo: 1\nname: own\ndatasets:\n  data: {path: data}\n", "data/a.txt": "a\n", ".dvc/config": "[core]\n    remote = far\n['remote \"far\"']\n    url = /mnt/far\n"})
	if said := w.ok("data", "remote"); !strings.Contains(said, "No remotes yet") || !strings.Contains(said, "/mnt/far  default") {
		t.Error(said)
	}
	if out, ok := askDVC(t, w, "remote", "list"); ok && !strings.Contains(out, "/mnt/far") {
		t.Errorf("dvc: %s", out)
	}
}
