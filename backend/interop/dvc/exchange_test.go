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

// TestObjectsGoToRemotesAndComeBack pushes to a folder, loses the cache, and brings it back
// from the folder and over http. What arrives damaged is refused.
func TestObjectsGoToRemotesAndComeBack(t *testing.T) {
	ctx, store := context.Background(), filepath.Join(t.TempDir(), "not", "there", "yet")
	server := httptest.NewServer(http.FileServer(http.Dir(store)))
	defer server.Close()
	dir := folder(t, map[string]string{
		".dvc/config": "[core]\n    remote = disk\n['remote \"disk\"']\n    url = " + store + "\n['remote \"web\"']\n    url = " + server.URL + "\n",
		"a.csv":       "1,2\n", "images/x/1": "one", "images/2": "two",
	})
	p := open(t, dir)
	if err := p.Add(ctx, "a.csv", "images"); err != nil {
		t.Fatal(err)
	}
	done, err := p.Push(ctx, dvc.Exchange{})
	if err != nil || done.Objects != 4 {
		t.Fatalf("push: %+v %v", done, err)
	}
	if again, err := p.Push(ctx, dvc.Exchange{}); err != nil || again.Objects != 0 || again.There != 4 {
		t.Errorf("push again: %+v %v", again, err)
	}
	verifiedNames(t, ctx, dir)
	for _, from := range []string{"disk", "web"} {
		for _, gone := range []string{".dvc/cache", "images", "a.csv"} {
			if err := os.RemoveAll(filepath.Join(dir, gone)); err != nil {
				t.Fatal(err)
			}
		}
		p := open(t, dir)
		if done, err := p.Fetch(ctx, dvc.Exchange{Remote: from}); err != nil || done.Objects != 4 {
			t.Fatalf("fetch from %s: %+v %v", from, done, err)
		}
		if _, err := p.Checkout(ctx, dvc.Checkout{}); err != nil {
			t.Fatal(err)
		}
		if b, _ := os.ReadFile(filepath.Join(dir, "images", "x", "1")); string(b) != "one" {
			t.Errorf("from %s came %q", from, b)
		}
	}
	spoil(t, ctx, store, dir)
}

// verifiedNames reads the cache, whole and with one bit turned in an object that looks as DVC
// left it, and in a list.
func verifiedNames(t *testing.T, ctx context.Context, dir string) {
	t.Helper()
	p := open(t, dir)
	if v, err := p.Verify(ctx); err != nil || v.Objects != 4 || v.Bytes == 0 || len(v.Damaged) > 0 {
		t.Fatalf("a cache that is whole: %+v %v", v, err)
	}
	one := func(pattern, path string) {
		found, err := filepath.Glob(filepath.Join(dir, ".dvc/cache/files/md5", pattern))
		if err != nil || len(found) != 1 {
			t.Fatalf("%v %v", found, err)
		}
		b, err := os.ReadFile(found[0])
		if err != nil {
			t.Fatal(err)
		}
		turn := func() {
			b[0] ^= 1
			_ = os.Chmod(found[0], 0o644)
			if err := os.WriteFile(found[0], b, 0o444); err != nil {
				t.Fatal(err)
			}
			_ = os.Chmod(found[0], 0o444)
		}
		turn()
		v, err := p.Verify(ctx)
		if err != nil || len(v.Damaged) != 1 || len(v.Damaged[0].Paths) != 1 || v.Damaged[0].Paths[0] != path {
			t.Errorf("a bit of %s: %+v %v", path, v, err)
		}
		turn()
	}
	one("f9/7c5d29941bfb1b2fdab0874906ab82", "images/x/1") // "one"
	one("*/*.dir", "images")
	at := filepath.Join(dir, ".dvc/cache", nameOfOne)
	put(t, "", writable(t, at), "onE")
	if err := os.Chmod(at, 0o444); err != nil {
		t.Fatal(err)
	}
	if v, err := p.Verify(ctx); err != nil || len(v.Damaged) != 1 {
		t.Errorf("%+v %v", v, err)
	}
	if done, err := open(t, dir).Fetch(ctx, dvc.Exchange{}); err != nil || done.Objects != 1 || readText(t, "", at) != "one" {
		t.Errorf("what was found damaged is fetched anew: %+v %v", done, err)
	}
}

// TestKeysOfRemotesStandInTheConfig: what lets in is taken from where DVC takes it, for S3 and
// for a web server that wants a header.
func TestKeysOfRemotesStandInTheConfig(t *testing.T) {
	ctx, store := context.Background(), t.TempDir()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Key") != "open" {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		http.FileServer(http.Dir(store)).ServeHTTP(w, r)
	}))
	defer server.Close()
	bucket, endpoint, _ := strings.Cut(remotetest.StartS3(t), "?path_style=true&endpoint=")
	id, secret := os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY")
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} {
		t.Setenv(name, "")
	}
	t.Setenv("HOME", t.TempDir())
	local := "['remote \"cloud\"']\n    access_key_id = " + id + "\n    secret_access_key = " + secret + "\n['remote \"web\"']\n    password = open\n"
	dir := folder(t, map[string]string{
		".dvc/config": "[core]\n    remote = disk\n['remote \"disk\"']\n    url = " + store + "\n['remote \"web\"']\n    url = " + server.URL +
			"\n    auth = custom\n    custom_auth_header = X-Key\n['remote \"cloud\"']\n    url = " + bucket + "\n    endpointurl = " + endpoint + "\n    region = us-east-1\n",
		".dvc/config.local": local, "a.csv": "1,2\n", "images/x": "one",
	})
	p := open(t, dir)
	if err := p.Add(ctx, "a.csv", "images"); err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{"disk", "cloud"} {
		if done, err := p.Push(ctx, dvc.Exchange{Remote: to}); err != nil || done.Objects != 3 {
			t.Fatalf("push to %s: %+v %v", to, done, err)
		}
	}
	for _, from := range []string{"cloud", "web"} {
		if err := os.RemoveAll(filepath.Join(dir, ".dvc", "cache")); err != nil {
			t.Fatal(err)
		}
		if done, err := open(t, dir).Fetch(ctx, dvc.Exchange{Remote: from}); err != nil || done.Objects != 3 {
			t.Errorf("fetch from %s: %+v %v", from, done, err)
		}
	}
	if err := os.Remove(filepath.Join(dir, ".dvc", "config.local")); err != nil {
		t.Fatal(err)
	}
	for _, from := range []string{"cloud", "web"} {
		_ = os.RemoveAll(filepath.Join(dir, ".dvc", "cache"))
		if _, err := open(t, dir).Fetch(ctx, dvc.Exchange{Remote: from}); err == nil {
			t.Errorf("%s lets in who has no key", from)
		}
	}
}

// spoil damages every object of a remote, and then takes them away.
func spoil(t *testing.T, ctx context.Context, store, dir string) {
	t.Helper()
	err := filepath.WalkDir(store, func(at string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if err := os.Chmod(at, 0o644); err != nil {
			return err
		}
		return os.WriteFile(at, []byte("damaged"), 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
	fetch := func() error {
		if err := os.RemoveAll(filepath.Join(dir, ".dvc", "cache")); err != nil {
			t.Fatal(err)
		}
		_, err := open(t, dir).Fetch(ctx, dvc.Exchange{})
		return err
	}
	if err := fetch(); errs.KindOf(err) != errs.Corrupt || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("damaged objects: %v", err)
	}
	if err := os.RemoveAll(filepath.Join(store, "files")); err != nil {
		t.Fatal(err)
	}
	if err := fetch(); errs.KindOf(err) != errs.NotFound || !strings.Contains(err.Error(), "a.csv") {
		t.Errorf("absent objects: %v", err)
	}
}
