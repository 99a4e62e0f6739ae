package dataset_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/dataset"
	"rondo/backend/errs"
)

const at = "data/weather.csv"

// versioned is a dataset with three snapshots, the last of which is there, and the pointers of all.
func versioned(t *testing.T) (h *house, pointers [4]string) {
	t.Helper()
	h = open(t, project(t))
	write(t, h.dir, at, csv1)
	h.add(t, "weather", at)
	for n := 1; n <= 3; n++ {
		write(t, h.dir, at, csv1+strings.Repeat("Seattle,2012-01-03,1.0\n", n))
		h.snap(t, "weather")
		pointers[n] = read(t, h.dir, at+".snap")
	}
	return h, pointers
}

// TestAChangedPointerIsRefusedWithTheWayOut, whatever line of it was changed.
func TestAChangedPointerIsRefusedWithTheWayOut(t *testing.T) {
	h, pointers := versioned(t)
	one := pointers[1]
	for _, change := range [][2]string{
		{"number: 1", "number: 2"},
		{"path: data/", "path: date/"},
		{"files: 1", "files: 2"},
		{"dataset: w", "dataset: v"},
		{"check: ", "chick: "},
		{"\ntree", "\nnote: a teammate's\ntree"},
	} {
		write(t, h.dir, at+".snap", strings.Replace(one, change[0], change[1], 1))
		_, err := h.Checkout(t.Context(), "weather", 0, false)
		if !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), at+".snap") {
			t.Fatalf("%s: %v", change[1], err)
		}
		if way := "rondo data checkout weather@1"; !strings.Contains(change[1], "chick") && !strings.Contains(errs.HintOf(err), way) {
			t.Errorf("%s: the way out is %q", change[1], errs.HintOf(err))
		}
		if _, err := h.Status(t.Context(), "weather"); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: the status is told: %v", change[1], err)
		}
		if _, err := h.Checkout(t.Context(), "weather", 1, false); err != nil || read(t, h.dir, at+".snap") != one {
			t.Fatalf("%s: the way out leads to %v\n%s", change[1], err, read(t, h.dir, at+".snap"))
		}
	}
}

// TestPointersOfOtherVersionsAreRead: older ones have no check, newer ones may have more lines, and git may
// have given them other ends.
func TestPointersOfOtherVersionsAreRead(t *testing.T) {
	h, pointers := versioned(t)
	var old []string
	for line := range strings.Lines(pointers[1]) {
		if !strings.HasPrefix(line, "check: ") {
			old = append(old, line)
		}
	}
	for _, text := range []string{
		strings.Join(old, ""), strings.ReplaceAll(pointers[1], "\n", "\r\n"),
		strings.TrimSuffix(pointers[1], "\n"), pointers[1] + "\n",
	} {
		_, err := h.Checkout(t.Context(), "weather", 3, false)
		must(t, err)
		write(t, h.dir, at+".snap", text)
		if snap, err := h.Checkout(t.Context(), "weather", 0, false); err != nil || snap.Number != 1 || read(t, h.dir, at+".snap") != pointers[1] {
			t.Errorf("%q: %v %v", text, snap.Ref(), err)
		}
	}
	newer := "rondo snapshot 1\ncheck: fb840b87\ndataset: w\nid: x\nnote: more\nnumber: 2\npath: w.csv\ntree: " + strings.Repeat("0f", 32) + "\n"
	if p, err := dataset.ParsePointer(newer); err != nil || p.Number != 2 {
		t.Errorf("a line that is not known yet: %v", err)
	}
}

// TestPointersThatGitMerges: two branches that took a snapshot each never become a pointer to something
// that neither took, and either side can be kept.
func TestPointersThatGitMerges(t *testing.T) {
	h, pointers := versioned(t)
	git := func(args ...string) error {
		cmd := exec.Command("git", append([]string{"-c", "user.name=Ann", "-c", "user.email=ann@example.org", "-C", h.dir}, args...)...)
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_SYSTEM="+os.DevNull)
		return cmd.Run()
	}
	commit := func(n int) {
		t.Helper()
		write(t, h.dir, at+".snap", pointers[n])
		must(t, git("add", at+".snap"))
		must(t, git("commit", "-qm", "a snapshot"))
	}
	must(t, git("init", "-q", "-b", "main"))
	commit(1)
	must(t, git("checkout", "-qb", "other"))
	commit(2)
	must(t, git("checkout", "-q", "main"))
	must(t, git("merge", "-q", "other")) // one side only
	if got := read(t, h.dir, at+".snap"); got != pointers[2] {
		t.Fatalf("%s", got)
	}
	commit(3)
	must(t, git("checkout", "-q", "other"))
	commit(1)
	if git("merge", "-q", "main") == nil {
		t.Fatal("git found a pointer that both sides mean")
	}
	if _, err := h.Checkout(t.Context(), "weather", 0, false); !errs.Is(err, errs.Invalid) || !strings.Contains(errs.HintOf(err), "--theirs") {
		t.Fatalf("with markers: %v", err)
	}
	must(t, git("checkout", "--theirs", "--", filepath.FromSlash(at+".snap")))
	if snap, err := h.Checkout(t.Context(), "weather", 0, false); err != nil || snap.Number != 3 {
		t.Errorf("the other side: %v %v", snap.Ref(), err)
	}
}

// FuzzPointer: what is read writes the same again, and what is written is read.
func FuzzPointer(f *testing.F) {
	f.Add("rondo snapshot 1\ndataset: w\nfiles: 1\nid: x\nnumber: 2\npath: w.csv\nsize: 3\ntree: " + strings.Repeat("0f", 32) + "\n")
	f.Add("rondo snapshot 1\n<<<<<<< HEAD\n")
	f.Add("rondo snapshot 2\n")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := dataset.ParsePointer(text)
		if err != nil {
			if !errs.Is(err, errs.Invalid) {
				t.Fatalf("%v is %s", err, errs.KindOf(err))
			}
			return
		}
		p.Checked = true
		again, err := dataset.ParsePointer(p.String())
		if err != nil || again != p {
			t.Fatalf("%+v came back as %+v, %v", p, again, err)
		}
	})
}
