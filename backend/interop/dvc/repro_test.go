package dvc_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// pair is a history that begins with files, without git.
func pair(t *testing.T, config string, files map[string]string) *history {
	t.Helper()
	files[".dvc/config"] = "[core]\n    no_scm = true\n" + config
	return &history{t: t, d: newDriver(t, realDVC(t)), main: folder(t, files), twin: folder(t, files)}
}

// reproduce runs the whole pipeline by Rondo, and by dvc in the twin, and wants the same end.
func (h *history) reproduce(well bool, flags ...string) {
	h.t.Helper()
	p := open(h.t, h.main)
	defer p.Close()
	err := h.reproAll(flags...)(p)
	out, ok := h.d.try(h.twin, append([]string{"repro"}, flags...)...)
	if (err == nil) != well || ok != well {
		h.t.Fatalf("repro %v: rondo %v, dvc %v\n%s", flags, err, ok, out)
	}
}

var folded = regexp.MustCompile(`: \n +`)

func (h *history) sameText(name string) string {
	h.t.Helper()
	here, err := os.ReadFile(filepath.Join(h.main, name))
	there, err2 := os.ReadFile(filepath.Join(h.twin, name))
	if h.d.old { // whose YAML writer breaks long lines elsewhere
		here, there = folded.ReplaceAll(here, []byte(": ")), folded.ReplaceAll(there, []byte(": "))
	}
	if err != nil || err2 != nil || string(here) != string(there) {
		h.t.Fatalf("%s\nhere %q %v\ntwin %q %v", name, here, err, there, err2)
	}
	return string(here)
}

// TestDataIsRecordedWithTheStageThatReadsIt: behind a stage that fails, changed data stays
// as it was recorded.
func TestDataIsRecordedWithTheStageThatReadsIt(t *testing.T) {
	stages := "stages:\n  first:\n    cmd: test -e go && touch first.txt\n    outs: [first.txt]\n  last:\n    cmd: cp data/a.csv last.txt\n    deps: [data/a.csv]\n    outs: [last.txt]\n"
	h := pair(t, "", map[string]string{"dvc.yaml": stages, "data/a.csv": "1\n"})
	for _, dir := range []string{h.main, h.twin} {
		h.d.must(dir, "add", "data/a.csv")
	}
	was := h.sameText("data/a.csv.dvc")
	h.both("data/a.csv", "2\n")
	h.reproduce(false)
	if got := h.sameText("data/a.csv.dvc"); got != was {
		t.Errorf("recorded although nothing that reads it ran: %s", got)
	}
	h.both("go", "")
	h.reproduce(true)
	if got := h.sameText("data/a.csv.dvc"); got == was {
		t.Error("changed data that a stage has read was not recorded")
	}
	h.sameText("dvc.lock")
}

// TestForcedReproLinksDataAgain: what was made a file of its own is a link to the cache again.
func TestForcedReproLinksDataAgain(t *testing.T) {
	stages := "stages:\n  only:\n    cmd: cp a.csv out.txt\n    deps: [a.csv]\n    outs: [out.txt]\n"
	h := pair(t, "[cache]\n    type = symlink\n", map[string]string{"dvc.yaml": stages, "a.csv": "1\n", "b.csv": "2\n"})
	for _, dir := range []string{h.main, h.twin} {
		h.d.must(dir, "add", "a.csv", "b.csv")
		h.d.must(dir, "unprotect", "a.csv", "b.csv")
	}
	h.reproduce(true)
	h.reproduce(true, "-f")
	h.sameKind("a.csv", fs.ModeSymlink)
	h.sameKind("b.csv", 0)
}

func (h *history) sameKind(name string, want fs.FileMode) {
	h.t.Helper()
	for _, dir := range []string{h.main, h.twin} {
		if info, err := os.Lstat(filepath.Join(dir, name)); err != nil || info.Mode().Type() != want {
			h.t.Errorf("%s in %s: %v %v, want %v", name, filepath.Base(dir), info.Mode(), err, want)
		}
	}
}

// TestRestoredMetricIsNoLink: a metric that git keeps is a file of its own, also where the run
// cache brings it.
func TestRestoredMetricIsNoLink(t *testing.T) {
	stages := "stages:\n  only:\n    cmd: cp a.csv out.txt && cp a.csv m.json\n    deps: [a.csv]\n    outs: [out.txt]\n    metrics:\n    - m.json:\n        cache: false\n"
	h := pair(t, "[cache]\n    type = symlink\n", map[string]string{"dvc.yaml": stages, "a.csv": "1\n"})
	h.reproduce(true)
	h.both("a.csv", "2\n")
	h.reproduce(true)
	h.both("a.csv", "1\n")
	h.reproduce(true)
	if got := h.sameText("m.json"); got != "1\n" {
		t.Errorf("%q", got)
	}
	h.sameKind("out.txt", fs.ModeSymlink)
	h.sameKind("m.json", 0)
}

// TestFrozenStageIsRecordedAnew: a frozen stage does not run; what lies there is recorded, and
// noted as a run, when its command changed and when it is forced.
func TestFrozenStageIsRecordedAnew(t *testing.T) {
	stages := "stages:\n  only:\n    cmd: cp a.csv out.txt\n    deps: [a.csv]\n    outs: [out.txt]\n"
	h := pair(t, "", map[string]string{"dvc.yaml": stages, "a.csv": "1\n"})
	h.reproduce(true)
	was := h.sameText("dvc.lock")
	recorded := func(anew bool, flags ...string) {
		h.t.Helper()
		h.reproduce(true, flags...)
		now := h.sameText("dvc.lock")
		if (now != was) != anew {
			t.Errorf("repro %v: recorded anew %v: %s", flags, !anew, now)
		}
		was = now
		here, _ := own(t, h.main)
		there, _ := own(t, h.twin)
		h.equal(here, there)
	}
	h.both("dvc.yaml", stages+"    frozen: true\n")
	h.both("a.csv", "2\n")
	recorded(false)
	recorded(true, "-f")
	h.both("dvc.yaml", strings.Replace(stages, "cp a", "cp -p a", 1)+"    frozen: true\n")
	recorded(true)
	h.sameText("out.txt")
}
