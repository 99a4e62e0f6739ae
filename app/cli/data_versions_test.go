package cli_test

import (
	"strings"
	"testing"
)

// TestVersionsAreNamedAlikeEverywhere: by number, tag, and latest, also where some were forgotten.
func TestVersionsAreNamedAlikeEverywhere(t *testing.T) {
	w := newWorld(t)
	for i, text := range []string{"1", "2", "3", "4"} {
		writeAll(t, w.dir, map[string]string{"d.txt": text})
		w.ok("data", []string{"add", "snapshot"}[min(i, 1)], []string{"d.txt", "d"}[min(i, 1)])
	}
	w.ok("data", "tag", "d@1", "golden")
	if text := w.ok("data", "log", "d"); !strings.Contains(text, "\nv1        golden") {
		t.Errorf("the log tells tags:\n%s", text)
	}
	for args, want := range map[string]string{
		"d":               "d@3 → d@4",
		"d 2":             "d@2 → d@4",
		"d@2":             "d@2 → d@4",
		"d@golden 3":      "d@1 → d@3",
		"d@golden d@v2":   "d@1 → d@2",
		"d golden latest": "d@1 → d@4",
	} {
		if text := w.ok(append([]string{"data", "diff"}, strings.Fields(args)...)...); !strings.HasPrefix(text, want) {
			t.Errorf("diff %s: %s, want %s", args, text, want)
		}
	}
	for args, want := range map[string]string{"d@1 weather@1": "weather@1 is no snapshot of d", "d@1 2 3": "usage: rondo data diff", "d 9": "d has no snapshot 9"} {
		if r := w.run(append([]string{"data", "diff"}, strings.Fields(args)...)...); r.code == 0 || !strings.Contains(r.err, want) {
			t.Errorf("diff %s: %+v, want %s", args, r, want)
		}
	}
	w.ok("data", "checkout", "d@golden")
	if text := w.ok("data", "checkout", "d@latest"); !strings.Contains(text, "d.txt is d@4 now") {
		t.Errorf("back to the newest: %s", text)
	}
	yaml := "rondo: 1\nname: weather\ndatasets:\n  d: {path: d.txt, keep: {last: 1}}\n"
	writeAll(t, w.dir, map[string]string{"rondo.yaml": yaml})
	w.ok("data", "retain")
	if text := w.ok("data", "diff", "d"); !strings.HasPrefix(text, "d@1 → d@4") {
		t.Errorf("with the one before of those that are left: %s", text)
	}
}
