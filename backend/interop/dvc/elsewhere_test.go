package dvc_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
)

// aRepository is one of git and DVC, with a project in a folder of it and data of a commit that was changed since.
func aRepository(t *testing.T, d *driver) string {
	t.Helper()
	dir := folder(t, map[string]string{
		"data/in/a.csv": "1\n", "data/in/deep/b.csv": "22\n", "one.bin": "333\n", "src/x.py": "code\n", "ignored.txt": "i\n", ".gitignore": "/ignored.txt\n",
		".dvcignore": "skip.txt\n", "skip.txt": "s\n", "inner/kept.csv": "4444\n",
		"dvc.yaml": "stages:\n  s:\n    cmd: cp one.bin out.bin; echo {} > m.json\n    deps: [one.bin]\n    outs: [out.bin]\n    metrics:\n    - m.json: {cache: false}\n  never:\n    cmd: echo 1 > nev.txt\n    outs: [nev.txt]\n",
	})
	for _, name := range []string{"data/in/a.csv", "src/x.py"} {
		if err := os.Chmod(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	gitDo(t, dir, "init", "-q", "-b", "main", ".")
	d.must(dir, "init", "-q")
	d.must(filepath.Join(dir, "inner"), "init", "-q", "--subdir")
	d.must(filepath.Join(dir, "inner"), "add", "-q", "kept.csv")
	d.must(dir, "add", "-q", "data/in", "one.bin")
	d.must(dir, "repro", "-q", "s")
	gitDo(t, dir, "add", "-A")
	gitDo(t, dir, "commit", "-q", "-m", "one")
	put(t, dir, "one.bin", "55555\n")
	put(t, dir, "new.txt", "n\n")
	return dir
}

// TestListsWhatDVCLists asks both programs what a repository has.
func TestListsWhatDVCLists(t *testing.T) {
	d := newDriver(t, realDVC(t))
	dir, p := aRepository(t, d), open(t, t.TempDir())
	for _, at := range []string{"", "data", "data/in", "data/in/deep/b.csv", "src", "inner", "nev.txt"} {
		for _, flags := range []string{"", "--rev main", "-R", "-R --rev main", "-R -L 1", "-R -L 2 --rev main", "--dvc-only", "--dvc-only -R --rev main"} {
			in := dvc.List{Elsewhere: dvc.Elsewhere{From: dir, Path: at}, OnlyDVC: strings.Contains(flags, "--dvc-only"), Recursive: strings.Contains(flags, "-R")}
			if strings.Contains(flags, "--rev") {
				in.Rev = "main"
			}
			in.Level = strings.Count(flags, "-L 1") + 2*strings.Count(flags, "-L 2")
			got, err := p.List(t.Context(), in)
			if err != nil {
				t.Errorf("%q %s: %v", at, flags, err)
				continue
			}
			var want []dvc.Listed
			said := d.must(dir, append(append([]string{"ls", "--json"}, strings.Fields(flags)...), append([]string{dir}, strings.Fields(at)...)...)...)
			if err := json.Unmarshal([]byte(said[strings.Index(said, "["):]), &want); err != nil {
				t.Fatal(err, said)
			}
			got = slices.DeleteFunc(got, func(one dvc.Listed) bool { return at == "" && strings.HasPrefix(one.Path, "inner") }) // dvc passes over projects inside
			if here, there := listed(got), listed(want); here != there {
				t.Errorf("%q %s\nrondo %s\ndvc   %s", at, flags, here, there)
			}
		}
	}
	if _, err := p.List(t.Context(), dvc.List{Elsewhere: dvc.Elsewhere{From: dir, Path: "../x"}}); !errs.Is(err, errs.Invalid) {
		t.Errorf("a path that leads out: %v", err)
	}
}

// listed leaves the sizes of folders out, which dvc takes from the disk or from git's own trees.
func listed(list []dvc.Listed) string {
	for i := range list {
		if list[i].Dir || list[i].Size != nil && *list[i].Size == 0 && list[i].MD5 == nil {
			list[i].Size = nil
		}
	}
	b, _ := json.Marshal(list)
	return string(b)
}

// TestGetsWhatDVCGets brings files and folders of a repository by both programs.
func TestGetsWhatDVCGets(t *testing.T) {
	d := newDriver(t, realDVC(t))
	dir, p := aRepository(t, d), open(t, t.TempDir())
	for _, at := range []string{"one.bin", "out.bin", "data", "data/in", "data/in/deep", "data/in/deep/b.csv", "src", "src/x.py", "inner/kept.csv", "m.json"} {
		for _, rev := range []string{"", "main"} {
			ours, theirs := filepath.Join(t.TempDir(), "x"), filepath.Join(t.TempDir(), "x")
			args := []string{"get", "-q", dir, at, "-o", theirs}
			if rev != "" {
				args = append(args, "--rev", rev)
			}
			d.must(t.TempDir(), args...)
			if _, err := p.Get(t.Context(), dvc.Elsewhere{From: dir, Path: at, Rev: rev}, ours, false); err != nil {
				t.Errorf("%s of %q: %v", at, rev, err)
			} else if here, there := textsBelow(t, ours), textsBelow(t, theirs); here != there {
				t.Errorf("%s of %q\nrondo %s\ndvc   %s", at, rev, here, there)
			}
		}
	}
	for _, at := range []string{"nev.txt", "nope", "data/in/nope"} {
		to := filepath.Join(t.TempDir(), "x")
		if _, err := p.Get(t.Context(), dvc.Elsewhere{From: dir, Path: at}, to, false); !errs.Is(err, errs.NotFound) {
			t.Errorf("%s: %v", at, err)
		}
	}
}

// textsBelow are the texts of a file, or of a folder's.
func textsBelow(t *testing.T, at string) string {
	t.Helper()
	var b strings.Builder
	if err := filepath.WalkDir(at, func(name string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(name)
		b.WriteString(strings.TrimPrefix(name, at) + "=" + string(text))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestAGetIsWholeOrNothing: of a folder with a damaged object nothing appears, and what is there is
// neither overwritten without a word nor emptied.
func TestAGetIsWholeOrNothing(t *testing.T) {
	d := newDriver(t, realDVC(t))
	dir, p := aRepository(t, d), open(t, t.TempDir())
	top := t.TempDir()
	to := filepath.Join(top, "in")
	in := dvc.Elsewhere{From: dir, Path: "data/in", Rev: "main"}
	object := filepath.Join(dir, ".dvc/cache/files/md5/2f/c57d6f63a9ee7e2f21a26fa522e3b6")
	put(t, "", writable(t, object), "2x\n")
	if _, err := p.Get(t.Context(), in, to, false); !errs.Is(err, errs.Corrupt) || !strings.Contains(err.Error(), "data/in/deep/b.csv") {
		t.Errorf("a damaged object: %v", err)
	}
	if left, err := os.ReadDir(top); err != nil || len(left) > 0 {
		t.Errorf("it left %v %v", left, err)
	}
	put(t, "", object, "22\n")
	if got, err := p.Get(t.Context(), in, to, false); err != nil || got.Files != 2 || got.Bytes != 5 {
		t.Errorf("%+v %v", got, err)
	}
	put(t, to, "mine", "m\n")
	put(t, to, "a.csv", "changed\n")
	if _, err := p.Get(t.Context(), in, to, false); !errs.Is(err, errs.Conflict) {
		t.Errorf("over what is there: %v", err)
	}
	if _, err := p.Get(t.Context(), in, to, true); err != nil || textsBelow(t, to) != "/a.csv=1\n/deep/b.csv=22\n/mine=m\n" {
		t.Errorf("by force: %v, %s", err, textsBelow(t, to))
	}
}

// TestAddressesAreListedAndBrought: a folder that nothing tracks.
func TestAddressesAreListedAndBrought(t *testing.T) {
	p, from := open(t, t.TempDir()), folder(t, map[string]string{"a": "1\n", "b/c": "22\n", "b/d/e": "333\n"})
	for _, c := range []struct {
		recursive bool
		level     int
		want      string
	}{{false, 0, "a b"}, {true, 0, "a b/c b/d/e"}, {true, 2, "a b/c b/d"}} {
		list, err := p.ListAddress(t.Context(), from, c.recursive, c.level)
		names := []string{}
		for _, one := range list {
			names = append(names, one.Path)
		}
		if got := strings.Join(names, " "); err != nil || got != c.want {
			t.Errorf("%+v: %s %v", c, got, err)
		}
	}
	to := filepath.Join(t.TempDir(), "new", "x")
	if got, err := p.GetAddress(t.Context(), from, to, false); err != nil || got.Files != 3 || textsBelow(t, to) != textsBelow(t, from) {
		t.Errorf("%+v %v", got, err)
	}
	if _, err := p.GetAddress(t.Context(), filepath.Join(from, "none"), to, true); !errs.Is(err, errs.NotFound) || !strings.Contains(errs.HintOf(err), "ls-url") {
		t.Errorf("nothing there: %v", err)
	}
}
