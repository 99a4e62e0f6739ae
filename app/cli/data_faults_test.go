package cli_test

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestEveryVerbTellsOfLinesThatAreNoRows, with their numbers and what is wrong.
func TestEveryVerbTellsOfLinesThatAreNoRows(t *testing.T) {
	w := newWorld(t)
	lay(t, filepath.Join(w.dir, "t.csv"), "id,city\n1,Oslo\n2,Berg,en\n3,Bodø\n")
	told := "t.csv: line 3 is not a row of this table: it has 3 fields, and the header has 2"
	if said := w.ok("data", "add", "t.csv"); !strings.Contains(said, told) || !strings.Contains(said, "2 rows") {
		t.Errorf("add says %q", said)
	}
	lay(t, filepath.Join(w.dir, "t.csv"), "id,city\n1,Oslo\n2,\"Berg,en\"\n3,Bodø\n4\n")
	w.ok("data", "snapshot", "t")
	other := "line 5 is not a row of this table: it has 1 field, and the header has 2"
	for verb, wants := range map[string][]string{
		"data profile t@1":      {told, "t.csv: 2 rows"},
		"data preview t@1":      {"1   Oslo\n3   Bodø\n", told},
		"data diff t --key id":  {"1 row added, 0 removed, 0 changed, 2 the same", "in t@1: line 3 is not a row of this table", "in t@2: " + other},
		"data diff t --rows 5":  {"Berg,en", "in t@1: line 3 is not a row of this table", "in t@2: " + other},
		"data preview t --json": {`"faults":{"lines":1,"first":[{"line":5,"why":"it has 1 field, and the header has 2"}]}`},
		"data profile t --json": {`"faults":{"lines":1,"first":[{"line":5,`},
		"data diff t --json":    {`"faults_from":{"lines":1,"first":[{"line":3,`, `"faults_to":{"lines":1,"first":[{"line":5,`},
	} {
		said := w.ok(strings.Fields(verb)...)
		for _, want := range wants {
			if !strings.Contains(said, want) {
				t.Errorf("%s lacks %q: %s", verb, want, said)
			}
		}
	}
	r := w.run("data", "sql", "t@1", "select count(*) n from t")
	if r.out != "n\n2\n" || !strings.Contains(r.err, "rondo: t: line 3 is not a row of this table") {
		t.Errorf("%+v", r)
	}
	if said := w.ok("data", "sql", "t@1", "select count(*) n from t", "--json"); !strings.Contains(said, `"faults":[{"table":"t","lines":1,"first":[{"line":3,`) {
		t.Errorf("%s", said)
	}
}
