package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestFromOutsideOfAnyProject lists and brings what a DVC project has, from a folder that is in none.
func TestFromOutsideOfAnyProject(t *testing.T) {
	w := newPipelineOfDVC(t)
	w.ok("data", "add", "data/a.csv")
	project, here := w.dir, t.TempDir()
	w.dir = here
	var list []struct {
		Path  string
		Isout bool
		MD5   string
	}
	if err := json.Unmarshal([]byte(w.ok("data", "ls", project, "data", "--json")), &list); err != nil || len(list) != 3 {
		t.Fatalf("%v %+v", err, list)
	}
	if one := list[1]; one.Path != "a.csv" || !one.Isout || len(one.MD5) != 32 {
		t.Errorf("%+v", one)
	}
	if err := os.Remove(filepath.Join(project, "data", "a.csv")); err != nil {
		t.Fatal(err)
	}
	if said := w.ok("data", "get", project, "data", "--to", "new/there"); !strings.Contains(said, "new/there: 2 files") {
		t.Errorf("%s", said)
	}
	if b, err := os.ReadFile(filepath.Join(here, "new/there/a.csv")); err != nil || string(b) != "1\n2\n3\n4\n" {
		t.Errorf("%q %v", b, err)
	}
	if said := w.ok("data", "ls-url", project, "--recursive", "--level", "1"); !strings.Contains(said, "data/") || !strings.Contains(said, "dvc.yaml") {
		t.Errorf("%s", said)
	}
	w.ok("data", "get-url", filepath.Join(project, "sub"), ".")
	for _, refused := range []struct{ call, why string }{
		{"data get " + project + " data --to new/there", "new/there/data"}, // it went inside
		{"data get-url " + project + "/sub .", "is there already"},
		{"data get " + project + " none", "it has no none"},
		{"data get " + project + " ../x", "is no path in a repository"},
		{"data get-url " + project + "/none", "is not there"},
		{"data ls " + project + " --level 2", "--recursive"},
		{"data ls remote://none/x --json", "remote"},
	} {
		r := w.run(strings.Fields(refused.call)...)
		if said := r.err + r.out; !strings.Contains(said, refused.why) {
			t.Errorf("%s: %d %s", refused.call, r.code, said)
		}
	}
	if left, err := filepath.Glob(filepath.Join(here, "*")); err != nil || len(left) != 2 {
		t.Errorf("beside what was brought lies %v %v", left, err)
	}
}
