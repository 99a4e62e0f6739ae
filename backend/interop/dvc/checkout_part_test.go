package dvc_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
	"rondo/backend/pipeline"
)

// TestWhatCanBeHadOfAFolderIsBrought: of a folder of which a remote lacks one file and has
// another one damaged the rest comes into the folder, and those are named. Until they are there
// nothing takes the folder for what somebody wanted; afterwards dvc finds nothing to do.
func TestWhatCanBeHadOfAFolderIsBrought(t *testing.T) {
	d := newDriver(t, realDVC(t))
	far := t.TempDir()
	dir := folder(t, map[string]string{
		".dvc/config": "[core]\n    no_scm = true\n    remote = far\n['remote \"far\"']\n    url = " + far + "\n",
		"d/1":         "one ", "d/2": "two ", "d/sub/3": "three ", "d/4": "four ",
		"dvc.yaml": "stages:\n  s:\n    cmd: ls d > s\n    deps: [d]\n    outs: [s]\n",
	})
	ok(t, open(t, dir).Add(t.Context(), "d"))
	_, err := open(t, dir).Push(t.Context(), dvc.Exchange{})
	ok(t, err)
	at := func(text string) string {
		sum := sumOfText(t, text)
		return filepath.Join(far, "files/md5", sum[:2], sum[2:])
	}
	ok(t, os.Remove(at("two ")))
	ok(t, os.Remove(at("four ")))
	ok(t, os.WriteFile(at("four "), []byte("for "), 0o644))
	lose(t, dir, ".dvc/cache", "d")

	p := open(t, dir)
	fetched, err := p.Fetch(t.Context(), dvc.Exchange{})
	if errs.KindOf(err) != errs.Corrupt || !slices.Equal(fetched.Missing, []string{"d/2"}) || !slices.Equal(fetched.Broken, []string{"d/4"}) {
		t.Fatalf("fetch: %+v %v", fetched, err)
	}
	done, err := p.Checkout(t.Context(), dvc.Checkout{})
	slices.Sort(done.Failed)
	if !errs.Is(err, errs.NotFound) || !slices.Equal(done.Failed, []string{"d/2", "d/4"}) || !slices.Equal(done.Added, []string{"d"}) || !strings.Contains(err.Error(), "d/2") {
		t.Fatalf("checkout: %+v %v", done, err)
	}
	holds := func(want string) {
		t.Helper()
		if got := contents(t, dir, []string{"d"}); got != want {
			t.Errorf("d holds %s and not %s", got, want)
		}
	}
	holds("d/1: one d/sub/3: three ")
	if said := open(t, dir).CommitAll(t.Context()); !errs.Is(said, errs.Precondition) || !strings.Contains(said.Error(), "d/2, d/4") {
		t.Errorf("a part was recorded: %v", said)
	}
	if said := runs(dir, "s"); !errs.Is(said, errs.Precondition) {
		t.Errorf("a stage ran with a part: %v", said)
	}

	ok(t, os.WriteFile(at("two "), []byte("two "), 0o644))
	ok(t, os.WriteFile(at("four "), []byte("four "), 0o644))
	d.must(dir, "pull", "d")
	holds("d/1: one d/2: two d/4: four d/sub/3: three ")
	ok(t, runs(dir, "s"))
	if status, _ := d.said(dir); canonical(status) != "{}" {
		t.Errorf("dvc status: %v", status)
	}
}

// TestAPartDoesNotReplaceWork: where the newer version of a folder cannot be had whole, files of
// which it is not known stay as they are, and a folder of which nothing can be had does, too.
func TestAPartDoesNotReplaceWork(t *testing.T) {
	dir := folder(t, map[string]string{".dvc/config": "[core]\n    no_scm = true\n", "d/1": "one ", "d/2": "two "})
	ok(t, open(t, dir).Add(t.Context(), "d"))
	newer, err := os.ReadFile(filepath.Join(dir, "d.dvc"))
	ok(t, err)
	ok(t, os.WriteFile(filepath.Join(dir, "d/1"), []byte("uno "), 0o644))
	ok(t, os.WriteFile(filepath.Join(dir, "d/2"), []byte("due "), 0o644))
	ok(t, open(t, dir).Add(t.Context(), "d"))
	ok(t, os.WriteFile(filepath.Join(dir, "d/2"), []byte("mine "), 0o644))
	ok(t, os.WriteFile(filepath.Join(dir, "d.dvc"), newer, 0o644))
	drop := func(text string) {
		sum := sumOfText(t, text)
		ok(t, os.Remove(filepath.Join(dir, ".dvc/cache/files/md5", sum[:2], sum[2:])))
	}
	drop("two ")
	done, err := open(t, dir).Checkout(t.Context(), dvc.Checkout{})
	if got := contents(t, dir, []string{"d"}); !errs.Is(err, errs.NotFound) || got != "d/1: one d/2: mine " || !slices.Equal(done.Failed, []string{"d/2"}) {
		t.Errorf("%q %+v %v", got, done, err)
	}
	if err := open(t, dir).CommitAll(t.Context()); !errs.Is(err, errs.Precondition) {
		t.Errorf("a mixture was recorded: %v", err)
	}
	ok(t, open(t, dir).CommitAll(t.Context(), "d.dvc"))
	ok(t, open(t, dir).CommitAll(t.Context()))
	ok(t, os.WriteFile(filepath.Join(dir, "d.dvc"), newer, 0o644))
	ok(t, os.RemoveAll(filepath.Join(dir, "d")))
	drop("one ")
	if done, err := open(t, dir).Checkout(t.Context(), dvc.Checkout{}); !errs.Is(err, errs.NotFound) || !slices.Equal(done.Failed, []string{"d"}) {
		t.Errorf("%+v %v", done, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "d")); err == nil {
		t.Error("an empty folder was made of what cannot be had")
	}
}

// runs brings a stage up to date as the runner does.
func runs(dir, stage string) error {
	books, err := dvc.OpenBooks(dir, nil)
	if err != nil {
		return err
	}
	defer books.Close()
	_, err = books.Update(context.Background(), stage, pipeline.Work{Say: func(string, ...any) {}, Run: runIn(dir)})
	return err
}
