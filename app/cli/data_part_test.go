//go:build unix

package cli_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// withImages is a project whose dataset of images is on a remote, and one that has none of it yet.
func withImages(t *testing.T) (remote string, b *world) {
	t.Helper()
	remote = filepath.Join(t.TempDir(), "remote")
	a := newWorld(t)
	for i := range 40 {
		for _, kind := range []string{"cats", "dogs"} {
			lay(t, filepath.Join(a.dir, "images", kind, fmt.Sprintf("%d.txt", i)), strings.Repeat(fmt.Sprint(kind, i), 1000))
		}
	}
	lay(t, filepath.Join(a.dir, "images/list.csv"), "id,kind\n1,cat\n")
	a.ok("data", "add", "images")
	a.ok("data", "remote", "disk", remote)
	a.ok("data", "push", "images")
	a.ok("stop")
	b = newWorld(t)
	b.ok("data", "remote", "disk", remote)
	return remote, b
}

func lay(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// cats are how many files of the part, and of the rest, lie in the project.
func (w *world) cats() (cats, others int) {
	c, _ := filepath.Glob(filepath.Join(w.dir, "images/cats/*.txt"))
	all, _ := filepath.Glob(filepath.Join(w.dir, "images/*/*"))
	return len(c), len(all) - len(c)
}

// TestAPartIsPulledByHand: every message says what is here and what is not, and the way out.
func TestAPartIsPulledByHand(t *testing.T) {
	_, w := withImages(t)
	for _, step := range []struct {
		verb  string
		code  int
		wants []string
	}{
		{"data pull images cast", 3, []string{"images@1 holds no cast", "did you mean cats?"}},
		{"data fetch images cats/../..", 3, []string{"leads out of it"}},
		{"data pull images cats", 0, []string{"of images@1 this is here: cats", "cats of images is as in images@1 now"}},
		{"data status images", 0, []string{"partial", "41 of 81 files were never fetched"}},
		{"data log images", 0, []string{"v1 in part"}},
		{"data verify images", 0, []string{"41 files of images@1 were never fetched", "intact: 40 files"}},
		{"data checkout images", 4, []string{"here only in part: 41 of its files (dogs/0.txt", "rondo data fetch images@1"}},
		{"data push images", 0, []string{"0 snapshots whole on both sides, 1 whole there and here in part"}},
		{"fsck", 0, []string{"41 files of snapshots", "were not lost", "Everything is what was written"}},
		{"data du images", 0, []string{"in part: 41 objects never fetched"}},
		{"data repair", 0, []string{"0 damaged, 0 missing"}},
		{"data fetch images@1 list.csv", 0, []string{"this is here: cats, list.csv"}},
		{"data status images", 0, []string{"changed, 1 file differs"}},
		{"data pull images", 0, []string{"1 snapshot whole here", "images is images@1 now: "}},
		{"data status images", 0, []string{"clean"}},
	} {
		r := w.run(strings.Fields(step.verb)...)
		for _, want := range step.wants {
			if r.code != step.code || !strings.Contains(r.out+r.err, want) {
				t.Errorf("rondo %s: code %d, and says\n%s%swithout %q", step.verb, r.code, r.out, r.err, want)
			}
		}
	}
}

// TestAPullOfAPartThatIsKilled, wherever that is, leaves nothing that is called lost, and the
// same call again ends it.
func TestAPullOfAPartThatIsKilled(t *testing.T) {
	remote, w := withImages(t)
	for _, point := range []string{"store.packed", "store.pack-kept", "dataset.came", "dataset.staged", "dataset.moved"} {
		w.afresh()
		w.ok("data", "remote", "disk", remote)
		w.ok("stop")
		env := w.env
		died := filepath.Join(t.TempDir(), "died")
		w.env = append(slices.Clone(env), "RONDO_TEST_DIE_AT="+point, "RONDO_TEST_DIED="+died)
		r := w.run("data", "pull", "images", "cats")
		if _, err := os.Stat(died); err != nil || r.code == 0 {
			t.Fatalf("%s: it was not killed: %+v", point, r)
		}
		w.env = env
		if out := w.ok("fsck"); !strings.Contains(out, "Everything is what was written") {
			t.Errorf("%s: %s", point, out)
		}
		w.ok("data", "pull", "images", "cats")
		if cats, others := w.cats(); cats != 40 || others != 0 {
			t.Errorf("%s: %d cats, %d others", point, cats, others)
		}
		if out := w.ok("data", "verify", "images"); !strings.Contains(out, "intact: 40 files") {
			t.Errorf("%s: %s", point, out)
		}
		w.ok("rebuild")
	}
}

// afresh leaves the project for an empty one in a home of its own.
func (w *world) afresh() {
	w.t.Helper()
	w.ok("stop")
	w.home, w.dir = w.t.TempDir(), filepath.Join(w.t.TempDir(), "fresh")
	w.env = append(slices.Clone(w.env), "RONDO_HOME="+w.home)
	w.ok("init", w.dir)
	dir := w.dir
	w.t.Cleanup(func() { w.run("stop", "--project", dir) })
}
