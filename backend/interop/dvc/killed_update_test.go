//go:build linux

package dvc_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
)

func init() {
	killedVerbs["update"] = killed{begin: func(t *testing.T, p *dvc.Project) {
		t.Helper()
		origin(t, p, 1)
		ok(t, importFar(p))
		origin(t, p, 2)
	}, do: func(p *dvc.Project) error {
		_, err := p.Renew(context.Background(), dvc.Renew{})
		return err
	}, dvc: []string{"update", "far.dvc"}, done: isAtOrigin(2)}
	killedVerbs["import"] = killed{
		begin: func(t *testing.T, p *dvc.Project) { t.Helper(); origin(t, p, 1) },
		do: func(p *dvc.Project) error {
			_, err := p.Import(context.Background(), dvc.Import{From: "../far", Out: "far"})
			_, there := os.Stat(filepath.Join(p.Dir, "far.dvc"))
			switch {
			case errs.Is(err, errs.Conflict) && there == nil:
				return nil // it had come to its end
			case err == nil:
				return there // and not in the folder that was left
			}
			return err
		}, done: isAtOrigin(1),
	}
}

// origin lays a version of a folder beside the project.
func origin(t *testing.T, p *dvc.Project, version int) {
	t.Helper()
	for i := range 9 {
		at := filepath.Join(filepath.Dir(p.Dir), "far", fmt.Sprint(i%3), fmt.Sprint(i))
		ok(t, os.MkdirAll(filepath.Dir(at), 0o755))
		ok(t, os.WriteFile(at, []byte(content(i, version)), 0o644))
	}
}

func importFar(p *dvc.Project) error {
	_, err := p.Import(context.Background(), dvc.Import{From: "../far", Out: "far", Force: true})
	return err
}

// isAtOrigin wants a version of the folder in the project, as its .dvc file has it.
func isAtOrigin(version int) func(t *testing.T, p *dvc.Project, when string) {
	return func(t *testing.T, p *dvc.Project, when string) {
		t.Helper()
		for i := range 9 {
			at := filepath.Join(p.Dir, "far", fmt.Sprint(i%3), fmt.Sprint(i))
			if b, err := os.ReadFile(at); err != nil || string(b) != content(i, version) {
				t.Fatalf("%s: file %d is %.60q, %v", when, i, b, err)
			}
		}
		if st, err := p.Status(t.Context()); err != nil || len(st) > 0 {
			t.Fatalf("%s: %+v, %v", when, st, err)
		}
		if list, err := p.Renew(t.Context(), dvc.Renew{}); err != nil || len(list) != 1 || list[0].Changed {
			t.Fatalf("%s: %+v, %v", when, list, err)
		}
	}
}
