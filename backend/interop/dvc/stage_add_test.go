package dvc_test

import (
	"math/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/interop/dvc"
)

// TestStagesAreWrittenAsDVCWritesThem adds stages at random by dvc in one project and by Rondo in
// another: the same dvc.yaml and .gitignore after each, and what one refuses the other does.
func TestStagesAreWrittenAsDVCWritesThem(t *testing.T) {
	d := newDriver(t, realDVC(t))
	for seed := range int64(3) {
		r := rand.New(rand.NewSource(seed))
		main, twin := t.TempDir(), t.TempDir()
		for _, dir := range []string{main, twin} {
			gitSaid(t, dir, "init", "-q")
			d.must(dir, "init", "-q")
			ok(t, os.MkdirAll(filepath.Join(dir, "sub/deep"), 0o755))
		}
		for range 14 {
			in, args := stageStep(r)
			_, theirs := d.try(filepath.Join(twin, in.Dir), args...)
			p := open(t, main)
			_, err := p.AddStage(t.Context(), in)
			p.Close()
			if theirs != (err == nil) {
				t.Fatalf("seed %d: dvc %q in %s: %v, and here: %v\n%s", seed, args, in.Dir, theirs, err, contents(t, main, []string{"dvc.yaml"}))
			}
			for _, name := range []string{"dvc.yaml", "sub/dvc.yaml", ".gitignore", "sub/.gitignore", "sub/deep/.gitignore"} {
				if ours, want := contents(t, main, []string{name}), contents(t, twin, []string{name}); ours != want {
					t.Fatalf("seed %d: after %q in %s\n%s\nand by dvc\n%s", seed, args, in.Dir, ours, want)
				}
			}
		}
	}
}

// stageStep is a stage at random, and what dvc is told to make the same.
func stageStep(r *rand.Rand) (in dvc.NewStage, args []string) {
	one := func(of ...string) string { return of[r.Intn(len(of))] }
	some := func(n int) bool { return r.Intn(n) == 0 }
	in = dvc.NewStage{Name: one("a", "b", "train", "été", "x-1", "bad.name"), Dir: one(".", ".", "sub"), Cmd: one("echo hi", "python train.py --lr 0.1", "echo 'a: b' # c", "printf \"%s\" x > a.txt", "cat a | tee b && echo "+strings.Repeat("long ", 20))}
	args = []string{"stage", "add", "-n", in.Name}
	add := func(flag, value string) { args = append(args, flag, value) }
	if in.Wdir = in.Dir; some(4) {
		in.Wdir = "sub/deep"
		add("-w", relPath(in.Dir, in.Wdir))
	}
	if some(3) {
		in.Desc = one("what it does", "a: b", "yes", "été # x")
		add("--desc", in.Desc)
	}
	for range r.Intn(4) {
		in.Deps = append(in.Deps, one("data", "train.py", "x/y.csv", "../up", "a.csv", "s t"))
		add("-d", in.Deps[len(in.Deps)-1])
	}
	for range r.Intn(3) {
		in.Params = append(in.Params, one("lr,epochs", "train.l2", "conf.yaml:a,b", "conf.json:", "lr", "params.yaml:"))
		add("-p", in.Params[len(in.Params)-1])
	}
	for flag, o := range map[string]dvc.NewOut{"-o": {Kind: "outs"}, "-O": {Kind: "outs", NoCache: true}, "--outs-persist": {Kind: "outs", Persist: true}, "-m": {Kind: "metrics"}, "-M": {Kind: "metrics", NoCache: true}, "--plots": {Kind: "plots"}, "--plots-no-cache": {Kind: "plots", NoCache: true}} {
		if some(3) {
			o.Path = one("out", "m.json", "p.csv", "model/x", "y z", "data", "model", "[1].txt")
			in.Outs = append(in.Outs, o)
			add(flag, o.Path)
		}
	}
	if some(4) {
		in.Always = true
		args = append(args, "--always-changed")
	}
	if some(2) {
		in.Force, in.Desc = true, ""
		args = append(args, "-f")
		for i, a := range args {
			if a == "--desc" { // of a stage that is there dvc forgets it
				args = append(args[:i:i], args[i+2:]...)
				break
			}
		}
	}
	return in, append(args, in.Cmd)
}

func relPath(from, to string) string {
	rel, _ := filepath.Rel(from, to)
	return rel
}

// TestAStageGoesInBesideWhatAPersonWrote keeps the rest of a dvc.yaml letter by letter, and leaves it
// as it was where the new stage does not go together with the others.
func TestAStageGoesInBesideWhatAPersonWrote(t *testing.T) {
	mine := "# mine\nvars:\n  - a: 1\n\nstages:\n    # the first\n    prep:\n        cmd: \"prep\"   # quick\n        outs: [ 'raw' ]\n\n# at the end\nplots:\n  - x.csv\n"
	dir := folder(t, map[string]string{".dvc/config": "[core]\n    no_scm = true\n", "dvc.yaml": mine})
	at := filepath.Join(dir, "dvc.yaml")
	_, err := open(t, dir).AddStage(t.Context(), dvc.NewStage{Name: "s", Cmd: "go", Dir: ".", Wdir: ".", Deps: []string{"raw"}, Outs: []dvc.NewOut{{Path: "o", Kind: "outs"}}})
	ok(t, err)
	want := strings.Replace(mine, "outs: [ 'raw' ]\n", "outs: [ 'raw' ]\n    s:\n      cmd: go\n      deps:\n      - raw\n      outs:\n      - o\n", 1)
	if b, _ := os.ReadFile(at); string(b) != want {
		t.Errorf("it is\n%s\nand not\n%s", b, want)
	}
	for _, bad := range []dvc.NewStage{
		{Name: "t", Cmd: "go", Deps: []string{"o"}, Outs: []dvc.NewOut{{Path: "raw", Kind: "outs"}}},
		{Name: "t", Cmd: "go", Deps: []string{"x"}, Outs: []dvc.NewOut{{Path: "x", Kind: "outs"}}},
		{Name: "prep", Cmd: "go"},
		{Name: "t", Cmd: " "},
	} {
		bad.Dir, bad.Wdir = ".", "."
		if _, err := open(t, dir).AddStage(t.Context(), bad); err == nil {
			t.Errorf("%+v was taken", bad)
		}
		if b, _ := os.ReadFile(at); string(b) != want {
			t.Fatalf("after %+v it is\n%s", bad, b)
		}
	}
}
