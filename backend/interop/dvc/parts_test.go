package dvc_test

import (
	"crypto/md5"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
)

// partly is a project that dvc has made, pushed and committed, and its twin; of both only git's
// files are there.
type partly struct {
	t          *testing.T
	d          *driver
	main, twin string
}

func newPartly(t *testing.T) *partly {
	t.Helper()
	w := &partly{t: t, d: newDriver(t, realDVC(t)), main: t.TempDir(), twin: filepath.Join(t.TempDir(), "twin")}
	files := map[string]string{"data/sub/1": "s1", "data/sub/2": "s2", "data/sub/deep/d": "d", "data/sub/same": "same", "data/other/1": "o1", "data/other/same": "same", "data/top": "t", "one.csv": "1", "made/a": "a", "made/b": "b"}
	src := folder(t, files)
	store := t.TempDir()
	if err := os.CopyFS(w.main, os.DirFS(src)); err != nil {
		t.Fatal(err)
	}
	gitDo(t, w.main, "init", "-q", ".")
	w.d.must(w.main, "init", "-q")
	w.d.must(w.main, "remote", "add", "-q", "-d", "disk", store)
	w.d.must(w.main, "add", "-q", "data", "one.csv")
	put(t, w.main, "dvc.yaml", "stages:\n  make:\n    cmd: mkdir made && echo a > made/a && echo b > made/b\n    outs: [made]\n")
	w.d.must(w.main, "repro", "-q")
	w.d.must(w.main, "push", "-q")
	gitDo(t, w.main, "add", "-A")
	gitDo(t, w.main, "commit", "-q", "-m", "all")
	if err := os.CopyFS(w.twin, os.DirFS(w.main)); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{w.main, w.twin} {
		lose(t, dir, ".dvc/cache", ".dvc/tmp", "data", "one.csv", "made")
	}
	return w
}

// holdings are the data and the names in the cache of a project.
func holdings(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, top := range []string{"data", "one.csv", "made", ".dvc/cache"} {
		err := filepath.WalkDir(filepath.Join(dir, top), func(at string, d fs.DirEntry, err error) error {
			if os.IsNotExist(err) || err == nil && d.IsDir() {
				return nil
			}
			if err != nil {
				return err
			}
			b, err := os.ReadFile(at)
			name, _ := filepath.Rel(dir, at)
			all[filepath.ToSlash(name)] = string(b)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// step does the same by both, and compares all that is there afterwards.
func (w *partly) step(verb string, targets ...string) {
	w.t.Helper()
	p := open(w.t, w.main)
	var err error
	if verb == "fetch" || verb == "pull" {
		_, err = p.Fetch(w.t.Context(), dvc.Exchange{Selection: dvc.Selection{Targets: targets}})
	}
	if verb != "fetch" && err == nil {
		_, err = p.Checkout(w.t.Context(), dvc.Checkout{Selection: dvc.Selection{Targets: targets}, Force: verb == "force"})
	}
	args := append([]string{verb}, targets...)
	if verb == "force" {
		args = append([]string{"checkout", "--force"}, targets...)
	}
	said, ok := w.d.try(w.twin, args...)
	if ok != (err == nil) {
		w.t.Errorf("%s %v: Rondo says %v, and dvc %s", verb, targets, err, said)
	}
	if got, want := holdings(w.t, w.main), holdings(w.t, w.twin); !maps.Equal(got, want) {
		w.t.Errorf("%s %v: Rondo has left\n%s\nand dvc\n%s", verb, targets, slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
	// dvc says it in the order in which a folder's files are listed, which no two folders share.
	if got, want := canonical(w.d.json(w.main, "status", "--json")), canonical(w.d.json(w.twin, "status", "--json")); got != want {
		w.t.Errorf("%s %v: dvc status says\n%s\nand after dvc\n%s", verb, targets, got, want)
	}
}

// TestPartsOfFoldersAreDVCs fetches, checks out and pulls files and folders in tracked ones
// beside dvc: cache, data and status are the same after each.
func TestPartsOfFoldersAreDVCs(t *testing.T) {
	w := newPartly(t)
	w.step("fetch", "data/sub/1")
	w.step("checkout", "data/sub/1")
	w.step("pull", "data/sub/deep/d", "made/a")
	w.step("pull", "data/sub")
	w.step("fetch", "data/other/same", "one.csv")
	for _, dir := range []string{w.main, w.twin} {
		put(t, dir, "data/sub/1", "other")
		put(t, dir, "data/sub/new", "new")
		lose(t, dir, "data/sub/2", "data/other")
	}
	w.step("checkout", "data/sub/2")
	w.step("checkout", "data/sub/1") // refused: what lies there is kept nowhere
	w.step("force", "data/sub/1")
	w.step("checkout", "data/sub") // refused, for what dvc has not recorded
	w.step("force", "data/sub")
	w.step("pull", "data/sub/1", "data.dvc")
	w.step("pull")
	w.nothing()
}

// nothing asks for what is in no folder: dvc says that all is up to date.
func (w *partly) nothing() {
	w.t.Helper()
	for _, name := range []string{"data/none", "data/sub/1/x", "data/su", "one.csv/x", "none"} {
		p := open(w.t, w.main)
		_, fetch := p.Fetch(w.t.Context(), dvc.Exchange{Selection: dvc.Selection{Targets: []string{name}}})
		_, push := p.Push(w.t.Context(), dvc.Exchange{Selection: dvc.Selection{Targets: []string{name}}})
		_, back := p.Checkout(w.t.Context(), dvc.Checkout{Selection: dvc.Selection{Targets: []string{name}}})
		_, status := p.DataStatus(w.t.Context(), false, name)
		for i, err := range []error{fetch, push, back, status} {
			if errs.KindOf(err) != errs.NotFound || errs.HintOf(err) == "" || !strings.Contains(err.Error(), name[strings.LastIndexByte(name, '/')+1:]) {
				w.t.Errorf("%s, %d: %v", name, i, err)
			}
		}
	}
}

// TestAPartIsPushedWithoutTheListOfTheRest: dvc takes all that a list names for sent.
func TestAPartIsPushedWithoutTheListOfTheRest(t *testing.T) {
	w := newPartly(t)
	w.d.must(w.main, "pull", "-q")
	store := t.TempDir()
	w.d.must(w.main, "remote", "add", "-q", "other", store)
	push := func(sent int, waiting string, targets ...string) {
		t.Helper()
		done, err := open(t, w.main).Push(t.Context(), dvc.Exchange{Remote: "other", Selection: dvc.Selection{Targets: targets}})
		if err != nil || done.Objects != sent || strings.Join(done.Waiting, " ") != waiting {
			t.Errorf("push %v: %+v, %v", targets, done, err)
		}
	}
	push(1, "data", "data/sub/1")
	push(3, "data", "data/sub")
	lists := func() []string { found, _ := filepath.Glob(filepath.Join(store, "files/md5/*/*.dir")); return found }
	if len(lists()) > 0 {
		t.Errorf("the remote has %v", lists())
	}
	push(3, "", "data/other", "data/top") // and with the last of its files the list
	if len(lists()) != 1 {
		t.Errorf("the remote has %v", lists())
	}
	push(0, "", "data/sub/1")
	lose(t, "", objectAt(t, store, w.main, "data/top"))
	push(0, "", "data/sub/1") // a list that is there waits for nothing
	push(1, "", "data/top")
	w.d.must(w.main, "push", "-q", "-r", "other")
	lose(t, w.twin, ".dvc/cache", "data")
	w.d.must(w.twin, "remote", "add", "-q", "other", store)
	w.d.must(w.twin, "pull", "-q", "-r", "other")
	if out := w.d.must(w.twin, "status"); !strings.Contains(out, "up to date") {
		t.Errorf("dvc status: %s", out)
	}
}

// objectAt is where a remote on a disk has what a file holds.
func objectAt(t *testing.T, store, dir, name string) string {
	t.Helper()
	sum := fmt.Sprintf("%x", md5.Sum([]byte(readText(t, dir, name))))
	return filepath.Join(store, "files/md5", sum[:2], sum[2:])
}

// TestDataStatusOfAPartIsDVCs asks both of some paths.
func TestDataStatusOfAPartIsDVCs(t *testing.T) {
	w := newPartly(t)
	w.d.must(w.main, "pull", "-q")
	put(t, w.main, "data/sub/1", "other")
	put(t, w.main, "data/sub/new", "new")
	lose(t, w.main, "data/top")
	put(t, w.main, "one.csv", "2")
	w.d.must(w.main, "add", "-q", "one.csv")
	for _, targets := range [][]string{{"data/sub"}, {"data"}, {"data/sub/1", "data/top"}, {"one.csv"}, {"data/other", "one.csv"}, {"made/a"}, {"data/sub/new"}} {
		data := w.d.json(w.main, append([]string{"data", "status", "--granular", "--json"}, targets...)...)
		st, err := open(t, w.main).DataStatus(t.Context(), true, targets...)
		if err != nil {
			t.Errorf("%v: %v", targets, err)
		}
		for part, diff := range map[string]dvc.DataDiff{"committed": st.Committed, "uncommitted": st.Uncommitted} {
			theirs, _ := data[part].(map[string]any)
			for word, ours := range map[string][]string{"added": diff.Added, "modified": diff.Modified, "deleted": diff.Deleted} {
				if want := canonical(theirs[word]); theirs[word] == nil && len(ours) > 0 || theirs[word] != nil && canonical(anys(ours)) != want {
					t.Errorf("%v, %s, %s: %v, and dvc says %s", targets, part, word, ours, want)
				}
			}
		}
	}
	if st, err := open(t, w.main).DataStatus(t.Context(), false, "one.csv.dvc", "make"); err != nil || len(st.Committed.Modified) != 1 || !st.Uncommitted.Clean() {
		t.Errorf("a .dvc file and a stage: %+v, %v", st, err)
	}
}

func anys(list []string) any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}

// TestPartsOfImportsComeAlone pulls parts of what was imported, with empty caches: from a
// repository only they come, and from an address that no remote has all of it.
func TestPartsOfImportsComeAlone(t *testing.T) {
	d := newDriver(t, realDVC(t))
	o := newOrigins(t, d)
	dir := t.TempDir()
	gitDo(t, dir, "init", "-q", ".")
	d.must(dir, "init", "-q")
	d.must(dir, "import", "-q", o.repo, "data")
	d.must(dir, "import", "-q", o.repo, "data", "-o", "later", "--no-download")
	d.must(dir, "import-url", "-q", filepath.Join(o.far, "dir"))
	for target, want := range map[string][]string{"data/in": {"data/in/x"}, "later/z": {"later/z"}, "dir/sub/b": {"dir/sub/b"}} {
		lose(t, dir, ".dvc/cache", "data", "later", "dir")
		p := open(t, dir)
		done, err := p.Fetch(t.Context(), dvc.Exchange{Selection: dvc.Selection{Targets: []string{target}}})
		if err != nil || target == "data/in" && done.Objects != 2 {
			t.Errorf("%s: %+v, %v", target, done, err)
		}
		changes, err := p.Checkout(t.Context(), dvc.Checkout{Selection: dvc.Selection{Targets: []string{target}}})
		if err != nil || len(changes.Added) != 1 {
			t.Errorf("%s: %+v, %v", target, changes, err)
		}
		var got []string
		for _, top := range []string{"data", "later", "dir"} {
			_ = filepath.WalkDir(filepath.Join(dir, top), func(at string, e fs.DirEntry, err error) error {
				if err == nil && !e.IsDir() {
					name, _ := filepath.Rel(dir, at)
					got = append(got, filepath.ToSlash(name))
				}
				return nil
			})
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: there lie %v", target, got)
		}
	}
	if _, err := open(t, dir).Fetch(t.Context(), dvc.Exchange{Selection: dvc.Selection{Targets: []string{"data/none"}}}); errs.KindOf(err) != errs.NotFound || !strings.Contains(err.Error(), "none") {
		t.Errorf("a part of an import that is not there: %v", err)
	}
}

// TestAnUpdateGoesBeforeWhatAPartWas: what was brought of an import of which nothing was recorded
// says what it is only until something is.
func TestAnUpdateGoesBeforeWhatAPartWas(t *testing.T) {
	d := newDriver(t, realDVC(t))
	o, dir := newOrigins(t, d), t.TempDir()
	d.must(dir, "init", "-q", "--no-scm")
	d.must(dir, "import-url", "-q", filepath.Join(o.far, "dir"), "--no-download")
	p := open(t, dir)
	if _, err := p.Fetch(t.Context(), dvc.Exchange{}); err != nil {
		t.Fatal(err)
	}
	put(t, o.far, "dir/sub/b", "newer")
	if _, err := p.Renew(t.Context(), dvc.Renew{}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Checkout(t.Context(), dvc.Checkout{}); err != nil {
		t.Fatal(err)
	}
	if got := readText(t, dir, "dir/sub/b"); got != "newer" {
		t.Errorf("there lies %q", got)
	}
}
