package dvc_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
)

// nest is a repository with a project and one in a folder of it, one that has imported from
// it, and one, in a folder of its repository, that imports from both. Their data is in remotes
// only, of which the default one of the first is not there.
type nest struct {
	t                   *testing.T
	d                   *driver
	top, src, mid, main string
}

func newNest(t *testing.T) *nest {
	t.Helper()
	n := &nest{t: t, d: newDriver(t, realDVC(t)), top: t.TempDir()}
	n.src, n.mid, n.main = filepath.Join(n.top, "src"), filepath.Join(n.top, "mid"), filepath.Join(n.top, "own/project")
	for _, dir := range []string{n.src, n.mid, filepath.Dir(n.main)} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		gitDo(t, dir, "init", "-q", "-b", "main", ".")
	}
	n.d.must(n.src, "init", "-q")
	n.d.must(n.src, "remote", "add", "-q", "-d", "gone", filepath.Join(n.top, "nowhere"))
	n.d.must(n.src, "remote", "add", "-q", "good", filepath.Join(n.top, "store"))
	if err := os.MkdirAll(filepath.Join(n.src, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	n.d.must(filepath.Join(n.src, "sub"), "init", "-q", "--subdir")
	n.d.must(filepath.Join(n.src, "sub"), "remote", "add", "-q", "-d", "other", filepath.Join(n.top, "store2"))
	n.write("1")
	n.d.must(n.mid, "init", "-q")
	for _, args := range [][]string{{"../src", "one.txt", "--remote", "good"}, {n.src, "data", "--remote", "good"}, {n.src, "sub/d", "-o", "subd"}} {
		n.d.must(n.mid, append([]string{"import", "-q"}, args...)...)
	}
	n.commit(n.mid)
	return n
}

// write makes other content in the first repository, and pushes it.
func (n *nest) write(text string) {
	n.t.Helper()
	sub := filepath.Join(n.src, "sub")
	for _, name := range []string{"data/in/x", "data/y", "one.txt", "mix/git.txt", "mix/m.csv", "mix/deep/d.csv", "mix/deep/h.txt", "mix/skip/s.txt", "sub/d/s", "sub/d/t", "sub/f.txt", "sub/in-git"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(n.src, name)), 0o755); err != nil {
			n.t.Fatal(err)
		}
		put(n.t, n.src, name, name+text+"\n")
	}
	put(n.t, n.src, ".dvcignore", "mix/skip\n")
	n.d.must(n.src, "add", "-q", "data", "one.txt", "mix/m.csv", "mix/deep/d.csv")
	n.d.must(sub, "add", "-q", "d", "f.txt")
	n.d.must(n.src, "push", "-q", "-r", "good")
	n.d.must(sub, "push", "-q")
	n.commit(n.src)
	lose(n.t, sub, ".dvc/cache")
}

func (n *nest) commit(dir string) {
	n.t.Helper()
	gitDo(n.t, dir, "add", "-A")
	gitDo(n.t, dir, "commit", "-q", "-m", "next")
	lose(n.t, dir, ".dvc/cache")
}

// imports are those of the third, by the name of what they bring.
func (n *nest) imports() map[string][]string {
	src, mid := "../../src", n.mid
	return map[string][]string{
		"remote":   {src, "one.txt", "--remote", "good"},
		"config":   {src, "one.txt", "--config", "conf"},
		"mine":     {src, "one.txt", "--config", "conf2"},
		"settings": {src, "one.txt", "--remote-config", "url=" + filepath.Join(n.top, "store")},
		"both":     {src, "data/in", "--remote", "good", "--remote-config", "url=" + filepath.Join(n.top, "store")},
		"file-url": {"file://" + n.src, "data", "--remote", "good"},
		"folder":   {src, "sub/d"}, "part": {src, "sub/d/s"}, "git": {src, "sub/in-git"}, "project": {src, "sub"}, "single": {src, "sub/f.txt"},
		"mixed": {src, "mix", "--remote", "good"}, "deep": {src, "mix/deep", "--remote", "good"}, "whole": {src, ".", "--remote", "good"},
		"again": {mid, "one.txt"}, "folder-again": {mid, "data"}, "part-again": {mid, "data/in"}, "file-again": {mid, "data/in/x"}, "sub-again": {mid, "subd"}, "mid": {mid, "."},
	}
}

// TestImportsOfNestedAndChainedProjects fetches and updates imports of projects in folders of
// others, of what was imported there, of folders of which DVC has some and git the rest, and with
// settings of their own, beside dvc: contents and .dvc files are the same.
func TestImportsOfNestedAndChainedProjects(t *testing.T) {
	n := newNest(t)
	if err := os.MkdirAll(n.main, 0o755); err != nil {
		t.Fatal(err)
	}
	n.d.must(n.main, "init", "-q", "--subdir")
	put(t, n.main, "conf", "[core]\n    remote = good\n")
	put(t, n.main, "conf2", "[core]\n    remote = mine\n['remote \"mine\"']\n    url = "+filepath.Join(n.top, "store")+"\n")
	var outs []string
	for out, args := range n.imports() {
		n.d.must(n.main, append(append([]string{"import", "-q"}, args...), "-o", out)...)
		outs = append(outs, out)
	}
	gitDo(t, n.main, "add", "-A")
	gitDo(t, n.main, "commit", "-q", "-m", "imported")
	twin := filepath.Join(n.top, "twin/project")
	gitDo(t, n.top, "clone", "-q", filepath.Dir(n.main), filepath.Dir(twin))
	want := contents(t, n.main, outs)
	for _, out := range outs { // each from where it comes, and not from what another has brought
		lose(t, n.main, append(outs, ".dvc/cache")...)
		p := open(t, n.main)
		if done, err := p.Fetch(t.Context(), dvc.Exchange{Selection: dvc.Selection{Targets: []string{out}}}); err != nil || done.Objects == 0 {
			t.Errorf("%s: %+v %v", out, done, err)
		}
		p.Close()
	}
	if _, err := pullAll(t, n.main); err != nil {
		t.Fatal(err)
	}
	if got := contents(t, n.main, outs); got != want {
		t.Errorf("Rondo has brought\n%s\nand dvc\n%s", got, want)
	}
	n.write("2")
	n.d.must(n.mid, "update", "-q", "one.txt.dvc", "data.dvc", "subd.dvc")
	n.commit(n.mid)
	p := open(t, n.main)
	if _, err := p.Renew(t.Context(), dvc.Renew{}); err != nil {
		t.Fatal(err)
	}
	for _, out := range outs {
		n.d.must(twin, "update", "-q", out+".dvc")
		got, _ := os.ReadFile(filepath.Join(n.main, out+".dvc"))
		if want, _ := os.ReadFile(filepath.Join(twin, out+".dvc")); string(got) != string(want) {
			t.Errorf("%s: Rondo has written\n%s\nand dvc\n%s", out, got, want)
		}
	}
	if got, want := contents(t, n.main, outs), contents(t, twin, outs); got != want || !strings.Contains(got, "mix/m.csv2") {
		t.Errorf("Rondo has brought\n%s\nand dvc\n%s", got, want)
	}
	if said := n.d.must(n.main, "status"); !strings.Contains(said, "up to date") {
		t.Errorf("dvc status: %s", said)
	}
	n.refused(twin)
}

// refused asks for an import with a config that lies outside of the project.
func (n *nest) refused(dir string) {
	put(n.t, n.top, "conf", "[core]\n    remote = good\n")
	n.d.must(dir, "import", "-q", n.src, "one.txt", "-o", "far", "--config", filepath.Join(n.top, "conf"))
	lose(n.t, dir, ".dvc/cache")
	if _, err := open(n.t, dir).Fetch(n.t.Context(), dvc.Exchange{Selection: dvc.Selection{Targets: []string{"far"}}}); errs.KindOf(err) != errs.Precondition || errs.HintOf(err) == "" {
		n.t.Errorf("a config outside: %v", err)
	}
}

// contents are the files of some paths, and what they hold.
func contents(t *testing.T, dir string, names []string) string {
	t.Helper()
	var list []string
	for _, name := range names {
		_ = filepath.WalkDir(filepath.Join(dir, name), func(at string, e os.DirEntry, err error) error {
			if err == nil && !e.IsDir() {
				b, _ := os.ReadFile(at)
				rel, _ := filepath.Rel(dir, at)
				list = append(list, rel+": "+string(b))
			}
			return err
		})
	}
	return strings.Join(list, "")
}
