package dvc_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fromDVC2 is a repository with text from Windows, which DVC 2 hashes as if it were not: as
// dvc 2.58 leaves it, or made by the one that $DVC2 names.
func fromDVC2(t *testing.T) string {
	t.Helper()
	dir := folder(t, map[string]string{".dvc/config": "", ".dvc/.gitignore": "/cache\n/tmp\n", "text.csv": "a\r\nb\r\n", "dir/x": "x\r\n", "dir/y": "y\x00\r\n", "g.txt": "g\r\n"})
	gitDo(t, dir, "init", "-q", "-b", "main", ".")
	if older := os.Getenv("DVC2"); older != "" {
		newDriver(t, older).must(dir, "add", "-q", "text.csv", "dir")
	} else {
		put(t, dir, "text.csv.dvc", "outs:\n- md5: dd8c6a395b5dd36c56d23275028f526c\n  size: 6\n  path: text.csv\n")
		put(t, dir, "dir.dvc", "outs:\n- md5: 6d87249fdfede1199ce3f3d000c52fce.dir\n  size: 7\n  nfiles: 2\n  path: dir\n")
		put(t, dir, ".gitignore", "/text.csv\n/dir\n")
		for name, text := range map[string]string{
			"dd/8c6a395b5dd36c56d23275028f526c": "a\r\nb\r\n", "40/1b30e3b8b5d629635a5c613cdb7919": "x\r\n", "c1/84636dae632d9f1b83709183e3bc1a": "y\x00\r\n",
			"6d/87249fdfede1199ce3f3d000c52fce.dir": `[{"md5": "401b30e3b8b5d629635a5c613cdb7919", "relpath": "x"}, {"md5": "c184636dae632d9f1b83709183e3bc1a", "relpath": "y"}]`,
		} {
			at := filepath.Join(dir, ".dvc/cache", name)
			if err := errors.Join(os.MkdirAll(filepath.Dir(at), 0o755), os.WriteFile(at, []byte(text), 0o444)); err != nil {
				t.Fatal(err)
			}
		}
	}
	gitDo(t, dir, "add", "-A")
	gitDo(t, dir, "commit", "-q", "-m", "old")
	return dir
}

// TestImportsWithNamesOfDVC2 brings what a repository of DVC 2 has into one of DVC 3, where
// it has other names, and into one of DVC 2: all objects of the cache are those that dvc brings.
func TestImportsWithNamesOfDVC2(t *testing.T) {
	source := fromDVC2(t)
	programs := []string{realDVC(t)}
	if older := os.Getenv("DVC2"); older != "" {
		programs = append(programs, older)
	}
	for _, program := range programs {
		d, dir := newDriver(t, program), t.TempDir()
		gitDo(t, dir, "init", "-q", ".")
		d.must(dir, "init", "-q")
		for at, out := range map[string]string{"text.csv": "text.csv", "dir": "dir", "dir/x": "part", "g.txt": "g.txt"} {
			d.must(dir, "import", "-q", source, at, "-o", out)
		}
		lose(t, dir, ".dvc/cache", "text.csv", "dir", "part", "g.txt")
		d.must(dir, "pull", "-q")
		want := objects(t, dir)
		lose(t, dir, ".dvc/cache", "text.csv", "dir", "part", "g.txt")
		if done, err := pullAll(t, dir); err != nil || done.Objects == 0 {
			t.Errorf("%+v %v", done, err)
		}
		if got := objects(t, dir); got != want {
			t.Errorf("the cache holds\n%s\nand after dvc pull\n%s", got, want)
		}
		for name, want := range map[string]string{"text.csv": "a\r\nb\r\n", "dir/x": "x\r\n", "dir/y": "y\x00\r\n", "part": "x\r\n", "g.txt": "g\r\n"} {
			if b, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(b) != want {
				t.Errorf("%s holds %q: %v", name, b, err)
			}
		}
		if said := d.must(dir, "status"); !strings.Contains(said, "up to date") {
			t.Errorf("dvc status: %s", said)
		}
	}
	damage(t, source, ".dvc/cache/dd/8c6a395b5dd36c56d23275028f526c")
	dir := folder(t, map[string]string{".dvc/config": "[core]\n    no_scm = true\n", "text.csv.dvc": importText("text.csv", source, gitDo(t, source, "rev-parse", "HEAD"), "59b0d7772f0561efb95518f3cb8abc60", "text.csv")})
	if _, err := pullAll(t, dir); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("a damaged object there: %v", err)
	}
}

// damage writes other content of the same length into an object.
func damage(t *testing.T, dir, name string) {
	t.Helper()
	at := filepath.Join(dir, name)
	if err := errors.Join(os.Chmod(at, 0o644), os.WriteFile(at, []byte("A\r\nb\r\n"), 0o644), os.Chmod(at, 0o444)); err != nil {
		t.Fatal(err)
	}
}

// objects are the names in a project's cache.
func objects(t *testing.T, dir string) string {
	t.Helper()
	var list []string
	top := filepath.Join(dir, ".dvc/cache")
	_ = filepath.WalkDir(top, func(at string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			list = append(list, strings.TrimPrefix(at, top))
		}
		return err
	})
	return strings.Join(list, "\n")
}
