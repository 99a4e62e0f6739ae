package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// twoThere is a project with two datasets on a remote, of whose records the later pushed one is
// damaged, and its name.
func twoThere(t *testing.T) (a *world, remote, record string) {
	t.Helper()
	remote, a = filepath.Join(t.TempDir(), "remote"), newWorld(t)
	a.ok("data", "remote", "disk", remote)
	a.ok("data", "snapshot", "weather")
	a.ok("data", "push")
	before, _ := filepath.Glob(filepath.Join(remote, "snapshots", "*"))
	lay(t, filepath.Join(a.dir, "words.txt"), "one\n")
	a.ok("data", "add", "words.txt")
	a.ok("data", "push")
	after, _ := filepath.Glob(filepath.Join(remote, "snapshots", "*"))
	for _, path := range after {
		if len(before) == 1 && path != before[0] {
			record = path
		}
	}
	if err := os.WriteFile(record, []byte("hello"), 0o644); err != nil {
		t.Fatal(err)
	}
	return a, remote, "snapshots/" + filepath.Base(record)
}

// TestARecordThatCannotBeReadStopsNothingElse: it is named, all else is copied, the exit code
// says so, nothing is in sync meanwhile, and a push from who has the snapshot mends it.
func TestARecordThatCannotBeReadStopsNothingElse(t *testing.T) {
	a, remote, record := twoThere(t)
	b := newWorld(t)
	b.ok("data", "remote", "disk", remote)
	for _, step := range []struct {
		verb, says string
	}{
		{"fetch", "disk: 1 snapshot whole here, 1 new; "},
		{"remote-status", record + ": "},
		{"fetch words", record + " cannot be read, so that it may be there"},
		{"fetch words@1", record + " cannot be read, so that it may be there"},
		{"pull weather", "weather.csv is weather@1 now"},
	} {
		r := b.run(append([]string{"data"}, strings.Fields(step.verb)...)...)
		for _, want := range []string{step.says, record, "push again from a project that has it"} {
			if r.code != 1 || !strings.Contains(r.out+r.err, want) {
				t.Errorf("data %s: code %d without %q\n%s%s", step.verb, r.code, want, r.out, r.err)
			}
		}
	}
	if r := b.run("data", "remote-status"); strings.Contains(r.out, "in sync") {
		t.Errorf("it cannot be told what is there, and this is said:\n%s", r.out)
	}
	for _, verb := range []string{"fetch", "remote-status"} {
		if r := b.run("data", verb, "--json"); r.code != 1 || !strings.Contains(r.out, record) {
			t.Errorf("%s --json: %d %s", verb, r.code, r.out)
		}
	}
	if r := a.run("data", "remote-status"); r.code != 1 || strings.Count(r.out, "in sync") != 1 {
		t.Errorf("where the snapshot is, the other dataset is in sync: %d\n%s", r.code, r.out)
	}
	a.ok("data", "push")
	b.check([]expect{{"data fetch", 0, []string{"1 new"}}, {"data remote-status", 0, []string{"in sync"}}})
}
