package dvc_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
)

// changedBranches is the project of newBranches with what a person may do in it afterwards.
func changedBranches(t *testing.T) (*driver, string) {
	t.Helper()
	d, dir := newBranches(t)
	put(t, dir, "sub/images/new", "new")
	d.must(dir, "add", "-q", "sub/images")
	gitDo(t, dir, "commit", "-qam", "more")
	if err := os.Rename(filepath.Join(dir, "sub/images/2"), filepath.Join(dir, "sub/images/moved")); err != nil {
		t.Fatal(err)
	}
	lose(t, dir, "other/free")
	put(t, dir, "sub/images/x/1", "One")
	return d, dir
}

// TestDataDiffIsDVCs asks for the difference between revisions and the folder.
func TestDataDiffIsDVCs(t *testing.T) {
	d, dir := changedBranches(t)
	lose(t, dir, ".dvc/cache/"+nameOfTwo)
	for _, revs := range [][2]string{{"HEAD", dvc.Workspace}, {"v1", dvc.Workspace}, {"v1", "main"}, {"HEAD~1", "HEAD"}, {"side", "v1"}, {"main", "HEAD~3"}} {
		args := []string{"diff", "--json", revs[0]}
		if revs[1] != dvc.Workspace {
			args = append(args, revs[1])
		}
		var said map[string][]struct{ Path any }
		if err := json.Unmarshal([]byte(d.must(dir, args...)), &said); err != nil {
			t.Fatal(err)
		}
		want := map[string][]string{}
		for word, list := range said {
			for _, one := range list {
				if moved, is := one.Path.(map[string]any); is {
					one.Path = moved["old"].(string) + " " + moved["new"].(string)
				}
				want[word] = append(want[word], one.Path.(string))
			}
		}
		is, err := open(t, dir).DiffData(t.Context(), revs[0], revs[1])
		if err != nil {
			t.Fatal(err)
		}
		got := map[string][]string{}
		for word, list := range map[string][]string{"added": is.Added, "modified": is.Modified, "deleted": is.Deleted, "not in cache": is.NotInCache} {
			if len(list) > 0 {
				got[word] = list
			}
		}
		for _, r := range is.Renamed {
			got["renamed"] = append(got["renamed"], r.Old+" "+r.New)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%v: %v\nand dvc %v", revs, got, want)
		}
	}
	if _, err := open(t, dir).DiffData(t.Context(), "nothing", "HEAD"); !errs.Is(err, errs.NotFound) {
		t.Errorf("a revision that is not there: %v", err)
	}
}

// TestFarStatusIsDVCs compares both sides as `dvc status --cloud` does, where some is only here,
// only there, and on neither side; what is damaged there is told where it was found.
func TestFarStatusIsDVCs(t *testing.T) {
	d, dir := newBranches(t)
	far := filepath.Join(dir, "../a")
	same := func(flags string, in dvc.Exchange) {
		t.Helper()
		var want map[string]string
		if err := json.Unmarshal([]byte(d.must(dir, append([]string{"status", "-c", "--json"}, strings.Fields(flags)...)...)), &want); err != nil {
			t.Fatal(err)
		}
		is, err := open(t, dir).CompareFar(t.Context(), in)
		got := map[string]string{}
		for word, list := range map[string][]string{"new": is.New, "deleted": is.Deleted, "missing": is.Missing} {
			for _, at := range list {
				got[strings.SplitN(at, " (at", 2)[0]] = word
			}
		}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, %v\nand dvc %v", flags, got, err, want)
		}
	}
	all := dvc.Exchange{Revisions: dvc.Revisions{Commits: true}}
	same("", dvc.Exchange{})
	if _, err := open(t, dir).Push(t.Context(), dvc.Exchange{Selection: dvc.Selection{Targets: []string{"sub/images", "model"}}}); err != nil {
		t.Fatal(err)
	}
	lose(t, dir, ".dvc/cache/"+nameOfOne, ".dvc/cache/files/md5/8f")
	same("", dvc.Exchange{})
	same("-A", all)
	same("sub/images", dvc.Exchange{Selection: dvc.Selection{Targets: []string{"sub/images"}}})
	lose(t, far, nameOfOne) // which dvc would not see: it remembers what was in the folder
	if st, err := open(t, dir).CompareFar(t.Context(), dvc.Exchange{}); err != nil || !slices.Contains(st.Missing, "sub/images/x/1") {
		t.Errorf("%+v, %v", st, err)
	}
	if st, err := open(t, dir).CompareFar(t.Context(), dvc.Exchange{}); err != nil || st.InSync() || st.Objects < 5 {
		t.Errorf("%+v, %v", st, err)
	}
	put(t, "", writable(t, filepath.Join(far, nameOfTwo)), "Two")
	if _, err := open(t, dir).VerifyFar(t.Context(), dvc.Exchange{}); err != nil {
		t.Fatal(err)
	}
	if st, err := open(t, dir).CompareFar(t.Context(), dvc.Exchange{}); err != nil || len(st.Damaged) != 1 || st.Damaged[0] != "sub/images/2" {
		t.Errorf("%+v, %v", st, err)
	}
}

// TestAnObjectOfAnotherLengthIsNotInSync: it was cut short over there, and a push that nobody had verified for replaces it.
func TestAnObjectOfAnotherLengthIsNotInSync(t *testing.T) {
	far := t.TempDir()
	dir := pushedTo(t, far, "")
	var cut string
	if err := filepath.WalkDir(far, func(at string, e os.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() && !strings.HasSuffix(at, ".dir") {
			cut = at
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(writable(t, cut), 1); err != nil {
		t.Fatal(err)
	}
	if st, err := open(t, dir).CompareFar(t.Context(), dvc.Exchange{}); err != nil || len(st.Damaged) != 1 || st.InSync() {
		t.Errorf("%+v, %v", st, err)
	}
	if done, err := open(t, dir).Push(t.Context(), dvc.Exchange{}); err != nil || done.Healed != 1 || done.Objects != 1 {
		t.Errorf("%+v, %v", done, err)
	}
	if st, err := open(t, dir).CompareFar(t.Context(), dvc.Exchange{}); err != nil || !st.InSync() {
		t.Errorf("%+v, %v", st, err)
	}
}

// TestUnprotectMakesFilesOfTheirOwn of links to the cache, all or a part, and no others.
func TestUnprotectMakesFilesOfTheirOwn(t *testing.T) {
	dir := folder(t, map[string]string{".dvc/config": "[core]\n    no_scm = true\n[cache]\n    type = symlink\n", "images/x/1": "one", "images/2": "two", "a": "a"})
	if err := open(t, dir).Add(t.Context(), "images", "a"); err != nil {
		t.Fatal(err)
	}
	linked := func() (list []string) {
		for _, name := range []string{"a", "images/2", "images/x/1"} {
			if info, err := os.Lstat(filepath.Join(dir, name)); err != nil || info.Mode()&os.ModeSymlink != 0 {
				list = append(list, name)
			}
		}
		return list
	}
	for _, c := range []struct{ target, left string }{{"images/x", "a images/2"}, {"a", "images/2"}, {"images.dvc", ""}} {
		if err := open(t, dir).Unprotect(t.Context(), c.target); err != nil || strings.Join(linked(), " ") != c.left {
			t.Errorf("%s: %v, and links are left: %v", c.target, err, linked())
		}
	}
	put(t, dir, "a", "mine")
	if v, err := open(t, dir).Verify(t.Context()); err != nil || len(v.Damaged) > 0 || readText(t, dir, "images/x/1") != "one" {
		t.Errorf("writing to it reaches the cache: %+v, %v", v, err)
	}
	if err := open(t, dir).Unprotect(t.Context(), "dvc.yaml"); !errs.Is(err, errs.NotFound) {
		t.Errorf("what is not tracked: %v", err)
	}
}
