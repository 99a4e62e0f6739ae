package cli_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rondo/app/client"
)

// TestAFileThatWasDeletedIsFound: who looks for it where it is not is told the newest snapshot that has it.
func TestAFileThatWasDeletedIsFound(t *testing.T) {
	w := newWorld(t)
	writeAll(t, w.dir, map[string]string{"d/old/a.txt": "first", "d/b.txt": "b"})
	w.ok("data", "add", "d")
	writeAll(t, w.dir, map[string]string{"d/old/a.txt": "second"})
	w.ok("data", "snapshot")
	if err := os.RemoveAll(filepath.Join(w.dir, "d", "old")); err != nil {
		t.Fatal(err)
	}
	w.check([]expect{{"data status", 0, []string{"1 file differs from d@2"}}})
	w.ok("data", "snapshot")
	const there = "d@2 is the newest snapshot that has it"
	w.check([]expect{
		{"data checkout d old/a.txt", 3, []string{"d@3 holds no old/a.txt", there}},
		{"data checkout d d/old", 3, []string{"d@3 holds no d/old", there}},
		{"data cat d old/a.txt", 3, []string{there}},
		{"data cat d@2 d/old/a.txt", 0, []string{"second"}},
		{"data checkout d never.txt", 3, []string{"d@3 holds no never.txt", "rondo data files d@3"}},
		{"data checkout d@2 old", 0, []string{"old of d is as in d@2 now"}},
	})
	for i := range 60 {
		writeAll(t, w.dir, map[string]string{fmt.Sprintf("d/more/%d.txt", i): "x"})
	}
	w.check([]expect{
		{"data status", 0, []string{"61 files differ from d@3: 61 added, 0 removed, 0 changed"}},
		{"data status d", 0, []string{"… and 11 more added"}},
	})
}

// TestWordsOfOtherProgramsAreKnown, and nobody is sent to a verb that is called alike and does something else.
func TestWordsOfOtherProgramsAreKnown(t *testing.T) {
	w := newWorld(t)
	for given, meant := range map[string]string{
		"restore": "data checkout", "undo": "data checkout", "data undo": "data checkout", "prune": "data gc", "backup": "data snapshot", "data rm": "data remove",
		"data fsck": "fsck", "models": "model list", "train": "repro", "data history": "data log",
	} {
		w.check([]expect{{given, 2, []string{"is not a verb of rondo", "here it is `rondo " + meant + "`: "}}})
	}
	w.check([]expect{{"snapshto", 2, []string{"did you mean `rondo data snapshot`?"}}, {"model rm", 2, []string{"is not a verb of rondo"}}})
}

// TestVerbsOfDVCSayWhatToDoHere, each for itself.
func TestVerbsOfDVCSayWhatToDoHere(t *testing.T) {
	w := newWorld(t)
	w.check([]expect{
		{"remote add disk /mnt/disk", 3, []string{"rondo data remote NAME ADDRESS"}},
		{"data move a b", 4, []string{"write its new path into rondo.yaml"}},
		{"data commit", 4, []string{"rondo data snapshot NAME"}},
		{"metrics show", 3, []string{"rondo runs compare"}},
		{"stage freeze train", 4, []string{"stages stand in rondo.yaml"}},
	})
}

// TestAServerOfAnotherBuildIsTold, once a call, and goes on serving.
func TestAServerOfAnotherBuildIsTold(t *testing.T) {
	w := newWorld(t)
	const told = "`rondo stop` ends it"
	w.ok("data", "list")
	if r := w.run("data", "list"); strings.Contains(r.err, told) {
		t.Errorf("it is of this build: %s", r.err)
	}
	info := w.info()
	info.Build = "rondo 0.0.9 (older)"
	found, err := filepath.Glob(filepath.Join(w.home, "*", "server.json"))
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	if err := client.WriteInfo(filepath.Dir(found[0]), info); err != nil {
		t.Fatal(err)
	}
	if r := w.run("data", "status"); r.code != 0 || strings.Count(r.err, told) != 1 || !strings.Contains(r.err, "rondo 0.0.9 (older)") {
		t.Errorf("%+v", r)
	}
	w.ok("stop")
}

// TestOutsThatAreNotThereYetAreLeftOut of a snapshot of all: a stage has yet to make them.
func TestOutsThatAreNotThereYetAreLeftOut(t *testing.T) {
	w := newWorld(t)
	yaml := "rondo: 1\ndatasets:\n  raw: {path: raw.txt}\n  made: {path: made.txt}\nstages:\n  make: {cmd: sh make.sh, deps: [make.sh], outs: [made.txt]}\n"
	writeAll(t, w.dir, map[string]string{"raw.txt": "raw", "rondo.yaml": yaml, "make.sh": "echo first > made.txt\n", ".gitignore": "/made.txt\n"})
	w.ok("trust", "--yes")
	w.check([]expect{
		{"data snapshot raw", 0, []string{"raw@1"}},
		{"data snapshot", 0, []string{"made: left out, made.txt is not there yet", "Nothing has changed"}},
		{"data snapshot made", 3, []string{"made.txt does not exist"}},
		{"repro", 0, []string{"finished"}},
	})
	if text := w.ok("data", "du"); strings.Contains(text, "beside that") {
		t.Errorf("nothing was put aside: %s", text)
	}
	writeAll(t, w.dir, map[string]string{"make.sh": "echo half > made.txt; exit 3\n"})
	w.check([]expect{{"repro", 4, []string{"exit code 3"}}})
	writeAll(t, w.dir, map[string]string{"make.sh": "echo whole > made.txt\n"})
	w.check([]expect{
		{"repro", 0, []string{"made.txt is not as a stage that ran through has left it; it is now .rondo/replaced/"}},
		{"data snapshot", 0, []string{"made@1"}},
		{"data du", 0, []string{"5 B beside that in .rondo/replaced"}},
	})
}

// TestAPathThatRondoYamlHasChangedCountsAtOnce, and not only when somebody has looked at the file again.
func TestAPathThatRondoYamlHasChangedCountsAtOnce(t *testing.T) {
	w := newWorld(t)
	for i, path := range []string{"a.txt", "b.txt", "c.txt", "d.txt"} {
		writeAll(t, w.dir, map[string]string{path: path, "rondo.yaml": "rondo: 1\ndatasets:\n  d: {path: " + path + "}\n"})
		w.check([]expect{
			{"data snapshot", 0, []string{fmt.Sprintf("d@%d", i+1)}},
			{"data status d", 0, []string{fmt.Sprintf("as in d@%d", i+1)}},
			{"data list", 0, []string{path}},
			{"data cat d", 0, []string{path}},
		})
	}
}
