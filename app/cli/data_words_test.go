package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestWhatDataVerbsSay: a person learns what was done, and what of it needs a look.
func TestWhatDataVerbsSay(t *testing.T) {
	w := newWorld(t)
	writeAll(t, w.dir, map[string]string{"d/A.txt": "a", "d/a.txt": "b", "d/sub/c.txt": "c", "d/t.csv": "x\n1\n"})
	if text := w.ok("data", "add", "d"); !strings.Contains(text, `"A.txt" and "a.txt" are one file on Windows`) || !strings.Contains(text, "by this line in .rondoignore of the project folder: /d/a.txt\n") {
		t.Errorf("names that differ only by case: %s", text)
	}
	if text := w.ok("data", "snapshot", "d"); !strings.Contains(text, "no new snapshot was needed") {
		t.Errorf("nothing has changed: %s", text)
	}
	if r := w.run("data", "add", "d", "--name", "e"); r.code != 4 || !strings.Contains(r.err, "d is the dataset d already\n       take a snapshot of it: rondo data snapshot d\n") {
		t.Errorf("a path that is one: %+v", r)
	}
	if r := w.run("data", "remote", "disk", "--forget"); r.code != 3 || !strings.Contains(r.err, `there is no remote called "disk"`) {
		t.Errorf("a remote that is none: %+v", r)
	}
	w.ok("data", "tag", "d@1", "golden")
	if text := w.ok("data", "tag", "d", "golden", "--remove"); !strings.Contains(text, "d@golden is no tag any more") {
		t.Errorf("a tag is taken away: %q", text)
	}
	w.ok("data", "tag", "d@1", "golden")
	if text := w.ok("data", "tag", "d", "golden", "--remove", "--json"); strings.TrimSpace(text) != "{}" {
		t.Errorf("as JSON: %q", text)
	}
	writeAll(t, w.dir, map[string]string{"d/sub/c.txt": "new", "d/t.csv": "x\n2\n"})
	if text := w.ok("data", "snapshot", "d"); strings.Contains(text, "no new snapshot") {
		t.Errorf("something has changed: %s", text)
	}
	const unkept = "What lies there now is not in it: 1 file differs from d@2 (rondo data status d)."
	if text := w.ok("data", "diff", "d"); strings.Contains(text, "What lies there") {
		t.Errorf("all of it is kept: %s", text)
	}
	writeAll(t, w.dir, map[string]string{"d/sub/c.txt": "newer"})
	if text := w.ok("data", "diff", "d"); !strings.Contains(text, unkept) {
		t.Errorf("not all of it is kept: %s", text)
	}
	if text := w.ok("data", "diff", "d@1", "2"); strings.Contains(text, "What lies there") {
		t.Errorf("two snapshots: %s", text)
	}
	writeAll(t, w.dir, map[string]string{"d/sub/c.txt": "new"})
	if text := w.ok("data", "checkout", "d@1", "sub"); !strings.Contains(text, "sub of d is as in d@1 now") {
		t.Errorf("a part: %s", text)
	}
	for name, want := range map[string]string{"d/sub/c.txt": "c", "d/t.csv": "x\n2\n"} {
		if b, err := os.ReadFile(filepath.Join(w.dir, name)); err != nil || string(b) != want {
			t.Errorf("%s: %q %v", name, b, err)
		}
	}
}

// TestRulesCountAtOnce: what stands in rondo.yaml when a person asks, right or wrong.
func TestRulesCountAtOnce(t *testing.T) {
	w := newWorld(t)
	for _, text := range []string{"1", "2", "3"} {
		writeAll(t, w.dir, map[string]string{"d.txt": text})
		if text == "1" {
			w.ok("data", "add", "d.txt")
		} else {
			w.ok("data", "snapshot", "d")
		}
	}
	yaml, err := os.ReadFile(filepath.Join(w.dir, "rondo.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	rules := func(keep string) {
		writeAll(t, w.dir, map[string]string{"rondo.yaml": strings.Replace(string(yaml), "\ndatasets:\n", "\ndatasets:\n  d: {path: d.txt, keep: "+keep+"}\n", 1)})
	}
	rules("{last: 1}")
	if text := w.ok("data", "retain", "--dry-run"); !strings.Contains(text, "2 would be forgotten") {
		t.Errorf("rules that were just written: %s", text)
	}
	writeAll(t, w.dir, map[string]string{"e.txt": "e", "rondo.yaml": strings.Replace(string(yaml), "\ndatasets:\n", "\ndatasets:\n  later: {path: e.txt}\n", 1)})
	if text := w.ok("data", "snapshot", "later"); !strings.Contains(text, "later@1") {
		t.Errorf("a dataset that was just written: %s", text)
	}
	rules("{lst: 1}")
	if r := w.run("data", "retain"); r.code == 0 || !strings.Contains(r.err, "rondo.yaml:") || !strings.Contains(r.err, "lst") {
		t.Errorf("rules that are wrong: %+v", r)
	}
}

// TestDamageIsAnExitCode, also for programs that read the JSON.
func TestDamageIsAnExitCode(t *testing.T) {
	w := newWorld(t)
	writeAll(t, w.dir, map[string]string{"d.txt": "content"})
	w.ok("data", "add", "d.txt")
	w.ok("stop")
	packs, err := filepath.Glob(filepath.Join(w.dir, ".rondo/objects/packs/*.pack"))
	if err != nil || len(packs) == 0 {
		t.Fatal(packs, err)
	}
	for _, pack := range packs {
		b, err := os.ReadFile(pack)
		if err != nil {
			t.Fatal(err)
		}
		b[14] ^= 1
		if err := os.WriteFile(pack, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"data", "verify"}, {"data", "verify", "d@1"}, {"data", "repair"}} {
		for _, more := range [][]string{nil, {"--json"}} {
			if r := w.run(append(args, more...)...); r.code != 1 {
				t.Errorf("%v %v: %+v", args, more, r)
			}
		}
	}
}
