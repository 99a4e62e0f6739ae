package dvc_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
)

// TestCollectionTakesAwayWhatKilledProgramsLeft a day ago, and nothing that may be in use, or is
// another's.
func TestCollectionTakesAwayWhatKilledProgramsLeft(t *testing.T) {
	dir := folder(t, map[string]string{".dvc/config": "[core]\n    no_scm = true\n", "a": "a"})
	if err := open(t, dir).Add(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	const own = ".dvc/tmp/rondo/"
	left := []string{own + strings.Repeat("0a", 16), own + ".a.dvc.tmp12", ".dvc/cache/.put.tmp12", ".dvc/cache/files/md5/.put.tmp12", ".dvc/cache/.run.tmp12/note"}
	others := []string{own + "damage.json", own + strings.Repeat("0b", 16) + "/x", ".dvc/tmp/" + strings.Repeat("0a", 16), ".dvc/cache/files/md5/.more", ".dvc/cache/.more/x"}
	day := time.Now().Add(-25 * time.Hour)
	for _, name := range append(left, others...) {
		for _, name := range []string{name, strings.NewReplacer("0a", "0c", "tmp12", "tmp34").Replace(name)} {
			if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
				t.Fatal(err)
			}
			put(t, dir, name, "x")
		}
		for at := name; at != "."; at = filepath.ToSlash(filepath.Dir(at)) {
			if err := os.Chtimes(filepath.Join(dir, at), day, day); err != nil {
				t.Fatal(err)
			}
		}
	}
	there := func() int { return len(filesBelow(t, filepath.Join(dir, ".dvc"))) }
	before := there()
	if c, err := open(t, dir).Collect(t.Context(), dvc.Collect{Dry: true}); err != nil || c.Removed > 0 || there() != before {
		t.Errorf("only to count: %+v, %v, and %d files of %d", c, err, there(), before)
	}
	if c, err := open(t, dir).Collect(t.Context(), dvc.Collect{}); err != nil || c.Removed > 0 || there() != before-len(left) {
		t.Errorf("%+v, %v, and %d files of %d", c, err, there(), before)
	}
	for _, name := range left {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			t.Errorf("%s is still there", name)
		}
	}
}

// TestNothingIsCollectedWhileItIsNotKnownWhatIsNamed: a file that cannot be read, or the lost list
// of a folder.
func TestNothingIsCollectedWhileItIsNotKnownWhatIsNamed(t *testing.T) {
	dir := folder(t, map[string]string{".dvc/config": "[core]\n    no_scm = true\n", "a": "a", "images/1": "one", "old": "old"})
	if err := open(t, dir).Add(t.Context(), "a", "images", "old"); err != nil {
		t.Fatal(err)
	}
	lose(t, dir, "old.dvc")
	list := ".dvc/cache/files/md5/" + listOf(t, dir, "images.dvc")
	text := readText(t, dir, list)
	for what, c := range map[string]struct{ harm, mend func() }{
		"a file": {func() { put(t, dir, "b.dvc", "outs: nonsense\n") }, func() { lose(t, dir, "b.dvc") }},
		"a list": {func() { lose(t, dir, list) }, func() { put(t, dir, list, text) }},
	} {
		c.harm()
		before := filesBelow(t, filepath.Join(dir, ".dvc/cache"))
		if done, err := open(t, dir).Collect(t.Context(), dvc.Collect{}); !errs.Is(err, errs.Precondition) && !errs.Is(err, errs.Invalid) || done.Removed > 0 {
			t.Errorf("%s: %+v, %v", what, done, err)
		}
		sameNames(t, what, filesBelow(t, filepath.Join(dir, ".dvc/cache")), before)
		c.mend()
	}
	if done, err := open(t, dir).Collect(t.Context(), dvc.Collect{}); err != nil || done.Removed != 1 || done.Bytes != 3 {
		t.Errorf("%+v, %v", done, err)
	}
}

// listOf is the name, in the cache, of the list of a folder that a .dvc file names.
func listOf(t *testing.T, dir, file string) string {
	t.Helper()
	_, sum, _ := strings.Cut(readText(t, dir, file), "md5: ")
	sum, _, _ = strings.Cut(sum, "\n")
	return sum[:2] + "/" + sum[2:]
}
