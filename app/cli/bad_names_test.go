//go:build unix

package cli_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func (w *world) file(name, text string) {
	w.t.Helper()
	path := filepath.Join(w.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		w.t.Fatal(err)
	}
}

// TestAnAddThatWasRefusedCanBeSaidAgain: what no snapshot can hold is named, each with its way
// out, and once it is gone the same words take the first snapshot.
func TestAnAddThatWasRefusedCanBeSaidAgain(t *testing.T) {
	w := newWorld(t)
	w.file("data/odd/ok.csv", "a\n1\n")
	pipe, link := filepath.Join(w.dir, "data/odd/pipe"), filepath.Join(w.dir, "data/odd/link")
	if err := syscall.Mkfifo(pipe, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/hostname", link); err != nil {
		t.Fatal(err)
	}
	w.check([]expect{
		{"data add data/odd", 2, []string{"odd/link is a symbolic link", `pipe" (pipe)`, "replace links by copies", "move pipes, sockets and devices out"}},
		{"data add data/odd/pipe --json", 2, []string{"neither a file nor a folder", "put the data into a file"}},
		{"data add data/odd/link", 2, []string{"is a link", "replace the link by what it points to"}},
		{"data add data/odd/bad\xff.csv", 2, []string{`bad\xff.csv`, "is not UTF-8 text", "rename it"}},
		{"data add data/" + strings.Repeat("n", 150) + ".csv", 2, []string{"1 to 100 bytes and not 150", "--name"}},
	})
	if err := os.Remove(pipe); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(link); err != nil {
		t.Fatal(err)
	}
	w.check([]expect{
		{"data add data/odd", 0, []string{"odd@1"}},
		{"data add data/odd", 4, []string{`there is a dataset called "odd" already`}},
	})
}

// TestNamesDoNotSteerTheTerminal: control letters of names and messages are not printed in
// tables, and the list of files is one that sha256sum reads.
func TestNamesDoNotSteerTheTerminal(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"plain", "two\nlines", `back\slash`, "esc\x1b[31m"} {
		w.file("data/odd/"+name, name)
	}
	w.ok("data", "add", "data/odd", "-m", "one\ntwo\x1b]0;title\a")
	if log := w.ok("data", "log", "odd"); strings.ContainsAny(log, "\x1b\a") || strings.Count(log, "\n") != 2 {
		t.Errorf("the log is %q", log)
	}
	sums := exec.Command("sha256sum", "-c", "--strict")
	sums.Dir = filepath.Join(w.dir, "data", "odd")
	sums.Stdin = strings.NewReader(w.ok("data", "files", "odd"))
	if out, err := sums.CombinedOutput(); err != nil || strings.Count(string(out), ": OK") != 4 {
		t.Errorf("sha256sum: %v\n%s", err, out)
	}
	w.file("data/odd/esc\x1b[31m", "other")
	w.ok("data", "snapshot", "odd")
	if diff := w.ok("data", "diff", "odd"); strings.ContainsAny(diff, "\x1b") || !strings.Contains(diff, `"esc\x1b[31m"`) {
		t.Errorf("the difference is %q", diff)
	}
	w.file("data/odd/right\u202eleft", "turned")
	w.file("data/odd/two\nlines", "other")
	status := w.ok("data", "status", "odd")
	for _, want := range []string{`  added    "right\u202eleft"` + "\n", `  changed  "two\nlines"` + "\n"} {
		if !strings.Contains(status, want) {
			t.Errorf("%q is not in the status %q", want, status)
		}
	}
	if r := w.run("data", "status", "odd", "--json"); strings.Contains(r.out, "\u202e") || !strings.Contains(r.out, `right\u202eleft`) || !json.Valid([]byte(r.out)) {
		t.Errorf("as JSON: %s", r.out)
	}
	if r := w.run("data", "checkout", "odd", "esc\x1b[32m"); r.code == 0 || strings.ContainsAny(r.err, "\x1b") {
		t.Errorf("%d %q", r.code, r.err)
	}
}

// TestVerifyNamesWhatIsMissing: a pack that is gone altogether leaves nothing damaged, and
// snapshots that claim more than there is.
func TestVerifyNamesWhatIsMissing(t *testing.T) {
	w := newWorld(t)
	w.ok("data", "snapshot", "weather")
	w.check([]expect{{"data verify", 0, []string{"all intact"}}})
	w.ok("stop")
	packs, err := filepath.Glob(filepath.Join(w.dir, ".rondo/objects/packs/*.pack"))
	if err != nil || len(packs) == 0 {
		t.Fatal(packs, err)
	}
	for _, p := range packs {
		if err := os.Remove(p); err != nil {
			t.Fatal(err)
		}
	}
	w.check([]expect{{"data verify", 1, []string{"missing that snapshots stand on", "rondo data fetch"}}})
	if r := w.run("data", "verify", "--json"); r.code != 1 || !strings.Contains(r.out, `"ok":false`) || !strings.Contains(r.out, "weather@1") {
		t.Errorf("%d %s%s", r.code, r.out, r.err)
	}
}

// TestOnlyTheWaysOutOfWhatIsThereAreTold: a folder of links is not told of pipes, nor the other way round.
func TestOnlyTheWaysOutOfWhatIsThereAreTold(t *testing.T) {
	w := newWorld(t)
	w.file("links/a", "a")
	for _, name := range []string{"one", "two"} {
		if err := os.Symlink("a", filepath.Join(w.dir, "links", name)); err != nil {
			t.Fatal(err)
		}
	}
	r := w.run("data", "add", "links")
	if r.code != 2 || !strings.Contains(r.err, "replace links by copies") || strings.Contains(r.err, "pipes") || strings.Contains(r.err, "UTF-8") {
		t.Errorf("%+v", r)
	}
	w.file("pipes/a", "a")
	for _, name := range []string{"one", "two"} {
		if err := syscall.Mkfifo(filepath.Join(w.dir, "pipes", name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	r = w.run("data", "add", "pipes")
	if r.code != 2 || !strings.Contains(r.err, "move pipes, sockets and devices out") || strings.Contains(r.err, "links") || strings.Contains(r.err, "UTF-8") {
		t.Errorf("%+v", r)
	}
}

// TestADamagedListOfFilesIsNamedByItsSnapshot, and not by an object's digest alone.
func TestADamagedListOfFilesIsNamedByItsSnapshot(t *testing.T) {
	w := newWorld(t)
	w.file("more/a", "a")
	w.ok("data", "add", "more")
	w.ok("stop")
	packs, err := filepath.Glob(filepath.Join(w.dir, ".rondo", "objects", "packs", "*.pack"))
	if err != nil || len(packs) == 0 {
		t.Fatal(packs, err)
	}
	for _, pack := range packs {
		is, err := os.Stat(pack)
		if err == nil {
			err = os.Chmod(pack, 0o600)
		}
		if err == nil {
			err = os.Truncate(pack, is.Size()-10)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"data", "checkout", "more"}, {"data", "status", "more"}} {
		if r := w.run(args...); r.code == 0 || !strings.Contains(r.err, "the list of files of more@1 cannot be read") || !strings.Contains(r.err, "rondo data repair") {
			t.Errorf("%v: %+v", args, r)
		}
	}
	if r := w.run("data", "verify"); r.code != 1 || !strings.Contains(r.out+r.err, "does not end as a pack does") {
		t.Errorf("%+v", r)
	}
}
