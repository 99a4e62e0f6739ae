package dataset_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestAPointerBehindManyFilesIsFound where git tracks it.
func TestAPointerBehindManyFilesIsFound(t *testing.T) {
	from, to := open(t, project(t)), project(t)
	write(t, from.dir, "zoo/cats.csv", csv1)
	from.add(t, "cats", "zoo/cats.csv")
	from.snap(t, "cats")
	write(t, to, "zoo/cats.csv.snap", read(t, from.dir, "zoo/cats.csv.snap"))
	many := filepath.Join(to, "many")
	must(t, os.Mkdir(many, 0o755))
	for i := range 20_100 {
		must(t, os.WriteFile(filepath.Join(many, fmt.Sprint(i)), nil, 0o644))
	}
	h := open(t, to)
	if list, err := h.Pointed(t.Context()); err != nil || len(list) != 0 {
		t.Fatalf("git does not track it yet: %+v %v", list, err)
	}
	for _, args := range [][]string{{"init", "-q", "."}, {"add", "zoo/cats.csv.snap"}} {
		cmd := exec.Command("git", args...)
		cmd.Dir = to
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Skipf("skipped: git: %v %s", err, out)
		}
	}
	if list, err := h.Pointed(t.Context()); err != nil || len(list) != 1 || list[0].Path != "zoo/cats.csv" {
		t.Errorf("%+v %v", list, err)
	}
}
