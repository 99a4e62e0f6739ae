package ignore_test

import (
	"slices"
	"strings"
	"testing"

	"rondo/backend/ignore"
)

// TestLinesThatCanMeanNothingAreFaults: git passes over them in silence.
func TestLinesThatCanMeanNothingAreFaults(t *testing.T) {
	text := "# [ a note\n\n*.tmp\n[open\n/\n!\nends\\\n[[:nothing:]]\n\\[fine\n[]a]\n  \n!keep[0-9]\n**/\n"
	var lines []int
	for _, f := range ignore.Faults(text) {
		if lines = append(lines, f.Line); f.Why == "" {
			t.Errorf("nothing is said of %s", f)
		}
	}
	if want := []int{4, 5, 6, 7, 8}; !slices.Equal(lines, want) {
		t.Errorf("faults are in lines %v, not %v", lines, want)
	}
}

// FuzzALineMeansItsPath: the line that a refusal tells leaves out that path, and no other file that it could be taken for.
func FuzzALineMeansItsPath(f *testing.F) {
	for _, path := range []string{"a", "data/venv/bin/python", "so[ck", `b\`, "!x", "#x", "a ", "a  ", " a", "*", "a?b", "bad\xff name", "\ufffd", "line\nbreak", "\ufeffx", "[]", "a\r"} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		if path == "" || strings.ContainsRune(path, 0) || strings.Trim(path, "/") != path || strings.Contains(path, "//") {
			t.Skip("no path that a walk finds")
		}
		line := ignore.Line(path)
		rules := ignore.Rules(line, "")
		if len(ignore.Faults(line)) > 0 || len(rules) != 1 || !ignore.Ignored(rules, path, false, false) {
			t.Errorf("%q does not mean %q", line, path)
		}
		if ignore.Ignored(rules, "x"+path, false, false) || ignore.Ignored(rules, path+"x", false, false) || ignore.Ignored(rules, "x/"+path, false, false) {
			t.Errorf("%q means more than %q", line, path)
		}
	})
}
