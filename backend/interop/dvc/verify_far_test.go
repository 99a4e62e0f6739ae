package dvc_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
	"rondo/backend/remote/remotetest"
)

// TestRemotesAreReadWhole reads a remote on a disk and by http, as it is and with each
// of its objects changed by one bit, cut short and taken away: what needs it is named.
func TestRemotesAreReadWhole(t *testing.T) {
	ctx, store := t.Context(), t.TempDir()
	server := httptest.NewServer(http.FileServer(http.Dir(store)))
	defer server.Close()
	dir := folder(t, map[string]string{
		".dvc/config": "[core]\n    remote = disk\n['remote \"disk\"']\n    url = " + store + "\n['remote \"web\"']\n    url = " + server.URL + "\n",
		"a.csv":       "1,2\n", "images/x/1": "one", "images/2": "two", "images/again": "one",
	})
	p := open(t, dir)
	if err := p.Add(ctx, "a.csv", "images"); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Push(ctx, dvc.Exchange{}); err != nil {
		t.Fatal(err)
	}
	lose(t, dir, ".dvc/cache")
	for _, name := range []string{"disk", "web", ""} {
		if v, err := p.VerifyFar(ctx, dvc.Exchange{Remote: name}); err != nil || v.Objects != 4 || v.Bytes == 0 || len(v.Damaged)+len(v.Missing) > 0 {
			t.Fatalf("a remote %s that is whole: %+v, %v", name, v, err)
		}
	}
	for pattern, needs := range map[string]string{"f9/7c5d29941bfb1b2fdab0874906ab82": "images/again images/x/1", "b8/a9f715dbb64fd5c56e7783c6820a61": "images/2", "*/*.dir": "images"} {
		at, err := filepath.Glob(filepath.Join(store, "files/md5", pattern))
		if err != nil || len(at) != 1 {
			t.Fatal(at, err)
		}
		b, _ := os.ReadFile(at[0])
		near := max(0, len(b)-4) // of a folder's list the end of a name: it is one still
		for what, text := range map[string]string{"a bit": string(b[0]^1) + string(b[1:]), "a bit near the end": string(b[:near]) + string(b[near]^1) + string(b[near+1:]), "cut short": string(b[:len(b)-1]), "empty": ""} {
			put(t, "", writable(t, at[0]), text)
			v, err := p.VerifyFar(ctx, dvc.Exchange{Remote: "web"})
			if err != nil || len(v.Damaged) != 1 || len(v.Missing) > 0 || strings.Join(v.Damaged[0].Paths, " ") != needs || !strings.HasSuffix(at[0], v.Damaged[0].Name) {
				t.Errorf("%s of %s: %+v, %v", what, needs, v, err)
			}
		}
		lose(t, "", at[0])
		if v, err := p.VerifyFar(ctx, dvc.Exchange{Remote: "disk"}); err != nil || len(v.Missing) != 1 || len(v.Damaged) > 0 || strings.Join(v.Missing[0].Paths, " ") != needs {
			t.Errorf("without %s: %+v, %v", needs, v, err)
		}
		put(t, "", at[0], string(b))
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := p.VerifyFar(ended, dvc.Exchange{Remote: "disk"}); err == nil {
		t.Error("it went on after it was cancelled")
	}
	if _, err := p.VerifyFar(ctx, dvc.Exchange{Remote: "none"}); errs.KindOf(err) != errs.NotFound {
		t.Errorf("a remote that is not there: %v", err)
	}
}

func writable(t *testing.T, at string) string {
	t.Helper()
	if err := os.Chmod(at, 0o644); err != nil {
		t.Fatal(err)
	}
	return at
}

// TestVersionsAreReadWhole reads the versions that are recorded of a bucket: one that is gone,
// and one that was never made, are named.
func TestVersionsAreReadWhole(t *testing.T) {
	v := remotetest.KeepVersions(t, remotetest.StartS3(t))
	dir := versionedProject(t, v, "verify", "version_aware")
	p := open(t, dir)
	if err := p.Add(t.Context(), "data", "one.txt"); err != nil {
		t.Fatal(err)
	}
	v.Put("verify/one.txt", "of somebody else")
	if done, err := p.VerifyFar(t.Context(), dvc.Exchange{Remote: "cloud"}); err != nil || len(done.Missing) != 3 {
		t.Errorf("before a push: %+v, %v", done, err)
	}
	if _, err := open(t, dir).Push(t.Context(), dvc.Exchange{}); err != nil {
		t.Fatal(err)
	}
	p = open(t, dir)
	if done, err := p.VerifyFar(t.Context(), dvc.Exchange{Remote: "cloud"}); err != nil || done.Objects != 3 || len(done.Damaged)+len(done.Missing) > 0 {
		t.Errorf("after it: %+v, %v", done, err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "one.txt.dvc"))
	if err != nil {
		t.Fatal(err)
	}
	v.Forget("verify/one.txt", strings.TrimPrefix(string(versionIDs.Find(text)), "version_id: "))
	if done, err := p.VerifyFar(t.Context(), dvc.Exchange{Remote: "cloud"}); err != nil || len(done.Missing) != 1 || done.Missing[0].Name != "one.txt" {
		t.Errorf("a version that is no more: %+v, %v", done, err)
	}
}

// TestVersionsOfOneContentAreEachRead: content that came back has a version of its own, and the
// first may be gone from the bucket where the last is not.
func TestVersionsOfOneContentAreEachRead(t *testing.T) {
	v := remotetest.KeepVersions(t, remotetest.StartS3(t))
	dir := versionedProject(t, v, "again", "version_aware")
	put(t, dir, ".dvc/config", strings.Replace(readText(t, dir, ".dvc/config"), "    no_scm = true\n", "", 1))
	gitDo(t, dir, "init", "-q", ".")
	var ids []string
	for _, text := range []string{"x\n", "y\n", "x\n"} {
		put(t, dir, "one.txt", text)
		if err := open(t, dir).Add(t.Context(), "one.txt"); err != nil {
			t.Fatal(err)
		}
		if _, err := open(t, dir).Push(t.Context(), dvc.Exchange{}); err != nil {
			t.Fatal(err)
		}
		gitDo(t, dir, "add", "one.txt.dvc", ".dvc/config")
		gitDo(t, dir, "commit", "-q", "-m", "one")
		ids = append(ids, strings.TrimPrefix(string(versionIDs.Find([]byte(readText(t, dir, "one.txt.dvc")))), "version_id: "))
	}
	verify := func() dvc.FarVerified {
		done, err := open(t, dir).VerifyFar(t.Context(), dvc.Exchange{Remote: "cloud", Revisions: dvc.Revisions{Commits: true}})
		if err != nil {
			t.Fatal(err)
		}
		return done
	}
	if done := verify(); done.Objects != 3 || len(done.Missing) > 0 {
		t.Errorf("versions %v: %+v", ids, done)
	}
	v.Forget("again/one.txt", ids[0])
	if done := verify(); done.Objects != 2 || len(done.Missing) != 1 || !strings.HasPrefix(strings.Join(done.Missing[0].Paths, " "), "one.txt (at ") {
		t.Errorf("without the first: %+v", done)
	}
}

// TestACutConnectionIsNoDamage: what did not come to its end is not called damaged.
func TestACutConnectionIsNoDamage(t *testing.T) {
	store := t.TempDir()
	dir := pushedTo(t, store, "")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte("some of it"))
	}))
	defer server.Close()
	put(t, dir, ".dvc/config", strings.Replace(readText(t, dir, ".dvc/config"), store, server.URL, 1))
	v, err := open(t, dir).VerifyFar(t.Context(), dvc.Exchange{Selection: dvc.Selection{Targets: []string{"a.csv"}}})
	if !errs.Is(err, errs.Unavailable) || len(v.Damaged)+len(v.Missing) > 0 {
		t.Errorf("%+v, %v", v, err)
	}
}
