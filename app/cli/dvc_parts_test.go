package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPartsOfFoldersByTheProgram moves parts of a tracked folder to a remote and back, and reads
// what the remote has.
func TestPartsOfFoldersByTheProgram(t *testing.T) {
	w := &world{t: t, home: t.TempDir(), dir: t.TempDir()}
	w.env = append(os.Environ(), "RONDO_TEST_MAIN=1", "RONDO_HOME="+w.home, "HOME="+w.home, "XDG_CONFIG_HOME="+w.home, "RONDO_ACTOR=ann", "DISPLAY=", "WAYLAND_DISPLAY=")
	t.Cleanup(func() { w.run("stop", "--project", w.dir) })
	store := t.TempDir()
	writeAll(t, w.dir, map[string]string{".dvc/config": "[core]\n    remote = disk\n['remote \"disk\"']\n    url = " + store + "\n", "data/in/1": "one", "data/in/2": "two", "data/3": "three", "b.csv": "b"})
	w.check([]expect{
		{"data add data b.csv", 0, nil},
		{"data push data/in", 0, []string{"2 objects pushed", "Not to be pulled yet", "  data"}},
		{"data push data/in --json", 0, []string{`"waiting"`, `"there": 2`}},
		{"data verify --remote disk", 1, []string{"3 objects are damaged or missing", "rondo data push --remote disk"}},
		{"data push", 0, []string{"3 objects pushed"}},
		{"data verify --remote disk", 0, []string{"disk: 5 objects read", "all intact"}},
		{"data verify --remote disk --sample 5", 2, []string{"leave out --sample"}},
		{"data verify --remote none", 3, []string{"no remote none"}},
		{"data push data/none", 3, []string{"DVC tracks data, and there is no none in it"}},
	})
	for _, gone := range []string{".dvc/cache", "data", "b.csv"} {
		if err := os.RemoveAll(filepath.Join(w.dir, gone)); err != nil {
			t.Fatal(err)
		}
	}
	w.check([]expect{
		{"data pull data/in/1 --json", 0, []string{`"objects": 2`, `"added"`}},
		{"data status data/in", 0, []string{"data/in/2", "deleted: data/in/2"}},
		{"data status data/none", 3, []string{"DVC tracks no data/none"}},
		{"data fetch data/3", 0, []string{"1 object fetched"}},
		{"data checkout data/3", 0, []string{"M  data"}},
		{"data checkout data/none", 3, []string{"there is no none in it"}},
		{"data pull nothing", 3, []string{"DVC tracks no nothing"}},
	})
	if _, err := os.Stat(filepath.Join(w.dir, "data", "in", "2")); err == nil {
		t.Error("what was not asked for came, too")
	}
	lists, _ := filepath.Glob(filepath.Join(store, "files/md5/*/*.dir"))
	if len(lists) != 1 {
		t.Fatal(lists)
	}
	_ = os.Chmod(lists[0], 0o644)
	if err := os.WriteFile(lists[0], []byte("[]"), 0o644); err != nil {
		t.Fatal(err)
	}
	r := w.run("data", "verify", "--remote", "disk")
	if r.code != 1 || !strings.Contains(r.out, "damaged: files/md5/") || !strings.Contains(r.out, "(data)") || !strings.Contains(r.err, "push --remote disk sends it again") {
		t.Errorf("a damaged list: code %d\n%s%s", r.code, r.out, r.err)
	}
	if r := w.run("data", "verify", "--remote", "disk", "--json"); r.code != 1 || !strings.Contains(r.out, `"damaged": [`) {
		t.Errorf("a damaged list: code %d\n%s%s", r.code, r.out, r.err)
	}
}
