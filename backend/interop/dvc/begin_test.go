package dvc_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/interop/dvc"
)

// TestAProjectBeginsAsWithDVC makes projects by dvc and by Rondo, at the top of git, in a folder
// of it and without: the same files, and both refuse the same.
func TestAProjectBeginsAsWithDVC(t *testing.T) {
	d := newDriver(t, realDVC(t))
	for _, c := range []struct {
		git, sub string
		begin    dvc.Begin
		args     []string
	}{
		{git: "yes", begin: dvc.Begin{}},
		{begin: dvc.Begin{}},
		{begin: dvc.Begin{NoSCM: true}, args: []string{"--no-scm"}},
		{git: "yes", begin: dvc.Begin{NoSCM: true}, args: []string{"--no-scm"}},
		{git: "yes", sub: "a", begin: dvc.Begin{}},
		{git: "yes", sub: "a", begin: dvc.Begin{Subdir: true}, args: []string{"--subdir"}},
		{git: "yes", begin: dvc.Begin{Subdir: true, NoSCM: true}, args: []string{"--subdir", "--no-scm"}},
	} {
		main, twin := t.TempDir(), t.TempDir()
		for _, dir := range []string{main, twin} {
			if c.git != "" {
				gitSaid(t, dir, "init", "-q")
			}
			ok(t, os.MkdirAll(filepath.Join(dir, c.sub), 0o755))
		}
		_, theirs := d.try(filepath.Join(twin, c.sub), append([]string{"init"}, c.args...)...)
		c.begin.Dir = filepath.Join(main, c.sub)
		made, err := dvc.Init(c.begin)
		if theirs != (err == nil) {
			t.Fatalf("%+v: dvc: %v, and here: %v", c, theirs, err)
		}
		for _, name := range []string{".dvc/config", ".dvc/.gitignore", ".dvcignore"} {
			ours, _ := os.ReadFile(filepath.Join(main, c.sub, name))
			want, _ := os.ReadFile(filepath.Join(twin, c.sub, name))
			if string(ours) != string(want) {
				t.Errorf("%+v: %s is %q, and by dvc %q", c, name, ours, want)
			}
		}
		if err == nil {
			if _, err := dvc.Init(c.begin); err == nil {
				t.Errorf("%+v: it began twice", c)
			}
			if (len(made) == 3) == strings.Contains(strings.Join(c.args, " "), "no-scm") {
				t.Errorf("%+v made %v", c, made)
			}
			d.must(c.begin.Dir, "status")
		}
	}
}
