package dvc_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/interop/dvc"
)

// newBranches is a project of a few commits, on a branch and a tag, made by dvc, whose cache has
// all that they name. There are two remotes, a and b; local is for b only.
func newBranches(t *testing.T) (*driver, string) {
	t.Helper()
	d, dir := newDriver(t, realDVC(t)), filepath.Join(t.TempDir(), "made")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	commit := func(text string) {
		put(t, dir, "one.csv", text)
		put(t, dir, "p.yaml", "x: "+text)
		d.must(dir, "add", "-q", "one.csv", "sub/local", "sub/images")
		d.must(dir, "repro", "-q")
		gitDo(t, dir, "add", "-A")
		gitDo(t, dir, "commit", "-q", "-m", text)
	}
	gitDo(t, dir, "init", "-q", "-b", "main", ".")
	d.must(dir, "init", "-q")
	d.must(dir, "remote", "add", "-q", "-d", "a", filepath.Join(dir, "../a"))
	d.must(dir, "remote", "add", "-q", "b", filepath.Join(dir, "../b"))
	files := folder(t, map[string]string{
		"sub/local": "only b", "sub/images/x/1": "one", "sub/images/2": "two", "other/free": "f",
		"dvc.yaml": "stages:\n  prep:\n    cmd: cp one.csv prep.csv\n    deps: [one.csv]\n    outs: [prep.csv]\n  train:\n    cmd: cat prep.csv p.yaml > model\n    deps: [prep.csv]\n    params: [{p.yaml: [x]}]\n    outs: [model]\n",
	})
	if err := os.CopyFS(dir, os.DirFS(files)); err != nil {
		t.Fatal(err)
	}
	d.must(dir, "add", "-q", "other/free")
	for i, text := range []string{"1", "2", "3", "4"} {
		if commit(text); i == 0 {
			put(t, dir, "sub/local.dvc", strings.TrimSuffix(readText(t, dir, "sub/local.dvc"), "\n")+"\n  remote: b\n")
		}
		if i == 1 {
			gitDo(t, dir, "tag", "-a", "-m", "a tag", "v1")
			gitDo(t, dir, "branch", "side")
		}
	}
	put(t, dir, "one.csv", "not committed")
	d.must(dir, "add", "-q", "one.csv")
	return d, dir
}

func readText(t *testing.T, dir, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// filesBelow are the files below a folder.
func filesBelow(t *testing.T, dir string) (list []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(at string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			rel, _ := filepath.Rel(dir, at)
			list = append(list, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestFlagsMeanWhatTheyMeanToDVC pushes to one remote by dvc and to another by Rondo, and
// fetches into an empty cache by each: the same objects and notes of runs.
func TestFlagsMeanWhatTheyMeanToDVC(t *testing.T) {
	d, dir := newBranches(t)
	for _, c := range []struct {
		flags string
		in    dvc.Exchange
	}{
		{"", dvc.Exchange{}},
		{"--all-branches", dvc.Exchange{Revisions: dvc.Revisions{Branches: true}}},
		{"--all-tags", dvc.Exchange{Revisions: dvc.Revisions{Tags: true}}},
		{"--all-commits", dvc.Exchange{Revisions: dvc.Revisions{Commits: true}}},
		{"--all-commits one.csv", dvc.Exchange{Revisions: dvc.Revisions{Commits: true}, Selection: dvc.Selection{Targets: []string{"one.csv"}}}},
		{"--run-cache prep", dvc.Exchange{RunCache: true, Selection: dvc.Selection{Targets: []string{"prep"}}}},
		{"-R sub", dvc.Exchange{Selection: dvc.Selection{Targets: []string{"sub"}, Recursive: true}}},
		{"--with-deps train", dvc.Exchange{Selection: dvc.Selection{Targets: []string{"train"}, WithDeps: true}}},
		{"train", dvc.Exchange{Selection: dvc.Selection{Targets: []string{"train"}}}},
	} {
		c.in.Remote = "a"
		theirs, ours, far := copyOf(t, dir), copyOf(t, dir), filepath.Join(dir, "../a")
		d.must(theirs, append([]string{"push", "-q", "-r", "a"}, strings.Fields(c.flags)...)...)
		want := filesBelow(t, far)
		lose(t, far, "files", "runs")
		if _, err := open(t, ours).Push(t.Context(), c.in); err != nil {
			t.Errorf("push %s: %v", c.flags, err)
		}
		sameNames(t, "push "+c.flags, filesBelow(t, far), want)
		if v, err := open(t, ours).VerifyFar(t.Context(), c.in); err != nil || len(v.Missing)+len(v.Damaged) > 0 || v.Objects < 1 {
			t.Errorf("verify %s: %+v, %v", c.flags, v, err)
		}
		lose(t, theirs, ".dvc/cache")
		lose(t, ours, ".dvc/cache")
		d.must(theirs, append([]string{"fetch", "-q", "-r", "a"}, strings.Fields(c.flags)...)...)
		if _, err := open(t, ours).Fetch(t.Context(), c.in); err != nil {
			t.Errorf("fetch %s: %v", c.flags, err)
		}
		sameNames(t, "fetch "+c.flags, filesBelow(t, filepath.Join(ours, ".dvc/cache")), filesBelow(t, filepath.Join(theirs, ".dvc/cache")))
		lose(t, far, "files", "runs")
	}
}

// copyOf is a copy of a project with the same remotes.
func copyOf(t *testing.T, dir string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}

func sameNames(t *testing.T, what string, ours, theirs []string) {
	t.Helper()
	if !slices.Equal(ours, theirs) {
		t.Errorf("%s:\n%s\nand dvc\n%s", what, joined(ours), joined(theirs))
	}
}

// TestATargetHasToBeSomewhere names what only a commit has, and what none has; a commit that
// cannot be read is left out and told.
func TestATargetHasToBeSomewhere(t *testing.T) {
	_, dir := newBranches(t)
	put(t, dir, "sub/images.dvc", "outs: nonsense\n")
	gitDo(t, dir, "commit", "-qam", "broken")
	gitDo(t, dir, "rm", "-qf", "sub/images.dvc")
	gitDo(t, dir, "commit", "-qm", "without")
	all := dvc.Exchange{Revisions: dvc.Revisions{Commits: true}, Selection: dvc.Selection{Targets: []string{"sub/images"}}}
	done, err := open(t, dir).Push(t.Context(), all)
	if err != nil || done.Objects != 3 || len(done.Unread) != 1 || !strings.Contains(done.Unread[0], "sub/images.dvc") {
		t.Errorf("%+v, %v", done, err)
	}
	all.Revisions = dvc.Revisions{}
	if _, err := open(t, dir).Push(t.Context(), all); !errs.Is(err, errs.NotFound) {
		t.Errorf("what only commits have: %v", err)
	}
	all.Revisions, all.Targets = dvc.Revisions{Commits: true}, []string{"nowhere"}
	if _, err := open(t, dir).Push(t.Context(), all); !errs.Is(err, errs.NotFound) {
		t.Errorf("what nothing has: %v", err)
	}
}

// TestDamagedNotesOfRunsStay: neither push nor fetch passes them on.
func TestDamagedNotesOfRunsStay(t *testing.T) {
	_, dir := newBranches(t)
	run, far := dvc.Exchange{RunCache: true, Remote: "b"}, open(t, dir).Config[`remote "b"`]["url"]
	at, err := filepath.Glob(filepath.Join(dir, ".dvc/cache/runs/*/*/*"))
	if err != nil || len(at) < 8 {
		t.Fatal(at, err)
	}
	text := readText(t, "", at[0])
	put(t, "", writable(t, at[0]), strings.Replace(text, "cmd: c", "cmd: d", 1))
	done, err := open(t, dir).Push(t.Context(), run)
	if err != nil || done.Runs != len(at)-1 || len(done.BadRuns) != 1 || !strings.HasSuffix(filepath.ToSlash(at[0]), done.BadRuns[0]) {
		t.Errorf("%+v, %v", done, err)
	}
	there, _ := filepath.Glob(filepath.Join(far, "runs/*/*/*"))
	put(t, "", writable(t, there[0]), "cmd: x\n")
	lose(t, dir, ".dvc/cache/runs")
	done, err = open(t, dir).Fetch(t.Context(), run)
	if err != nil || done.Runs != len(there)-1 || len(done.BadRuns) != 1 {
		t.Errorf("%+v, %v", done, err)
	}
}

// TestANoteOfARunThatIsFetchedAppearsWhole: dvc fails where the folder of one is empty.
func TestANoteOfARunThatIsFetchedAppearsWhole(t *testing.T) {
	d, dir := newBranches(t)
	run := dvc.Exchange{RunCache: true, Remote: "b"}
	if _, err := open(t, dir).Push(t.Context(), run); err != nil {
		t.Fatal(err)
	}
	lose(t, dir, ".dvc/cache/runs")
	fault.Fail(func(op string) error {
		if op == "create" {
			return syscall.ENOSPC
		}
		return nil
	})
	_, err := open(t, dir).Fetch(t.Context(), run)
	fault.Fail(nil)
	if !errs.Is(err, errs.Unavailable) || !strings.Contains(errs.HintOf(err), "disk is full") {
		t.Errorf("a full disk: %v (%s)", err, errs.HintOf(err))
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".dvc/cache/runs/*/*")); len(left) > 0 {
		t.Errorf("it has left %v", left)
	}
	put(t, dir, "one.csv", "1")
	d.must(dir, "repro", "-q")
}
