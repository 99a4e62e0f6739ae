package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// dvcProject is what DVC 3 leaves in a folder: one dataset that lies there, one that only
// its cache has, one that nobody has, a stage that is as DVC ran it, and one that is not.
var dvcProject = map[string]string{
	".dvc/config":       "",
	"dvc.yaml":          "stages:\n  count:\n    cmd: wc -l data/here.csv\n    deps: [data/here.csv]\n  other:\n    cmd: wc -w data/here.csv\n    deps: [data/here.csv]\n",
	"dvc.lock":          "schema: '2.0'\nstages:\n  count:\n    cmd: wc -l data/here.csv\n    deps:\n    - path: data/here.csv\n      hash: md5\n      md5: 34ff2335cbe2045ddc3b78993d1e971d\n  other:\n    cmd: wc -w data/here.csv\n    deps:\n    - path: data/here.csv\n      hash: md5\n      md5: 401b30e3b8b5d629635a5c613cdb7919\n",
	"data/.gitignore":   "/here.csv\n",
	"data/here.csv":     "a\n1\n",
	"data/here.csv.dvc": "outs:\n- md5: 34ff2335cbe2045ddc3b78993d1e971d\n  size: 4\n  hash: md5\n  path: here.csv\n",
	"cached.csv.dvc":    "outs:\n- md5: 401b30e3b8b5d629635a5c613cdb7919\n  size: 2\n  hash: md5\n  path: cached.csv\n",
	"gone.csv.dvc":      "outs:\n- md5: 00000000000000000000000000000000\n  hash: md5\n  path: gone.csv\n",
	".dvc/cache/files/md5/40/1b30e3b8b5d629635a5c613cdb7919": "x\n",
}

func writeAll(t *testing.T, dir string, all map[string]string) {
	t.Helper()
	for name, text := range all {
		at := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// newDVCWorld is a home with a DVC project that is no Rondo project yet.
func newDVCWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, home: t.TempDir(), dir: t.TempDir()}
	w.env = append(os.Environ(), "RONDO_TEST_MAIN=1", "RONDO_HOME="+w.home, "HOME="+w.home, "RONDO_ACTOR=ann", "DISPLAY=", "WAYLAND_DISPLAY=")
	t.Cleanup(func() { w.run("stop", "--project", w.dir) })
	writeAll(t, w.dir, dvcProject)
	return w
}

// TestImportDVCIsKilledAndRepeated kills the import at some moments, and lets it end then.
func TestImportDVCIsKilledAndRepeated(t *testing.T) {
	w := newDVCWorld(t)
	for _, after := range []time.Duration{5, 15, 30, 60, 100, 150, 200, 300} {
		cmd := w.command("import", "dvc")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		kill := time.AfterFunc(after*time.Millisecond, func() { cmd.Process.Kill() })
		cmd.Wait() // however it ended
		kill.Stop()
	}
	w.ok("import", "dvc")
	w.snapshots()
	if left, _ := filepath.Glob(filepath.Join(w.dir, ".*rondo-import*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// snapshots wants one snapshot of each dataset that there is data of.
func (w *world) snapshots() {
	w.t.Helper()
	var list []struct {
		Name  string
		Count int
	}
	if err := json.Unmarshal([]byte(w.ok("data", "list", "--json")), &list); err != nil || len(list) != 3 {
		w.t.Fatalf("%+v, %v", list, err)
	}
	for _, d := range list {
		if want := map[string]int{"here": 1, "cached": 1, "gone": 0}[d.Name]; d.Count != want {
			w.t.Errorf("%s has %d snapshots, want %d", d.Name, d.Count, want)
		}
	}
}

// TestImportDVC imports a project with the real program and its server, twice.
func TestImportDVC(t *testing.T) {
	w := newDVCWorld(t)

	w.ok("import", "dvc", "--dry")
	if _, err := os.Stat(filepath.Join(w.dir, "rondo.yaml")); err == nil {
		t.Fatal("--dry wrote a rondo.yaml")
	}
	first := w.ok("import", "dvc")
	for _, want := range []string{"count", "neither the folder nor DVC's cache has gone.csv", "3 datasets and 2 stages added", "2 snapshots", "1 stage need not run"} {
		if !strings.Contains(first, want) {
			t.Errorf("the account does not say %q:\n%s", want, first)
		}
	}
	if b, _ := os.ReadFile(filepath.Join(w.dir, "cached.csv")); string(b) != "x\n" {
		t.Errorf("cached.csv is %q", b)
	}
	again := w.ok("import", "dvc")
	if !strings.Contains(again, "0 datasets and 0 stages added") {
		t.Errorf("the second import says\n%s", again)
	}
	if status := w.run("status"); !strings.Contains(status.out, "count") || strings.Count(status.out, "it has never run here") != 1 {
		t.Errorf("rondo status says\n%s%s", status.out, status.err)
	}
	w.snapshots()
	for name, text := range dvcProject {
		if b, err := os.ReadFile(filepath.Join(w.dir, filepath.FromSlash(name))); err != nil || name != "data/.gitignore" && string(b) != text {
			t.Errorf("%s was changed to %q, %v", name, b, err)
		}
	}
	if r := w.run("import", "dvc", t.TempDir()); r.code != 3 {
		t.Errorf("a folder without DVC ends with %d: %s", r.code, r.err)
	}
}
