package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// cloned is a project with two datasets in folders of their own, and what a clone of it by git
// has: pointers, and none of the records.
func cloned(t *testing.T) (a, b *world) {
	t.Helper()
	a = newWorld(t)
	lay(t, filepath.Join(a.dir, "pictures", "list.csv"), "id,kind\n1,cat\n")
	lay(t, filepath.Join(a.dir, "pictures", "inner.snap"), "no pointer but data")
	a.ok("data", "add", "pictures")
	a.ok("data", "snapshot", "weather")
	b = &world{t: t, home: t.TempDir(), dir: filepath.Join(t.TempDir(), "clone")}
	for _, name := range []string{"rondo.yaml", "params.yaml", ".rondo/format", "data/weather.csv.snap", "pictures.snap"} {
		text, err := os.ReadFile(filepath.Join(a.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		lay(t, filepath.Join(b.dir, name), string(text))
	}
	for _, one := range a.env {
		if !strings.HasPrefix(one, "RONDO_HOME=") && !strings.HasPrefix(one, "HOME=") {
			b.env = append(b.env, one)
		}
	}
	b.env = append(b.env, "RONDO_HOME="+b.home, "HOME="+b.home)
	t.Cleanup(func() { b.run("stop", "--project", b.dir) })
	return a, b
}

// TestACloneTellsWhatItsPointersName, and what it says brings the data: from the other copy of
// the project, or a remote, as the same snapshot, whatever lies there that nobody has stays.
func TestACloneTellsWhatItsPointersName(t *testing.T) {
	a, b := cloned(t)
	b.check([]expect{
		{"data list", 0, []string{"pictures  pictures", "v1", "rondo data import FOLDER pictures@1; from a remote: rondo data remote NAME ADDRESS, and then rondo data pull pictures"}},
		{"data status", 0, []string{"pictures  pictures"}},
		{"data status pictures", 3, []string{"pictures.snap names pictures@1, which this copy of the project does not have", "rondo data import FOLDER pictures@1"}},
		{"data checkout pictures", 3, []string{"pictures.snap names pictures@1"}},
		{"data status weather", 0, []string{"data/weather.csv.snap names weather@1, which this copy of the project does not have", "rondo data pull weather"}},
		{"data profile weather", 3, []string{"names weather@1", "rondo data import FOLDER weather@1"}},
		{"data files weather", 3, []string{"names weather@1"}},
		{"data list --json", 0, nil},
	})
	pointer, err := os.ReadFile(filepath.Join(b.dir, "pictures.snap"))
	if err != nil {
		t.Fatal(err)
	}
	b.check([]expect{
		{"data import " + a.dir + " pictures@1", 0, []string{"pictures@1  1 row, 2 files"}},
		{"data status pictures", 0, []string{"clean"}},
		{"data verify pictures", 0, []string{"intact"}},
	})
	if now, err := os.ReadFile(filepath.Join(b.dir, "pictures.snap")); err != nil || string(now) != string(pointer) {
		t.Errorf("the pointer that git keeps is another now: %v\n%s", err, now)
	}
	if list := b.ok("data", "list"); strings.Contains(list, "FOLDER pictures") {
		t.Errorf("it is here and still called missing:\n%s", list)
	}
	remote := filepath.Join(t.TempDir(), "remote")
	a.ok("data", "remote", "disk", remote)
	a.ok("data", "push")
	b.ok("data", "remote", "disk", remote)
	b.check([]expect{
		{"data list", 0, []string{"weather  data/weather.csv", "weather: rondo data pull weather; or from another copy"}},
		{"data pull weather", 0, []string{"data/weather.csv is weather@1 now"}},
		{"data remote-status", 0, []string{"in sync"}},
	})
	if status := b.ok("data", "status"); strings.Contains(status, "Pointers") {
		t.Errorf("all is here:\n%s", status)
	}
}

// TestAnImportFromACopyLeavesWork that no snapshot has.
func TestAnImportFromACopyLeavesWork(t *testing.T) {
	a, b := cloned(t)
	lay(t, filepath.Join(b.dir, "pictures", "list.csv"), "mine\n")
	b.check([]expect{{"data import " + a.dir + " pictures@1", 4, []string{"pictures"}}})
	if text, err := os.ReadFile(filepath.Join(b.dir, "pictures", "list.csv")); err != nil || string(text) != "mine\n" {
		t.Errorf("%q %v", text, err)
	}
}
