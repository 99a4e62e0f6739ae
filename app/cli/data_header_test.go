package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// headless are two snapshots of a file whose first line is data by its look, and of one whose is not.
func headless(t *testing.T) *world {
	w := newWorld(t)
	writeAll(t, w.dir, map[string]string{"d/years.csv": "2019,2020\n1,2\n3,4\n", "d/iris.csv": "5.1,3.5,setosa\n4.9,3.0,setosa\n"})
	w.ok("data", "add", "d")
	writeAll(t, w.dir, map[string]string{"d/years.csv": "2019,2020\n1,2\n3,5\n", "d/iris.csv": "5.1,3.5,setosa\n4.8,3.0,setosa\n"})
	w.ok("data", "snapshot", "d")
	return w
}

// says asks in every way what stands in a table.
func says(t *testing.T, w *world, file, columns, count string, told ...string) {
	t.Helper()
	name := strings.TrimSuffix(file, ".csv")
	preview := strings.Join(strings.Fields(strings.SplitN(w.ok("data", "preview", "d", file), "\n", 2)[0]), " ")
	if preview != columns {
		t.Errorf("the preview of %s has the columns %q, want %q", file, preview, columns)
	}
	if got := w.ok("data", "sql", "d", "select * from "+name+" limit 1"); strings.Join(strings.Fields(strings.SplitN(got, "\n", 2)[0]), " ") != columns {
		t.Errorf("sql of %s: %s", file, got)
	}
	if got := w.ok("data", "sql", "d", "select count(*) n from "+name); got != "n\n"+count+"\n" {
		t.Errorf("sql counts of %s: %q", file, got)
	}
	profile := w.ok("data", "profile", "d")
	diff := w.ok("data", "diff", "d", "--rows", "5")
	for _, column := range strings.Fields(columns) {
		if !strings.Contains(profile, column) || !strings.Contains(diff, column) {
			t.Errorf("%s: %s is not in\n%s\n%s", file, column, profile, diff)
		}
	}
	for _, words := range told {
		if !strings.Contains(profile+diff, words) {
			t.Errorf("%s: nothing tells %q:\n%s\n%s", file, words, profile, diff)
		}
	}
}

// TestTablesWithoutAHeader lose no row where their first line can hold no names, or rondo.yaml says so; what was
// told before it said so is told no more.
func TestTablesWithoutAHeader(t *testing.T) {
	w := headless(t)
	says(t, w, "years.csv", "c1 c2", "3", "taken for a row")
	says(t, w, "iris.csv", "5.1 3.5 setosa", "1", "say `header: false`")
	yaml, err := os.ReadFile(filepath.Join(w.dir, "rondo.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	set := func(value string) {
		text := strings.Replace(string(yaml), "\ndatasets:\n", "\ndatasets:\n  d:\n    path: d\n    header: "+value+"\n", 1)
		writeAll(t, w.dir, map[string]string{"rondo.yaml": text})
	}
	set("true")
	says(t, w, "years.csv", "2019 2020", "2")
	set("false")
	says(t, w, "iris.csv", "c1 c2 c3", "2")
	if got := w.ok("data", "profile", "d"); strings.Contains(got, "line 1") {
		t.Errorf("what rondo.yaml has settled is told of: %s", got)
	}
	set("perhaps")
	says(t, w, "iris.csv", "c1 c2 c3", "2")
	if r := w.run("status"); !strings.Contains(r.out+r.err, "rondo.yaml") {
		t.Errorf("a header that is neither true nor false: %+v", r)
	}
}
