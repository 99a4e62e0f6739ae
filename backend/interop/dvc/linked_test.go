package dvc_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/interop/dvc"
)

// TestLinksToTheCacheAreWhatTheyLinkTo works beside dvc where data are links to objects of a
// cache, in the project and outside of it. A link to anything else is refused.
func TestLinksToTheCacheAreWhatTheyLinkTo(t *testing.T) {
	ctx, d := context.Background(), newDriver(t, realDVC(t))
	for _, cache := range []string{"", t.TempDir()} {
		config := "[core]\n    no_scm = true\n[cache]\n    type = symlink\n"
		if cache != "" {
			config += "    dir = " + cache + "\n"
		}
		dir := folder(t, map[string]string{".dvc/config": config, "a.csv": "1,2\n", "images/x/1": "one"})
		d.must(dir, "add", "a.csv", "images")
		p := open(t, dir)
		if list, err := p.Status(ctx); err != nil || len(list) > 0 {
			t.Errorf("what dvc has added: %+v %v", list, err)
		}
		for _, at := range []string{"a.csv", "images/x/1"} {
			replace(t, filepath.Join(dir, at), "new")
		}
		if err := open(t, dir).CommitAll(ctx); err != nil {
			t.Error(err)
		}
		for _, at := range []string{"a.csv", "images/x/1"} {
			if _, err := os.Readlink(filepath.Join(dir, at)); err != nil {
				t.Errorf("Rondo has recorded it, and it is no link: %v", err)
			}
		}
		if said := d.must(dir, "status"); !strings.Contains(said, "up to date") {
			t.Errorf("what Rondo has recorded: %s", said)
		}
		if err := open(t, dir).Remove(ctx, "a.csv.dvc", false); err != nil {
			t.Error(err)
		}
		if info, err := os.Lstat(filepath.Join(dir, "a.csv")); err != nil || !info.Mode().IsRegular() {
			t.Errorf("what was removed from tracking is no file of its own: %v %v", info, err)
		}
	}
	dir := folder(t, map[string]string{".dvc/config": "[core]\n    no_scm = true\n"})
	if err := os.Symlink("/etc/hosts", filepath.Join(dir, "out")); err != nil {
		t.Fatal(err)
	}
	if err := open(t, dir).Add(ctx, "out"); err == nil {
		t.Error("a link out of the project was added")
	}
}

// TestLinksThatLeadOnAreNotFollowed: a cache that came along with a project may hold links
// to anything on the machine. Neither looking nor adding nor unprotecting reads them.
func TestLinksThatLeadOnAreNotFollowed(t *testing.T) {
	ctx, secret := context.Background(), filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	single := "outs:\n- md5: 5ebe2294ecd0e0f08eab7690d2a6ee69\n  size: 6\n  hash: md5\n  path: "
	dir := folder(t, map[string]string{
		".dvc/config": "[core]\n    no_scm = true\n[cache]\n    type = symlink\n", "a.csv.dvc": single + "a.csv\n", "b.csv.dvc": single + "b.csv\n",
	})
	object := ".dvc/cache/files/md5/5e/be2294ecd0e0f08eab7690d2a6ee69" // of "secret"
	if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(object)), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{object: secret, "a.csv": object, "b.csv": secret} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, at := range []string{"a.csv", "b.csv"} {
		if err := open(t, dir).Add(ctx, at); err == nil {
			t.Errorf("%s was added", at)
		}
		if err := open(t, dir).Remove(ctx, at+".dvc", false); err != nil {
			t.Errorf("%s: %v", at, err)
		}
		if b, err := os.ReadFile(filepath.Join(dir, at)); err == nil {
			if info, _ := os.Lstat(filepath.Join(dir, at)); info.Mode().IsRegular() {
				t.Errorf("%s has become a file: %q", at, b)
			}
		}
	}
}

// TestRemovedGoesWithTheNextCheckout: what was tracked, and is no more, goes as in dvc, also
// where dvc has added it; not where it was a link, which has become a file of its own.
func TestRemovedGoesWithTheNextCheckout(t *testing.T) {
	ctx, d := context.Background(), newDriver(t, realDVC(t))
	for _, kind := range []string{"copy", "hardlink"} {
		var left [2]bool
		for i := range left {
			dir := folder(t, map[string]string{".dvc/config": "[core]\n    no_scm = true\n[cache]\n    type = " + kind + "\n", "a": "1", "b": "2"})
			d.must(dir, "add", "a", "b")
			if i == 0 {
				d.must(dir, "remove", "a.dvc")
				d.must(dir, "checkout", "-f")
			} else {
				if err := open(t, dir).Remove(ctx, "a.dvc", false); err != nil {
					t.Fatal(err)
				}
				if _, err := open(t, dir).Checkout(ctx, dvc.Checkout{Force: true}); err != nil {
					t.Fatal(err)
				}
			}
			_, err := os.Stat(filepath.Join(dir, "a"))
			left[i] = err == nil
			if _, err := os.Stat(filepath.Join(dir, "b")); err != nil {
				t.Error(err)
			}
		}
		dir := folder(t, map[string]string{".dvc/config": "[core]\n    no_scm = true\n[cache]\n    type = " + kind + "\n", "a": "1"})
		if err := open(t, dir).Add(ctx, "a"); err != nil {
			t.Fatal(err)
		}
		d.must(dir, "remove", "a.dvc")
		if _, err := open(t, dir).Checkout(ctx, dvc.Checkout{Force: true}); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Join(dir, "a")); (err == nil) != left[0] {
			t.Errorf("cache.type %s: added by Rondo, removed by dvc: %v", kind, err)
		}
		if left[0] != left[1] || left[0] != (kind == "hardlink") {
			t.Errorf("cache.type %s: by dvc it stays: %v, by Rondo: %v", kind, left[0], left[1])
		}
	}
}

func replace(t *testing.T, at, text string) {
	t.Helper()
	if err := os.Remove(at); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
