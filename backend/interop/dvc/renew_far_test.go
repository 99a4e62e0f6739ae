package dvc_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
	"rondo/backend/remote/remotetest"
)

// TestDataOfAWorktreeRemoteIsUpdated lets another copy of the project, and somebody without one,
// change what a bucket has; an update brings that, and the .dvc files say which versions it is.
func TestDataOfAWorktreeRemoteIsUpdated(t *testing.T) {
	v := remotetest.KeepVersions(t, remotetest.StartS3(t))
	dir := versionedProject(t, v, "tree", "worktree")
	p := open(t, dir)
	if err := p.Add(t.Context(), "data", "one.txt"); err != nil {
		t.Fatal(err)
	}
	renew := func(targets ...string) ([]dvc.Renewed, error) {
		return open(t, dir).Renew(t.Context(), dvc.Renew{Targets: targets})
	}
	if _, err := renew("data"); errs.KindOf(err) != errs.Precondition || errs.HintOf(err) == "" {
		t.Errorf("what was never pushed: %v", err)
	}
	if _, err := open(t, dir).Push(t.Context(), dvc.Exchange{}); err != nil {
		t.Fatal(err)
	}
	before := recordedTexts(t, dir)
	if list, err := renew("data", "one.txt"); err != nil || len(list) != 2 || list[0].Changed || list[1].Changed || list[0].Bytes+list[1].Bytes > 0 || recordedTexts(t, dir) != before {
		t.Errorf("nothing is newer: %+v, %v", list, err)
	}
	other, theirs := t.TempDir(), t.TempDir()
	for _, to := range []string{other, theirs} {
		if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
	}
	put(t, other, "data/a", "changed there\n")
	put(t, other, "data/new", "new\n")
	put(t, other, "one.txt", "one more\n")
	q := open(t, other)
	if err := q.Add(t.Context(), "data", "one.txt"); err != nil {
		t.Fatal(err)
	}
	if _, err := open(t, other).Push(t.Context(), dvc.Exchange{}); err != nil {
		t.Fatal(err)
	}
	put(t, dir, "data/a", "mine\n")
	if _, err := renew("data"); errs.KindOf(err) != errs.Conflict || !strings.Contains(err.Error(), "data/a") || recordedTexts(t, dir) != before {
		t.Errorf("over work that nothing has: %v", err)
	}
	put(t, dir, "data/a", "1\n")
	list, err := renew("data", "one.txt.dvc")
	if err != nil || len(list) != 2 || !list[0].Changed || !list[1].Changed {
		t.Fatalf("%+v, %v", list, err)
	}
	if got, want := recordedTexts(t, dir), recordedTexts(t, other); got != want {
		t.Errorf("written:\n%s\nand by who pushed it\n%s", got, want)
	}
	for name, want := range map[string]string{"data/a": "changed there\n", "data/new": "new\n", "data/sub/b: ü": "2\n", "one.txt": "one more\n"} {
		if b, _ := os.ReadFile(filepath.Join(dir, name)); string(b) != want {
			t.Errorf("%s holds %q", name, b)
		}
	}
	if st, err := open(t, dir).Status(t.Context()); err != nil || len(st) != 1 || st[0].Name != "make" {
		t.Errorf("status: %+v, %v", st, err)
	}
	if _, err := open(t, dir).Renew(t.Context(), dvc.Renew{Targets: []string{"data"}, Rev: "x"}); errs.KindOf(err) != errs.Invalid {
		t.Errorf("at a revision: %v", err)
	}
	asDVC(t, dir, theirs)
}

// asDVC lets dvc update the copy from before. Of the files of a folder that changed, it leaves
// out the remote, and so cannot update them again: Rondo names it as dvc push does.
func asDVC(t *testing.T, dir, theirs string) {
	t.Helper()
	program := cloudDVC(t)
	if program == "" {
		return
	}
	os.Unsetenv("AWS_PROFILE")
	d := newDriver(t, program)
	d.must(theirs, "update", "-q", "data.dvc", "one.txt.dvc")
	flat := regexp.MustCompile(`(?m)^ +cloud:\n +cloud:\n +etag: (\S+)\n +version_id: (\S+)$|^ +version_id: (\S+)\n +etag: (\S+)$`)
	same := func(dir string) string { return flat.ReplaceAllString(recordedTexts(t, dir), "$1$4 $2$3") }
	if got, want := same(dir), same(theirs); got != want {
		t.Errorf("Rondo has written\n%s\nand dvc\n%s", got, want)
	}
	one, _ := os.ReadFile(filepath.Join(dir, "one.txt.dvc"))
	if b, _ := os.ReadFile(filepath.Join(theirs, "one.txt.dvc")); string(b) != string(one) {
		t.Errorf("Rondo has written\n%s\nand dvc\n%s", one, b)
	}
	if out := d.must(dir, "status", "data.dvc", "one.txt.dvc"); !strings.Contains(out, "up to date") {
		t.Errorf("dvc status: %s", out)
	}
}

// recordedTexts are the .dvc files with their versions.
func recordedTexts(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	for _, name := range []string{"data.dvc", "one.txt.dvc"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		b.Write(text)
	}
	return b.String()
}

// TestWhatChangesWhileItIsReadIsNotRecorded lets a bucket give another content than the version
// that it has just told of, as one does that no longer numbers versions.
func TestWhatChangesWhileItIsReadIsNotRecorded(t *testing.T) {
	v := remotetest.KeepVersions(t, remotetest.StartS3(t))
	to, err := url.Parse(v.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(to)
		if r.In.Method == http.MethodGet && strings.HasSuffix(r.In.URL.Path, "/data/a") {
			v.Put("tree/data/a", "later")
			r.Out.URL.RawQuery = ""
		}
	}})
	defer front.Close()
	dir := versionedProject(t, v, "tree", "worktree")
	if err := open(t, dir).Add(t.Context(), "data", "one.txt"); err != nil {
		t.Fatal(err)
	}
	if _, err := open(t, dir).Push(t.Context(), dvc.Exchange{}); err != nil {
		t.Fatal(err)
	}
	before := recordedTexts(t, dir)
	v.Put("tree/data/a", "newer")
	put(t, dir, ".dvc/config", strings.Replace(readText(t, dir, ".dvc/config"), v.Endpoint, front.URL, 1))
	_, err = open(t, dir).Renew(t.Context(), dvc.Renew{Targets: []string{"data"}})
	if !errs.Is(err, errs.Unavailable) || !strings.Contains(err.Error(), "changed") || recordedTexts(t, dir) != before {
		t.Errorf("%v; recorded is\n%s", err, recordedTexts(t, dir))
	}
}
