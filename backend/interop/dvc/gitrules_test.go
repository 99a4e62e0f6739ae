package dvc_test

import (
	"context"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestFilesThatGitIgnores: both programs pass over .dvc files that git ignores in the folder,
// also by rules that stand above the project, and know them in a commit that has them.
func TestFilesThatGitIgnores(t *testing.T) {
	one := func(name string) string {
		return "outs:\n- md5: 60b725f10c9c85c70d97880dfe8191b3\n  size: 2\n  hash: md5\n  path: " + name + "\n"
	}
	top, d := folder(t, map[string]string{
		"ml/.dvc/config": "", ".gitignore": "/ml/above.dvc\nskip/\n!ml/back.dvc\n", ".git/info/exclude": "/ml/own/\n",
		"ml/.gitignore": "/here.dvc\n", "ml/kept.dvc": one("kept"), "ml/above.dvc": one("above"), "ml/skip/a.dvc": one("a"),
		"ml/own/a.dvc": one("a"), "ml/here.dvc": one("here"), "ml/back.dvc": one("back"),
	}), newDriver(t, realDVC(t))
	for _, args := range [][]string{{"init", "-q"}, {"add", "-f", "ml"}, {"commit", "-qm", "all"}} {
		if out, err := exec.Command("git", append([]string{"-C", top, "-c", "user.name=a", "-c", "user.email=a@b"}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	dir := filepath.Join(top, "ml")
	got, err := open(t, dir).DataStatus(context.Background(), false)
	if err != nil {
		t.Fatal(err)
	}
	_, said := d.said(dir)
	if want := words(said["not_in_cache"]); !slices.Equal(got.NotInCache, want) || len(want) != 2 {
		t.Errorf("looked at %v, dvc at %v", got.NotInCache, want)
	}
	if want := words(said["committed"].(map[string]any)["deleted"]); !slices.Equal(got.Committed.Deleted, want) || len(want) != 4 {
		t.Errorf("no longer there %v, dvc %v", got.Committed.Deleted, want)
	}
}

// words are a list of dvc's JSON, sorted.
func words(v any) (list []string) {
	for _, at := range v.([]any) {
		list = append(list, at.(string))
	}
	slices.Sort(list)
	return list
}

// TestFilesThatAPersonHasGitIgnore: a person's own rules count, too, wherever git has them from,
// and more than those of the repository, which git sees the other way round.
func TestFilesThatAPersonHasGitIgnore(t *testing.T) {
	files := map[string]string{"p/.dvc/config": "", "p/.git/info/exclude": "!/c.dvc\n", "p/mine": "/d.dvc\n", "git/ignore": "/b.dvc\n", "mine": "/c.dvc\n"}
	for _, name := range []string{"a", "b", "c", "d"} {
		files["p/"+name+".dvc"] = "outs:\n- md5: 60b725f10c9c85c70d97880dfe8191b3\n  size: 2\n  hash: md5\n  path: " + name + "\n"
	}
	home := folder(t, files)
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", home)
	dir, d := filepath.Join(home, "p"), newDriverAt(t, realDVC(t), home)
	git := func(args ...string) {
		t.Helper()
		if out, err := exec.Command("git", append([]string{"-C", dir}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	git("init", "-q")
	for _, c := range []struct{ set, left string }{{"", "acd"}, {"~/mine", "abd"}, {filepath.Join(home, "mine"), "abd"}, {"mine", "abc"}, {"nowhere", "abcd"}} {
		if c.set != "" {
			git("config", "core.excludesFile", c.set)
		}
		got, err := open(t, dir).DataStatus(t.Context(), false)
		if err != nil {
			t.Fatal(err)
		}
		_, said := d.said(dir)
		if want := words(said["not_in_cache"]); !slices.Equal(got.NotInCache, want) || strings.Join(want, "") != c.left {
			t.Errorf("core.excludesFile %q: looked at %v, dvc at %v", c.set, got.NotInCache, want)
		}
	}
	git("config", "core.excludesFile", "")
	if got, err := open(t, dir).DataStatus(t.Context(), false); err != nil || len(got.NotInCache) != 4 {
		t.Errorf("no file of one's own: %v %v", got.NotInCache, err)
	}
}
