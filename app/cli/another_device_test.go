package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAnotherDeviceWritesMeanwhile is what a synchroniser does under a server that runs: it is told,
// and the next server shows it.
func TestAnotherDeviceWritesMeanwhile(t *testing.T) {
	w := newWorld(t)
	w.ok("data", "snapshot", "weather")
	other := &world{t: t, home: t.TempDir(), dir: filepath.Join(t.TempDir(), "weather")}
	other.env = append(w.env, "RONDO_HOME="+other.home, "HOME="+other.home)
	if err := os.CopyFS(other.dir, os.DirFS(w.dir)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { other.run("stop") })
	other.ok("data", "tag", "weather", "theirs")
	theirs, err := filepath.Glob(filepath.Join(other.dir, ".rondo", "journal", "*"))
	if err != nil || len(theirs) != 2 {
		t.Fatalf("%v %v", theirs, err)
	}
	const told = "another device has written to this project"
	if r := w.run("data", "tag", "weather"); strings.Contains(r.err, told) {
		t.Errorf("nobody else wrote: %s", r.err)
	}
	for _, dir := range theirs {
		to := filepath.Join(w.dir, ".rondo", "journal", filepath.Base(dir))
		if _, err := os.Stat(to); err == nil {
			continue // its own
		}
		if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
	}
	if r := w.run("data", "log", "weather"); r.code != 0 || strings.Count(r.err, told) != 1 || !strings.Contains(r.err, "`rondo stop`") {
		t.Errorf("%+v", r)
	}
	w.ok("stop")
	if r := w.run("data", "tag", "weather"); !strings.Contains(r.out, "theirs") || strings.Contains(r.err, told) {
		t.Errorf("%+v", r)
	}
	if r := w.run("data", "tag", "weather"); strings.Contains(r.err, told) {
		t.Errorf("the server has read it: %+v", r)
	}
}
