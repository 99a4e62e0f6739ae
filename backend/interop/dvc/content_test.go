package dvc_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
)

// revisions is a project with two commits that say other things of the same paths, and changed work over them.
func revisions(t *testing.T, d *driver) string {
	t.Helper()
	dir := t.TempDir()
	gitDo(t, dir, "init", "-q", "-b", "main", ".")
	d.must(dir, "init", "-q")
	put(t, dir, ".gitattributes", "")
	for _, word := range []string{"one", "two"} {
		for name, text := range map[string]string{"a.csv": "v\n" + word + "\n", "d/x": word, "d/deep/y": "same", "plain.txt": "git has " + word, "dvc.yaml": "stages:\n  s:\n    cmd: echo " + word + " > made\n    outs: [made]\n"} {
			if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
				t.Fatal(err)
			}
			put(t, dir, name, text)
		}
		d.must(dir, "add", "-q", "a.csv", "d")
		d.must(dir, "repro", "-q")
		gitDo(t, dir, "add", "-A")
		gitDo(t, dir, "commit", "-q", "-m", word)
		gitDo(t, dir, "tag", word)
	}
	put(t, dir, "a.csv", "my own work\n")
	return dir
}

func contentOf(t *testing.T, dir, rev, at string) (string, error) {
	t.Helper()
	p, err := open(t, dir).At(rev)
	if err != nil {
		return "", err
	}
	defer p.Close()
	r, err := p.Content(t.Context(), at)
	if err != nil {
		return "", err
	}
	b, err := io.ReadAll(r)
	return string(b), errors.Join(err, r.Close())
}

// TestContentIsWhatDVCGets of each path at each revision.
func TestContentIsWhatDVCGets(t *testing.T) {
	d := newDriver(t, realDVC(t))
	dir := revisions(t, d)
	for _, rev := range []string{"one", "two", "main~1"} {
		for _, at := range []string{"a.csv", "d/x", "d/deep/y", "made", "plain.txt"} {
			out := filepath.Join(t.TempDir(), "out")
			d.must(dir, "get", "-q", dir, at, "--rev", rev, "-o", out)
			want, err := os.ReadFile(out)
			if got, e := contentOf(t, dir, rev, at); err != nil || e != nil || got != string(want) {
				t.Errorf("%s at %s: Rondo has %q and dvc %q: %v %v", at, rev, got, want, e, err)
			}
		}
	}
	if got, err := contentOf(t, dir, dvc.Workspace, "a.csv"); err != nil || got != "v\ntwo\n" {
		t.Errorf("what is recorded of changed work: %q %v", got, err)
	}
	if b, err := os.ReadFile(filepath.Join(dir, "a.csv")); err != nil || string(b) != "my own work\n" {
		t.Errorf("the work is %q now: %v", b, err)
	}
}

func TestContentThatIsNotThereOrDamaged(t *testing.T) {
	d := newDriver(t, realDVC(t))
	dir := revisions(t, d)
	object := func(text string) string {
		sum := sumOfText(t, text)
		return filepath.Join(dir, ".dvc/cache/files/md5", sum[:2], sum[2:])
	}
	bad := object("v\none\n")
	if err := errors.Join(os.Chmod(bad, 0o644), os.WriteFile(bad, []byte("v\nOne\n"), 0o644), os.Remove(object("one"))); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		rev, at string
		kind    errs.Kind
		words   string
	}{
		{"one", "a.csv", errs.Corrupt, "a.csv: the cache object"},
		{"one", "d/x", errs.NotFound, "d/x: the cache has no object"},
		{"one", "d", errs.Invalid, "d is not a file"},
		{"two", "d/none", errs.NotFound, "d has no none"},
		{"two", "none", errs.NotFound, "there is no none"},
		{"two", ".dvc", errs.Invalid, ".dvc is not a file"},
		{"none", "a.csv", errs.NotFound, "none"},
	} {
		if got, err := contentOf(t, dir, c.rev, c.at); got != "" || errs.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.words) || errs.HintOf(err) == "" {
			t.Errorf("%s at %s: %q, %v (%s)", c.at, c.rev, got, err, errs.HintOf(err))
		}
	}
}
