package dvc_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"rondo/backend/interop/dvc"
)

// TestImportsComeFromWhereTheyWereImported brings data of `dvc import`, tracked there by DVC or
// by git, whole or in part, as `dvc pull` does; nothing of it goes into a remote.
func TestImportsComeFromWhereTheyWereImported(t *testing.T) {
	d := newDriver(t, realDVC(t))
	h := &history{t: t, d: d, main: t.TempDir(), twin: t.TempDir()}
	from := t.TempDir()
	files := map[string]string{"data/in/x": "1\n", "data/in/y": "2\n", "data/z": "3\n", "one.txt": "o\n", "git.txt": "in git\r\n", "src/a.py": "a\n", "src/b/c.py": "c\n"}
	h.git(from, "init", "-q", from)
	d.must(from, "init", "-q")
	for name, text := range files {
		h.main, h.twin = from, from
		h.both(name, text)
	}
	d.must(from, "add", "data", "one.txt")
	h.git(from, "add", "-A")
	h.git(from, "commit", "-q", "-m", "first")
	h.git(from, "tag", "v1")
	h.main, h.twin = t.TempDir(), t.TempDir()
	h.git(h.twin, "init", "-q", h.twin)
	d.must(h.twin, "init", "-q")
	d.must(h.twin, "remote", "add", "-d", "store", t.TempDir())
	for _, what := range [][]string{{"data"}, {"data/in", "-o", "part"}, {"one.txt", "--rev", "v1"}, {"git.txt"}, {"src"}} {
		d.must(h.twin, append([]string{"import", "-q", from}, what...)...)
	}
	h.git(h.twin, "add", "-A")
	h.git(h.twin, "commit", "-q", "-m", "imported")
	h.git(h.twin, "clone", "-q", h.twin, h.main)
	if err := os.WriteFile(filepath.Join(from, "git.txt"), []byte("later\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	h.git(from, "commit", "-q", "-a", "-m", "second") // a locked commit does not follow

	h.here(func(p *dvc.Project) error {
		if done, err := p.Fetch(context.Background(), dvc.Exchange{}); err != nil || done.Objects < 8 {
			t.Errorf("fetched %+v, %v", done, err)
		}
		_, err := p.Checkout(context.Background(), dvc.Checkout{})
		return err
	})
	for _, name := range []string{"data/in/x", "data/z", "part/y", "one.txt", "git.txt", "src/b/c.py"} {
		h.sameText(name)
	}
	if out, ok := d.try(h.main, "data", "status"); !ok || out != "No changes.\n" {
		t.Errorf("dvc data status: %v %s", ok, out)
	}
	h.here(func(p *dvc.Project) error {
		done, err := p.Push(context.Background(), dvc.Exchange{})
		if done.Objects > 0 {
			t.Errorf("pushed %+v, and dvc pushes nothing that was imported", done)
		}
		return err
	})
}
