package dvc_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
)

// imported is one import, as Rondo is asked for it and as dvc is.
type imported struct {
	in   dvc.Import
	args []string
}

func (o *origins) manyImports() []imported {
	far := func(name string) string { return filepath.Join(o.far, name) }
	return []imported{
		{dvc.Import{From: o.repo, Path: "data"}, []string{"import", o.repo, "data"}},
		{dvc.Import{From: o.repo, Path: "data/in", Out: "part"}, []string{"import", o.repo, "data/in", "-o", "part"}},
		{dvc.Import{From: o.repo, Path: "one.txt", Rev: "v1", Out: "sub"}, []string{"import", o.repo, "one.txt", "--rev", "v1", "-o", "sub"}},
		{dvc.Import{From: o.repo, Path: "git.txt", Rev: "main"}, []string{"import", o.repo, "git.txt", "--rev", "main"}},
		{dvc.Import{From: o.repo, Path: "data", Out: "later", NoDownload: true}, []string{"import", o.repo, "data", "-o", "later", "--no-download"}},
		{dvc.Import{From: o.repo, Path: "one.txt", Out: "never", NoExec: true}, []string{"import", o.repo, "one.txt", "-o", "never", "--no-exec"}},
		{dvc.Import{From: o.url + "/tag.csv"}, []string{"import-url", o.url + "/tag.csv"}},
		{dvc.Import{From: o.url + "/plain.csv"}, []string{"import-url", o.url + "/plain.csv"}},
		{dvc.Import{From: o.url + "/tag.csv", Out: "later.csv", NoDownload: true}, []string{"import-url", o.url + "/tag.csv", "later.csv", "--no-download"}},
		{dvc.Import{From: o.url + "/plain.csv", Out: "never.csv", NoExec: true}, []string{"import-url", o.url + "/plain.csv", "never.csv", "--no-exec"}},
		{dvc.Import{From: o.url + "/tag%205%25%C3%BCx.csv"}, []string{"import-url", o.url + "/tag%205%25%C3%BCx.csv"}},
		{dvc.Import{From: o.url + "/tag.csv?raw=1", Out: "sub"}, []string{"import-url", o.url + "/tag.csv?raw=1", "sub"}},
		{dvc.Import{From: far("dir")}, []string{"import-url", far("dir")}},
		{dvc.Import{From: far("file.csv"), NoDownload: true}, []string{"import-url", far("file.csv"), "--no-download"}},
		{dvc.Import{From: "own.txt", Out: "sub/own"}, []string{"import-url", "own.txt", "sub/own"}},
		{dvc.Import{From: far("file.csv"), Out: "data", Force: true}, []string{"import-url", far("file.csv"), "data", "--force"}},
	}
}

// TestImportsAreDVCs imports what dvc imports beside it: .dvc files, .gitignore, data and cache
// are the same, and dvc finds nothing to do.
func TestImportsAreDVCs(t *testing.T) {
	d := newDriver(t, realDVC(t))
	o := newOrigins(t, d)
	twin, main := t.TempDir(), t.TempDir()
	for _, dir := range []string{twin, main} {
		gitDo(t, dir, "init", "-q", ".")
		d.must(dir, "init", "-q")
		put(t, dir, "own.txt", "own\n")
		if err := os.Mkdir(filepath.Join(dir, "sub"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, one := range o.manyImports() {
		if one.in.Force { // a file takes the place of a folder, for which dvc wants it away
			lose(t, twin, "data", "data.dvc")
		}
		d.must(twin, append(one.args, "-q")...)
		if _, err := open(t, main).Import(t.Context(), one.in); err != nil {
			t.Fatalf("%v: %v", one.args, err)
		}
		if got, want := tellAll(t, main), tellAll(t, twin); got != want {
			t.Fatalf("%v: Rondo has made\n%s\nand dvc\n%s", one.args, got, want)
		}
	}
	if got, want := d.must(main, "status"), d.must(twin, "status"); got != want {
		t.Errorf("dvc status: %s and %s", got, want)
	}
}

// tellAll is all that a project holds but git's and what is DVC's alone.
func tellAll(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(at string, e os.DirEntry, err error) error {
		rel, _ := filepath.Rel(dir, at)
		if err == nil && e.IsDir() && (rel == ".git" || rel == ".dvc/tmp") {
			return filepath.SkipDir
		}
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(at)
		b.WriteString("--- " + rel + "\n" + string(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestImportsThatDoNotFit are refused before anything is written.
func TestImportsThatDoNotFit(t *testing.T) {
	far := t.TempDir()
	put(t, far, "x.csv", "x\n")
	dir := folder(t, map[string]string{
		".dvc/config": "[core]\n    no_scm = true\n", "mine.csv": "mine\n", "other.dvc": "outs:\n- hash: md5\n  path: else\n",
		"all.dvc": "outs:\n- hash: md5\n  path: all\n", "dvc.yaml": "stages:\n  s:\n    cmd: echo\n    outs: [made.csv]\n",
	})
	before := tellAll(t, dir)
	from := filepath.Join(far, "x.csv")
	for _, c := range []struct {
		in   dvc.Import
		want errs.Kind
	}{
		{dvc.Import{From: from, Out: "mine.csv"}, errs.Conflict},
		{dvc.Import{From: from, Out: "made.csv", Force: true}, errs.Conflict},
		{dvc.Import{From: from, Out: "other", Force: true}, errs.Conflict},
		{dvc.Import{From: from, Out: "all/x", Force: true}, errs.Conflict},
		{dvc.Import{From: from, Out: "else"}, errs.Conflict},
		{dvc.Import{From: from, Out: "../x.csv"}, errs.Invalid},
		{dvc.Import{From: from, Out: ".dvc/x.csv"}, errs.Invalid},
		{dvc.Import{From: from, Out: "no/such/x.csv"}, errs.NotFound},
		{dvc.Import{From: from, Rev: "v1"}, errs.Invalid},
		{dvc.Import{From: far, Path: "x", VersionAware: true}, errs.Invalid},
		{dvc.Import{From: from + "y"}, errs.NotFound},
		{dvc.Import{From: filepath.Join(far, "none"), Path: "x"}, errs.NotFound},
	} {
		if _, err := open(t, dir).Import(t.Context(), c.in); errs.KindOf(err) != c.want || errs.HintOf(err) == "" {
			t.Errorf("%+v: %v (%s)", c.in, err, errs.HintOf(err))
		}
	}
	if after := tellAll(t, dir); after != before {
		t.Errorf("something was written:\n%s", after)
	}
}
