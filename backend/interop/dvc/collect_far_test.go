package dvc_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
)

// names lists the objects of a remote that is a folder.
func farNames(t *testing.T, far string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(far, func(at string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			rel, _ := filepath.Rel(far, at)
			names = append(names, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// TestARemoteIsCollectedAfterADay: what no commit needs is noted first and goes a day later, as
// much as dvc gc --cloud removes; what a commit needs stays, whatever the folder has.
func TestARemoteIsCollectedAfterADay(t *testing.T) {
	d := newDriver(t, realDVC(t))
	far, dir := t.TempDir(), t.TempDir()
	gitDo(t, dir, "init", "-q", "-b", "main", ".")
	d.must(dir, "init", "-q")
	put(t, dir, ".dvc/config", "[core]\n    remote = far\n['remote \"far\"']\n    url = "+far+"\n")
	if err := os.Mkdir(filepath.Join(dir, "d"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"1", "2", "3", "4"} {
		put(t, dir, "a.csv", text)
		put(t, dir, "d/x", "x"+text)
		put(t, dir, "d/same", "same")
		d.must(dir, "add", "-q", "a.csv", "d")
		d.must(dir, "push", "-q")
		if text != "2" { // what was pushed and never committed
			gitDo(t, dir, "add", "-A")
			gitDo(t, dir, "commit", "-q", "-m", text)
		}
	}
	put(t, far, "note.txt", "a person's\n")
	twin := filepath.Join(t.TempDir(), "far")
	if err := os.CopyFS(twin, os.DirFS(far)); err != nil {
		t.Fatal(err)
	}
	lose(t, dir, ".dvc/cache") // lists of folders have to come from the remote
	before := farNames(t, far)
	run := func(in dvc.CollectFar, at time.Time) dvc.CollectedFar {
		t.Helper()
		done, err := open(t, dir).CollectFar(t.Context(), in, at)
		if err != nil {
			t.Fatal(err)
		}
		return done
	}
	all, now := dvc.Revisions{Commits: true, Experiments: true}, time.Now()
	for _, in := range []dvc.CollectFar{{Revisions: all, Dry: true}, {Revisions: all}, {Revisions: all}} {
		if done := run(in, now); done.Objects != 3 || done.Removed != 0 || done.Needed != 10 || !done.Next.Equal(now.Add(dvc.FarGrace)) {
			t.Errorf("%+v: %+v", in, done)
		}
	}
	if done := run(dvc.CollectFar{Revisions: all, Dry: true}, now.Add(25*time.Hour)); done.Removed != 0 || !slices.Equal(farNames(t, far), before) {
		t.Errorf("something was removed too early: %+v", done)
	}
	if done := run(dvc.CollectFar{Revisions: all}, now.Add(25*time.Hour)); done.Removed != 3 {
		t.Errorf("a day later: %+v", done)
	}
	d.must(dir, "config", "--local", "remote.far.url", twin)
	d.must(dir, "fetch", "-q", "--all-commits")
	d.must(dir, "gc", "-q", "-f", "--cloud", "--all-commits")
	if got, want := farNames(t, far), farNames(t, twin); !slices.Equal(got, want) {
		t.Errorf("Rondo has left\n%v\nand dvc\n%v", got, want)
	}
}

// TestARemoteIsNotCollectedBlindly: where it cannot be told what is needed, nothing is removed.
func TestARemoteIsNotCollectedBlindly(t *testing.T) {
	far := t.TempDir()
	dir := folder(t, map[string]string{".dvc/config": "[core]\n    no_scm = true\n    remote = far\n['remote \"far\"']\n    url = " + far + "\n", "d/x": "x", "y": "y"})
	p := open(t, dir)
	if err := p.Add(t.Context(), "d", "y"); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Push(t.Context(), dvc.Exchange{}); err != nil {
		t.Fatal(err)
	}
	sum := p.Tracked()[0].MD5
	before := farNames(t, far)
	later := time.Now()
	refused := func(what string) {
		t.Helper()
		for range 2 {
			later = later.Add(48 * time.Hour)
			if _, err := open(t, dir).CollectFar(t.Context(), dvc.CollectFar{}, later); errs.KindOf(err) != errs.Precondition || errs.HintOf(err) == "" {
				t.Errorf("%s: %v", what, err)
			}
		}
		if after := farNames(t, far); !slices.Equal(after, before) {
			t.Errorf("%s: it has %v", what, after)
		}
	}
	lose(t, dir, ".dvc/cache")
	list := filepath.Join(far, "files/md5", sum[:2], sum[2:])
	b, err := os.ReadFile(list)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(list, 0o644); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Dir(list), filepath.Base(list), "[]")
	refused("a damaged list")
	put(t, filepath.Dir(list), filepath.Base(list), string(b))
	put(t, dir, "y.dvc", "outs: [")
	refused("a .dvc file that cannot be read")
}
