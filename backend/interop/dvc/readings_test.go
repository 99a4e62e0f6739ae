package dvc_test

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"rondo/backend/interop/dvc"
)

const readAgain = `vars: [{at: {of: 1}}]
plots:
stages:
  one:
    cmd: echo ${at.of} ${p.deep}
    params: [p.deep]
  each:
    foreach: [{a: 1}, {a: 2}]
    do:
      vars: [{at: {more: 3}}]
      cmd: echo ${item.a} ${at.more}
  grid:
    matrix: {x: [1, 2], y: [a, b]}
    cmd: echo ${item.x} ${item.y}
`

// What is remembered of a text is the same for every opening, and a file that says
// something else is read.
func TestOpenAgainIsOpen(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, ".dvc"), 0o755); err != nil {
		t.Fatal(err)
	}
	texts := &dvc.Readings{}
	for step, change := range []func(){
		func() { put("params.yaml", "p: {deep: 1}\n"); put("dvc.yaml", readAgain) },
		func() {},
		func() { put("params.yaml", "p: {deep: 2}\n") },
		func() { put("dvc.yaml", readAgain+"  two:\n    cmd: echo\n") },
		func() { put("dvc.lock", "schema: '2.0'\nstages:\n  two:\n    cmd: echo\n") },
		func() { put("dvc.lock", "schema: '2.0'\nstages:\n  two:\n    cmd: echo 2\n") },
		func() { put("dvc.yaml", "stages: 3\n") },
		func() { put("dvc.yaml", readAgain) },
	} {
		change()
		want, now := openedAgain(t, dir, &dvc.Readings{}), openedAgain(t, dir, texts)
		if !reflect.DeepEqual(now.Pipelines, want.Pipelines) || !reflect.DeepEqual(now.Locks, want.Locks) || len(now.Problems) != len(want.Problems) {
			t.Errorf("step %d: opened again it has %+v, locks %+v, problems %v;\nopened anew %+v, %+v, %v", step,
				now.Pipelines, now.Locks, now.Problems, want.Pipelines, want.Locks, want.Problems)
		}
		if stages := 7; step < 6 && len(want.Stages()) < stages {
			t.Fatalf("step %d: %d stages, want %d at least; %v", step, len(want.Stages()), stages, want.Problems)
		}
	}
}

func openedAgain(t *testing.T, dir string, texts *dvc.Readings) *dvc.Project {
	t.Helper()
	p, err := dvc.OpenAgain(dir, texts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}
