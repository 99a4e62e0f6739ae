package cli_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestLookingAtASnapshotChangesNothing: rows and whole files of it, as they were, whatever lies in the folder.
func TestLookingAtASnapshotChangesNothing(t *testing.T) {
	w := newWorld(t)
	table := "id,name\n"
	for i := range 50 {
		table += fmt.Sprintf("%d,name %d\n", i+1, i+1)
	}
	lay(t, filepath.Join(w.dir, "sets/list.csv"), table)
	lay(t, filepath.Join(w.dir, "sets/notes.txt"), "as it\x1b[31m was\n")
	lay(t, filepath.Join(w.dir, "sets/shot.png"), "\x89PNG\r\n\x1a\n")
	w.ok("data", "add", "sets")
	lay(t, filepath.Join(w.dir, "sets/notes.txt"), "as it is\n")
	if said := w.ok("data", "cat", "sets", "notes.txt"); said != "as it\x1b[31m was\n" {
		t.Errorf("cat says %q", said)
	}
	if said := w.ok("data", "cat", "sets@1", "list.csv"); said != table {
		t.Errorf("cat says %q", said)
	}
	if said := w.ok("data", "status", "sets"); !strings.Contains(said, "notes.txt") {
		t.Errorf("the change is gone: %s", said)
	}
	for _, step := range []struct {
		verb  string
		code  int
		wants []string
	}{
		{"data preview sets", 0, []string{"id  name\n1   name 1\n", "\n20  name 20\n", "Rows 1 to 20 of 50 of list.csv."}},
		{"data preview sets@1 list.csv --from 50 --rows 5", 0, []string{"id  name\n50  name 50\n", "Rows 50 to 50 of 50"}},
		{"data preview sets --from 51", 0, []string{"list.csv has only 50 rows."}},
		{"data preview sets --rows 2 --json", 0, []string{`"total":50`, `"name 2"`}},
		{"data preview sets --rows 0", 2, []string{"--rows 0 cannot be shown", "1 to 1000"}},
		{"data preview sets --rows 1001", 2, []string{"--rows 1001 cannot be shown", "1 to 1000"}},
		{"data preview sets --from 0", 2, []string{"--from 0 is no row"}},
		{"data preview sets shot.png", 4, []string{"shot.png", "table"}},
		{"data cat sets", 2, []string{"sets@1 holds several files: name one", "rondo data files sets@1"}},
		{"data cat sets none", 3, []string{`sets@1 has no file "none"`, "rondo data files sets@1"}},
		{"data cat sets@2 list.csv", 3, []string{"sets has no snapshot 2"}},
		{"data cat sets list.csv --json", 2, []string{"printed as it was", "leave --json out"}},
	} {
		r := w.run(strings.Fields(step.verb)...)
		for _, want := range step.wants {
			if r.code != step.code || !strings.Contains(r.out+r.err, want) {
				t.Errorf("%s ended with %d and lacks %q:\n%s%s", step.verb, r.code, want, r.out, r.err)
			}
		}
	}
}

// TestLookingIntoADVCProject: paths as a revision has them, from the cache or git, and nothing in the folder changes.
func TestLookingIntoADVCProject(t *testing.T) {
	w := newExpsWorld(t)
	w.file("t.csv", "id,name\n1,one\n2,two\n3,three\n")
	w.file("data/1", "my own work")
	w.check([]expect{
		{"data cat data/1", 0, []string{"one"}},
		{"data cat data/2 --rev far", 0, []string{"two"}},
		{"data cat a.txt --rev near", 0, []string{"near"}},
		{"data cat data/2", 3, []string{"data has no 2"}},
		{"data cat data", 2, []string{"data is not a file", "name a file in it"}},
		{"data cat a.txt --rev none", 3, []string{"no experiment, commit, branch or tag none"}},
		{"data cat ../x", 2, []string{"outside of the project"}},
		{"data cat a.txt --json", 2, []string{"leave --json out"}},
		{"data preview t.csv --from 2 --rows 1", 0, []string{"id  name\n2   two\n"}},
		{"data preview t.csv --from 9", 0, []string{"t.csv has no more rows."}},
		{"data preview t.csv --rows 1 --json", 0, []string{`"rows": [`, `"one"`}},
		{"data preview t.csv --rows 1001", 2, []string{"1 to 1000"}},
		{"data preview a.txt", 4, []string{"a.txt is no table by its name", "rondo data cat a.txt"}},
	})
	if b, err := os.ReadFile(filepath.Join(w.dir, "data/1")); err != nil || string(b) != "my own work" {
		t.Errorf("the work is %q now: %v", b, err)
	}
	r := newWorld(t)
	if got := r.run("data", "cat", "weather", "--rev", "x"); got.code != 2 || !strings.Contains(got.err, "--rev") {
		t.Errorf("a flag for DVC projects: %d %s", got.code, got.err)
	}
}
