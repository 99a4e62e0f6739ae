package dvc_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/interop/dvc"
	"rondo/backend/pipeline"
)

// alike wants the same bytes in both folders under these names.
func (h *history) alike(names ...string) {
	h.t.Helper()
	for _, name := range names {
		h.sameText(name)
	}
}

// here does one thing by Rondo.
func (h *history) here(do func(*dvc.Project) error) {
	h.t.Helper()
	p := open(h.t, h.main)
	defer p.Close()
	if err := do(p); err != nil {
		h.t.Fatal(err)
	}
}

// TestOptionsAreWrittenAsTheConfigSays fills a mapping into a command under the settings
// of the section parsing.
func TestOptionsAreWrittenAsTheConfigSays(t *testing.T) {
	d := newDriver(t, realDVC(t))
	for _, config := range []string{"", "[parsing]\n    bool = boolean_optional\n    list = append\n", "[parsing]\n    bool = store_true\n    list = nargs\n"} {
		files := map[string]string{
			".dvc/config": "[core]\n    no_scm = true\n" + config,
			"dvc.yaml":    "stages:\n  s:\n    cmd: echo ${d} > o\n    outs: [o]\n",
			"params.yaml": "d: {a: true, b: false, c: [1, x y], e: {f: x, g: false}, n: null}\n",
		}
		h := &history{t: t, d: d, main: folder(t, files), twin: folder(t, files)}
		h.reproduce(true)
		h.alike("dvc.lock", "o")
	}
}

// TestLinksInFoldersAreFollowed: what a link in a tracked folder leads to is kept, and takes
// its place.
func TestLinksInFoldersAreFollowed(t *testing.T) {
	h := pair(t, "", map[string]string{"dvc.yaml": "stages:\n  s:\n    cmd: mkdir d && echo 1 > d/f && ln -s f d/l\n    outs: [d]\n", "data/a": "1\n"})
	h.reproduce(true)
	h.alike("dvc.lock", "d/l")
	for _, dir := range []string{h.main, h.twin} {
		if err := os.Symlink("a", filepath.Join(dir, "data/l")); err != nil {
			t.Fatal(err)
		}
	}
	h.here(func(p *dvc.Project) error { return p.Add(context.Background(), "data") })
	h.d.must(h.twin, "add", "data")
	h.alike("data.dvc")
	for _, name := range []string{"d/l", "data/l"} {
		info, err := os.Lstat(filepath.Join(h.main, name))
		if err != nil || !info.Mode().IsRegular() {
			t.Errorf("%s is %v, and dvc has made it a file", name, info.Mode())
		}
	}
	if err := os.Symlink("nowhere", filepath.Join(h.main, "data/gone")); err != nil {
		t.Fatal(err)
	}
	p := open(t, h.main)
	defer p.Close()
	if err := p.Add(context.Background(), "data"); err == nil || !strings.Contains(err.Error(), "data/gone is a link that leads to nothing") {
		t.Errorf("a link to nothing: %v", err)
	}
}

// TestSingleOfSeveralOuts: a .dvc file that a person has made of two, as a whole and by a
// path in its second out.
func TestSingleOfSeveralOuts(t *testing.T) {
	h := pair(t, "", map[string]string{"d/a": "1\n", "k/m": "2\n"})
	for _, dir := range []string{h.main, h.twin} {
		h.d.must(dir, "add", "d", "k")
		d, _ := os.ReadFile(filepath.Join(dir, "d.dvc"))
		k, _ := os.ReadFile(filepath.Join(dir, "k.dvc"))
		if err := os.WriteFile(filepath.Join(dir, "both.dvc"), append(d, strings.TrimPrefix(string(k), "outs:\n")...), 0o644); err != nil {
			t.Fatal(err)
		}
		_ = os.Remove(filepath.Join(dir, "d.dvc"))
		_ = os.Remove(filepath.Join(dir, "k.dvc"))
	}
	h.both("d/a", "other\n")
	h.both("k/m", "other still\n")
	h.here(func(p *dvc.Project) error { return p.CommitAll(context.Background()) })
	h.d.must(h.twin, "commit", "--force")
	h.alike("both.dvc")
	h.both("k/n", "new\n")
	h.here(func(p *dvc.Project) error { return p.Add(context.Background(), "k/n") })
	h.d.must(h.twin, "commit", "--force")
	h.alike("both.dvc")
}

// TestNewProjectsGetTheNamesOfTheirDVC: where nothing is recorded yet, what has worked in the
// folder says whose names the first entries get, or else the layout of the cache.
func TestNewProjectsGetTheNamesOfTheirDVC(t *testing.T) {
	files := map[string]string{".dvc/config": "[core]\n    no_scm = true\n", ".dvc/cache/ab/cdef": "of DVC 2", "crlf.txt": "a\r\n"}
	text := func(dir string) string {
		p := open(t, dir)
		defer p.Close()
		if err := p.Add(context.Background(), "crlf.txt"); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(dir, "crlf.txt.dvc"))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	t.Setenv("DVC_SITE_CACHE_DIR", t.TempDir())
	if got := text(folder(t, files)); strings.Contains(got, "hash:") {
		t.Errorf("a cache of DVC 2, and the entry is\n%s", got)
	}
	d := newDriver(t, realDVC(t))
	dir := folder(t, files)
	d.must(dir, "status")
	if got := text(dir); strings.Contains(got, "hash: md5") == d.old {
		t.Errorf("dvc has worked here, and the entry is\n%s", got)
	}
	d.must(dir, "status")
	if older := os.Getenv("DVC2"); older != "" {
		d, dir := newDriver(t, older), folder(t, map[string]string{".dvc/config": "[core]\n    no_scm = true\n", "crlf.txt": "a\r\n"})
		d.must(dir, "status")
		if got := text(dir); strings.Contains(got, "hash:") {
			t.Errorf("DVC 2 has worked here, and the entry is\n%s", got)
		}
		d.must(dir, "status")
	}
}

// TestDepsElsewhereAreRefusedFirst: what Rondo could not record is not run, and its outs stay.
func TestDepsElsewhereAreRefusedFirst(t *testing.T) {
	elsewhere := filepath.Join(t.TempDir(), "in")
	dir := folder(t, map[string]string{
		".dvc/config": "[core]\n    no_scm = true\n", "o": "mine\n",
		"dvc.yaml": "stages:\n  s:\n    cmd: echo 1 > o\n    deps: [" + elsewhere + "]\n    outs: [o]\n",
	})
	if err := os.WriteFile(elsewhere, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	books, err := dvc.OpenBooks(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer books.Close()
	_, err = books.Update(context.Background(), "s", pipeline.Work{
		Say: t.Logf, Run: func([]string, []string) error { t.Error("it was run"); return nil }, Aside: func(string) error { t.Error("it was moved"); return nil },
	})
	if b, _ := os.ReadFile(filepath.Join(dir, "o")); err == nil || string(b) != "mine\n" {
		t.Errorf("%v, and the out is %q", err, b)
	}
}

// TestLockWithMarkersOpensMerged: what both sides of a merge changed needs a run, what git
// could decide stays, and the lock that is written has no markers.
func TestLockWithMarkersOpensMerged(t *testing.T) {
	h := pair(t, "", map[string]string{"dvc.yaml": "stages:\n  a:\n    cmd: echo 1 > oa\n    outs: [oa]\n  b:\n    cmd: echo 2 > ob\n    outs: [ob]\n"})
	h.reproduce(true)
	head, rest, _ := strings.Cut(h.sameText("dvc.lock"), "  a:\n")
	a, b, _ := strings.Cut("  a:\n"+rest, "  b:\n")
	b = "  b:\n" + b
	side := func(digit string) string { return strings.Replace(a, "md5: b", "md5: "+digit, 1) }
	open := head + "<<<<<<< HEAD\n" + side("c") + "||||||| base\n" + a + "=======\n" + side("d") + ">>>>>>> other\n" + b
	for dir, text := range map[string]string{h.main: open, h.twin: head + b} {
		if err := os.WriteFile(filepath.Join(dir, "dvc.lock"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	h.reproduce(true)
	if got := h.sameText("dvc.lock"); strings.Contains(got, "<<<") || !strings.Contains(got, "  a:\n") {
		t.Errorf("the lock is\n%s", got)
	}
}
