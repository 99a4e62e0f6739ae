package cli_test

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestVerbsWithoutANameAreAboutAll: what is pulled, brought back, taken or updated in a project of several
// datasets is so in one call, and one that cannot be keeps nobody from the rest.
func TestVerbsWithoutANameAreAboutAll(t *testing.T) {
	a, b := cloned(t)
	remote := filepath.Join(t.TempDir(), "remote")
	writeAll(t, a.dir, map[string]string{"own/a.txt": "a", "own/b.txt": "b"})
	if text := a.ok("data", "add", "own/a.txt", "own/b.txt"); !strings.Contains(text, "a@1  ") || !strings.Contains(text, "b@1  ") {
		t.Errorf("several paths: %s", text)
	}
	a.ok("data", "remote", "disk", remote)
	a.ok("data", "push")
	b.ok("data", "remote", "disk", remote)
	b.check([]expect{
		{"data checkout", 3, []string{"names pictures@1, which this copy of the project does not have", "rondo data pull"}},
		{"data list", 0, []string{"`rondo data pull` without a name brings all"}},
		{"data pull", 0, []string{"disk: 2 snapshots whole here, 2 new", "pictures is pictures@1 now", "data/weather.csv is weather@1 now"}},
	})
	if list := b.ok("data", "list"); strings.Contains(list, "own/") {
		t.Errorf("datasets of others came, too:\n%s", list)
	}
	writeAll(t, b.dir, map[string]string{"pictures/list.csv": "id,kind\n1,dog\n"})
	if r := b.run("data", "checkout"); r.code != 4 || !strings.Contains(r.err, "pictures holds work") || !strings.Contains(r.out, "data/weather.csv is weather@1 now") {
		t.Errorf("one holds work: %+v", r)
	}
	if r := b.run("data", "checkout", "--json"); r.code != 4 || !strings.Contains(r.err, "pictures holds work") || !strings.HasPrefix(r.out, `[{"id":`) {
		t.Errorf("one holds work, as JSON: %+v", r)
	}
	b.check([]expect{
		{"data snapshot", 0, []string{"pictures@2  "}},
		{"data snapshot", 0, []string{"Nothing has changed"}},
		{"data snapshot --json", 0, []string{"[]"}},
		{"data snapshot pictures --json", 0, []string{`{"id":`}},
		{"data checkout pictures@1", 0, []string{"pictures is pictures@1 now"}},
		{"data status", 0, []string{"as in pictures@1; the newest is pictures@2"}},
		{"data update", 0, []string{"No dataset was imported"}},
		{"data add pictures own --name both", 2, []string{"--name is that of one dataset"}},
	})
	c := newWorld(t)
	c.ok("data", "snapshot", "weather")
	b.check([]expect{
		{"data import " + c.dir + " weather --name theirs --to theirs.csv", 0, []string{"theirs@1"}},
		{"data update", 0, []string{"theirs@1 is what its origin has"}},
	})
}

// TestAPlaceThatIsTakenKeepsNothingElseOut of a fetch from a remote that another project shares.
func TestAPlaceThatIsTakenKeepsNothingElseOut(t *testing.T) {
	a, b := cloned(t)
	remote := filepath.Join(t.TempDir(), "remote")
	writeAll(t, a.dir, map[string]string{"pictures2/x.txt": "x", "zoo/y.txt": "y"})
	a.ok("data", "add", "pictures2")
	a.ok("data", "add", "zoo")
	a.ok("data", "remote", "disk", remote)
	a.ok("data", "push")
	b.ok("data", "remote", "disk", remote)
	writeAll(t, b.dir, map[string]string{"pictures2/mine.txt": "mine"})
	b.ok("data", "add", "pictures2/mine.txt")
	r := b.run("data", "fetch")
	if r.code != 4 || !strings.Contains(r.err, "the remote's dataset pictures2 did not come: its place pictures2 is that of mine") {
		t.Errorf("a place that is taken: %+v", r)
	}
	if list := b.ok("data", "list"); !strings.Contains(list, "zoo") || !strings.Contains(list, "weather") || strings.Contains(list, "pictures2  pictures2") {
		t.Errorf("all else comes, and that does not:\n%s", list)
	}
}

// TestACheckoutOfAllBringsBackWhatIsHere, though a pointer names what is not, which it tells at its end; and
// where no pointer names anything, nothing is wrong.
func TestACheckoutOfAllBringsBackWhatIsHere(t *testing.T) {
	a, b := cloned(t)
	a.check([]expect{{"data checkout", 0, []string{"pictures is pictures@1 now", "data/weather.csv is weather@1 now"}}})
	b.ok("data", "import", a.dir, "pictures@1")
	lay(t, filepath.Join(b.dir, "pictures", "list.csv"), "mine\n")
	r := b.run("data", "checkout", "--force")
	if r.code != 3 || !strings.Contains(r.out, "pictures is pictures@1 now") || !strings.Contains(r.err, "names weather@1") {
		t.Errorf("%+v", r)
	}
	c := newWorld(t)
	c.check([]expect{{"data checkout", 0, []string{"No pointer names a snapshot"}}})
}

// TestOneNameIsAnsweredByOneThing, and none by a list, though it may be of one.
func TestOneNameIsAnsweredByOneThing(t *testing.T) {
	w := newWorld(t)
	if text := w.ok("data", "snapshot", "weather", "--json"); !strings.HasPrefix(text, `{"id":`) {
		t.Errorf("one that is named: %s", text)
	}
	w.file("data/weather.csv", "a,b\n1,2\n")
	if text := w.ok("data", "snapshot", "--json"); !strings.HasPrefix(text, `[{"id":`) {
		t.Errorf("all, of which one has changed: %s", text)
	}
	if text := w.ok("data", "checkout", "--json"); !strings.HasPrefix(text, `[{"id":`) {
		t.Errorf("all, of which there is one: %s", text)
	}
}
