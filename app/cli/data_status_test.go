package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestStatusOfAllGoesOnPastAPointerThatAMergeLeftOpen tells the others, and ends with the reason.
func TestStatusOfAllGoesOnPastAPointerThatAMergeLeftOpen(t *testing.T) {
	w := newWorld(t)
	w.ok("data", "snapshot", "weather")
	w.file("more.csv", "a,b\n1,2\n")
	w.ok("data", "add", "more.csv")
	if err := os.WriteFile(filepath.Join(w.dir, "more.csv.snap"), []byte("rondo snapshot 1\n<<<<<<< HEAD\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	r := w.run("data", "status")
	if r.code != 2 || !strings.Contains(r.out, "as in weather@1") || !strings.Contains(r.out, "more     unknown") || !strings.Contains(r.err, "a git merge stopped here") {
		t.Errorf("%+v", r)
	}
}

// TestAPartOfADatasetIsThrownAwayAlone: the way out of a refusal takes no more away than was asked for.
func TestAPartOfADatasetIsThrownAwayAlone(t *testing.T) {
	w := newWorld(t)
	w.file("d/a.csv", "a,b\n1,2\n")
	w.file("d/b.csv", "a,b\n1,2\n")
	w.ok("data", "add", "d")
	w.file("d/a.csv", "mine")
	w.file("d/b.csv", "mine, too")
	if r := w.run("data", "checkout", "d", "a.csv"); r.code != 4 || !strings.Contains(r.err, "throw it away: the same with --force") {
		t.Errorf("%+v", r)
	}
	if r := w.run("data", "checkout", "d"); r.code != 4 || !strings.Contains(r.err, "rondo data checkout --force d@1") {
		t.Errorf("%+v", r)
	}
	if r := w.run("data", "import", filepath.Join(w.dir, "d", "a.csv")); r.code != 2 || !strings.Contains(r.err, "is a file, and no project") {
		t.Errorf("%+v", r)
	}
}
