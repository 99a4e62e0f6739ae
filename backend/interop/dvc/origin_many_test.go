package dvc_test

import (
	"fmt"
	"testing"

	"rondo/backend/interop/dvc"
	"rondo/backend/remote/remotetest"
)

// TestManyFilesOfAnImportComeAtOnce imports folders of many files, each time into a project that
// has nothing: what git has, and what has a .dvc file each and lies in the other project's
// remote, which those that come first open. Over ssh that takes long enough for all of them to
// want it meanwhile.
func TestManyFilesOfAnImportComeAtOnce(t *testing.T) {
	remotetest.StartSSHD(t)
	files := map[string]string{
		".dvc/config": "[core]\n    remote = store\n['remote \"store\"']\n    url = ssh://box" + t.TempDir() + "\n", ".dvc/.gitignore": "/cache\n/tmp\n",
	}
	var tracked []string
	for i := range 16 {
		tracked = append(tracked, fmt.Sprintf("data/%d.txt", i))
		files[tracked[i]] = fmt.Sprint("data ", i)
		files[fmt.Sprintf("src/%d/y", i)] = fmt.Sprint("git ", i)
	}
	source := folder(t, files)
	gitDo(t, source, "init", "-q", ".")
	p := open(t, source)
	ok(t, p.Add(t.Context(), tracked...))
	if _, err := p.Push(t.Context(), dvc.Exchange{}); err != nil {
		t.Fatal(err)
	}
	gitDo(t, source, "add", "-A")
	gitDo(t, source, "commit", "-q", "-m", "first")
	lose(t, source, ".dvc/cache")
	for range 2 {
		dir := folder(t, map[string]string{".dvc/config": "[core]\n    no_scm = true\n"})
		for _, name := range []string{"data", "src"} {
			if done, err := open(t, dir).Import(t.Context(), dvc.Import{From: source, Path: name}); err != nil {
				t.Fatalf("%s: %+v, %v", name, done, err)
			}
		}
	}
}
