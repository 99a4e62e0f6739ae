package dvc_test

import (
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rondo/backend/interop/dvc"
	"rondo/backend/interop/dvc/metafile"
)

// ownFiles reads what DVC has written: .dvc files, locks, and the names in the cache.
func ownFiles(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(at string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(dir, at)
		switch {
		case err != nil:
			return err
		case d.IsDir():
			return nil
		case strings.HasPrefix(rel, filepath.Join(".dvc", "cache", "files")):
			info, err := d.Info()
			if err == nil {
				out[rel] = info.Mode().String()
			}
			return err
		case d.Name() == "dvc.lock" || strings.HasSuffix(rel, ".dvc"):
			b, err := os.ReadFile(at)
			out[rel] = string(b)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestWrittenByRondoIsDVCsOwn takes what DVC wrote away from a project, writes all of it
// again, compares every byte and every name, and asks DVC.
func TestWrittenByRondoIsDVCsOwn(t *testing.T) {
	ctx := context.Background()
	dir := filepath.Join(filepath.Dir(generate(t, 1, 3)[0].Dir), "first")
	want := ownFiles(t, dir)
	order := open(t, dir).Locks["dvc.yaml"].Stages
	for _, gone := range []string{"dvc.lock", "nested/dvc.lock", "added.bin.dvc", "images.dvc", "sub/in.txt.dvc", ".dvc/cache", ".dvc/tmp"} {
		if err := os.RemoveAll(filepath.Join(dir, gone)); err != nil {
			t.Fatal(err)
		}
	}
	p := open(t, dir)
	for _, at := range []string{"added.bin", "images", "sub/in.txt"} {
		if err := p.Add(ctx, at); err != nil {
			t.Fatal(err)
		}
	}
	for _, pl := range p.Pipelines {
		stages := slices.Clone(pl.Stages)
		slices.SortStableFunc(stages, func(a, b metafile.Stage) int { return ran(order, a.Name) - ran(order, b.Name) })
		for _, s := range stages { // one by one, as a runner does it
			if err := p.Commit(ctx, pl, s); err != nil {
				t.Fatal(err)
			}
		}
	}
	got := ownFiles(t, dir)
	for name, text := range want {
		if got[name] != text {
			t.Errorf("%s\nrondo %q\ndvc   %q", name, got[name], text)
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("DVC has no %s", name)
		}
	}
	answer := ask(t, dir)
	if len(answer.Status) != 1 || len(answer.After) != 1 || len(answer.Changed) > 0 {
		t.Errorf("DVC says %+v", answer)
	}
}

func ran(order []metafile.LockStage, name string) int {
	return slices.IndexFunc(order, func(s metafile.LockStage) bool { return s.Name == name })
}

type answer struct {
	Status, After map[string]any
	Changed       []string
}

func ask(t *testing.T, dir string) (a answer) {
	t.Helper()
	cmd := exec.Command(filepath.Join(filepath.Dir(realDVC(t)), "python"), "testdata/check.py", dir)
	cmd.Env = append(os.Environ(), "DVC_NO_ANALYTICS=1", "HOME="+dir, "DVC_SITE_CACHE_DIR="+t.TempDir())
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, err.(*exec.ExitError).Stderr)
	}
	_, text, _ := strings.Cut(string(out), "ANSWER")
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		t.Fatal(err)
	}
	return a
}

// TestPutStagesLeavesOthersAlone replaces one entry of a lock that a person has written in.
func TestPutStagesLeavesOthersAlone(t *testing.T) {
	const text = "schema: '2.0' # mine\nstages:\n  # first\n  a:\n    cmd: one\n  b: # second\n    cmd: 'two'\n  c:\n    cmd: three\ndatasets: []\n"
	got, err := dvc.PutStages("dvc.lock", []byte(text), metafile.LockStage{Name: "a", Cmd: "uno"}, metafile.LockStage{Name: "d", Cmd: []any{"x", "y"}}, metafile.LockStage{Name: "c", Cmd: "tre"})
	want := "schema: '2.0' # mine\nstages:\n  # first\n  a:\n    cmd: uno\n  b: # second\n    cmd: 'two'\n  c:\n    cmd: tre\n  d:\n    cmd:\n    - x\n    - y\ndatasets: []\n"
	if err != nil || string(got) != want {
		t.Errorf("%v\n%s", err, got)
	}
	flow, err := dvc.PutStages("dvc.lock", []byte("{schema: '2.0', stages: {a: {cmd: one}}}"), metafile.LockStage{Name: "b", Cmd: "two"})
	if err != nil || string(flow) != "schema: '2.0'\nstages:\n  a:\n    cmd: one\n  b:\n    cmd: two\n" {
		t.Errorf("%v\n%s", err, flow)
	}
}

// TestWritersWaitForDVC does not write while a dvc holds its lock.
func TestWritersWaitForDVC(t *testing.T) {
	dir := folder(t, map[string]string{".dvc/config": "", "a": "x", ".dvc/tmp/lock": ""})
	p := open(t, dir)
	if err := p.Add(context.Background(), "a"); err != nil {
		t.Fatal(err)
	}
	script := "import sys, zc.lockfile\nl = zc.lockfile.LockFile(sys.argv[1])\nprint('held', flush=True)\nsys.stdin.read()\n"
	cmd := exec.Command(filepath.Join(filepath.Dir(realDVC(t)), "python"), "-c", script, filepath.Join(dir, ".dvc", "tmp", "lock"))
	in, _ := cmd.StdinPipe()
	out, _ := cmd.StdoutPipe()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 8)); err != nil {
		t.Fatal(err)
	}
	if err := p.Add(context.Background(), "a"); err == nil || !strings.Contains(err.Error(), "lock is taken") {
		t.Errorf("while dvc held its lock: %v", err)
	}
	in.Close()
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if err := p.Add(context.Background(), "a"); err != nil {
		t.Error(err)
	}
}
