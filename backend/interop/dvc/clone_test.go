package dvc_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
)

// aClone is a clone, made with these flags, of a project with three commits, each with other data.
func aClone(t *testing.T, flags ...string) *dvc.Project {
	t.Helper()
	from := folder(t, map[string]string{".dvc/config": "[core]\n    remote = far\n['remote \"far\"']\n    url = " + t.TempDir() + "\n", ".gitignore": "/a.csv\n/.dvc/cache\n/.dvc/tmp\n"})
	gitDo(t, from, "init", "-q", "-b", "main", ".")
	gitDo(t, from, "config", "--file", ".git/config", "uploadpack.allowFilter", "true")
	p := open(t, from)
	for _, text := range []string{"1", "2", "3"} {
		put(t, from, "a.csv", text)
		if err := p.Add(t.Context(), "a.csv"); err != nil {
			t.Fatal(err)
		}
		gitDo(t, from, "add", "-A")
		gitDo(t, from, "commit", "-q", "-m", text)
		gitDo(t, from, "tag", "v"+text)
	}
	to := filepath.Join(t.TempDir(), "clone")
	gitDo(t, from, append(append([]string{"clone", "-q"}, flags...), "file://"+from, to)...)
	put(t, to, "a.csv", "3")
	return open(t, to)
}

// TestAnIncompleteCloneIsToldAsSuch: what git has not brought is neither taken for not there nor for deleted, and
// nothing is collected that it may need; and what it has is told right.
func TestAnIncompleteCloneIsToldAsSuch(t *testing.T) {
	for flags, way := range map[string]string{
		"--depth=1": "git fetch --unshallow", "--filter=blob:none": "git fetch --refetch --no-filter", "--filter=tree:0": "git fetch --refetch --no-filter",
	} {
		t.Run(flags, func(t *testing.T) {
			p := aClone(t, flags)
			for what, err := range map[string]error{
				"diff": second(p.DiffData(t.Context(), "HEAD~1", dvc.Workspace)), "at a tag": second(p.At("v1")),
				"get":             second(p.Get(t.Context(), dvc.Elsewhere{From: p.Dir, Path: "a.csv", Rev: "v1"}, filepath.Join(t.TempDir(), "x"), false)),
				"list":            second(p.List(t.Context(), dvc.List{Elsewhere: dvc.Elsewhere{From: p.Dir, Path: "a.csv", Rev: "v1"}})),
				"collect far off": second(p.CollectFar(t.Context(), dvc.CollectFar{Revisions: dvc.Revisions{Commits: true}}, time.Now())),
			} {
				if err == nil || !strings.Contains(errs.HintOf(err), way) {
					t.Errorf("%s: %v (%s)", what, err, errs.HintOf(err))
				}
			}
			if _, err := p.Collect(t.Context(), dvc.Collect{Revisions: dvc.Revisions{Commits: true}}); err == nil && flags != "--depth=1" {
				t.Error("it was collected")
			}
			diff, err := p.DiffData(t.Context(), "HEAD", dvc.Workspace)
			if err != nil || len(diff.Added)+len(diff.Deleted)+len(diff.Modified) > 0 {
				t.Errorf("%+v %v", diff, err)
			}
		})
	}
	for _, flags := range []string{"--no-local", "--shared"} {
		if _, err := aClone(t, flags).DiffData(t.Context(), "HEAD~2", dvc.Workspace); err != nil {
			t.Errorf("%s: %v", flags, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }
