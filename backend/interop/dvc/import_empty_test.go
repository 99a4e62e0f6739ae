package dvc_test

import (
	"os"
	"path/filepath"
	"testing"

	"rondo/backend/interop/dvc"
)

// TestAFolderOfNothingIsImported brings an empty folder that another project tracks, as dvc does.
func TestAFolderOfNothingIsImported(t *testing.T) {
	source := folder(t, map[string]string{".dvc/config": "", ".dvc/.gitignore": "/cache\n/tmp\n"})
	gitDo(t, source, "init", "-q", ".")
	if err := os.Mkdir(filepath.Join(source, "none"), 0o755); err != nil {
		t.Fatal(err)
	}
	ok(t, open(t, source).Add(t.Context(), "none"))
	gitDo(t, source, "add", "-A")
	gitDo(t, source, "commit", "-q", "-m", "first")
	dir := folder(t, map[string]string{".dvc/config": "[core]\n    no_scm = true\n"})
	if done, err := open(t, dir).Import(t.Context(), dvc.Import{From: source, Path: "none"}); err != nil || done.MD5 != "d751713988987e9331980363e24189ce.dir" {
		t.Errorf("%+v, %v", done, err)
	}
	if list, err := os.ReadDir(filepath.Join(dir, "none")); err != nil || len(list) != 0 {
		t.Errorf("%v, %v", list, err)
	}
}

// TestAnOriginThatWasEmptiedIsAnotherOne asks a folder, of which all files went, for what it was.
func TestAnOriginThatWasEmptiedIsAnotherOne(t *testing.T) {
	origin := folder(t, map[string]string{"a": "1\n"})
	dir := folder(t, map[string]string{".dvc/config": "[core]\n    no_scm = true\n"})
	if _, err := open(t, dir).Import(t.Context(), dvc.Import{From: origin, Out: "x"}); err != nil {
		t.Fatal(err)
	}
	lose(t, origin, "a")
	lose(t, dir, ".dvc/cache", "x")
	if done, err := open(t, dir).Fetch(t.Context(), dvc.Exchange{}); err == nil {
		t.Errorf("%+v", done)
	}
	if list, err := open(t, dir).Renew(t.Context(), dvc.Renew{}); err != nil || len(list) != 1 || list[0].MD5 != "d751713988987e9331980363e24189ce.dir" {
		t.Errorf("%+v, %v", list, err)
	}
}
