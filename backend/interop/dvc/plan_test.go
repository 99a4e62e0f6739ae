package dvc_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rondo/backend/interop/dvc"
	"rondo/backend/interop/dvc/metafile"
	"rondo/backend/pipeline"
	"rondo/backend/project"
)

// folder writes a project's files.
func folder(t *testing.T, all map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range all {
		at := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func open(t *testing.T, dir string) *dvc.Project {
	t.Helper()
	p, err := dvc.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

const fresh = "rondo: 1\nname: x\n"

// TestPlanSaysWhatAStageBecomes takes over what is easy and what is not.
func TestPlanSaysWhatAStageBecomes(t *testing.T) {
	p := open(t, folder(t, map[string]string{
		".dvc/config": "['remote \"store\"']\n    url = s3://bucket\n",
		"params.yaml": "lr: 0.1\nlist: [a, b]\n",
		"conf.toml":   "a = 1\n",
		"dvc.yaml": "metrics: [all.json]\nartifacts:\n  net: {path: m.bin, type: model}\nstages:\n" +
			"  train:\n    cmd: python train.py --lr ${lr}\n    deps: [train.py, s3://bucket/x]\n    params: [lr, {conf.toml: [a]}, {other.json: }]\n" +
			"    outs: [{m.bin: {persist: true, push: false}}]\n    metrics: [{m.json: {cache: false}}]\n    plots: [{p.csv: {x: step, header: false}}]\n    frozen: true\n" +
			"  sh:\n    cmd: |\n      cat 'a b' | sort > out.txt\n      echo \"$HOME\" it's\n    outs: [out.txt]\n" +
			"  back:\n    cmd: echo hi\n" +
			"  per:\n    foreach: ${list}\n    do: {cmd: 'echo ${item}', outs: ['${item}/x:y']}\n",
		"sub/dvc.yaml": "stages:\n  train:\n    wdir: in\n    cmd: cd .. && ls\n    deps: [../../a.csv]\n    outs: [o]\n",
		"old.dvc":      "cmd: python old.py\nmd5: abc\ndeps: [{path: old.py}]\nouts: [{path: old.txt, cache: false}]\n",
	}))
	plan, err := p.Plan(context.Background(), []byte(fresh))
	if err != nil {
		t.Fatal(err)
	}
	f, err := project.Parse("rondo.yaml", plan.Text)
	if err != nil {
		t.Fatalf("%v\n%s", err, plan.Text)
	}
	if len(f.Stages) != 7 {
		t.Fatalf("%d stages\n%s\n%s", len(f.Stages), plan.Text, strings.Join(plan.Left, "\n"))
	}
	train := f.Stages["train"]
	for what, ok := range map[string]bool{
		"cmd":     train.Cmd[0] == "python train.py --lr 0.1",
		"deps":    slices.Equal(train.Deps, []string{"train.py", "conf.toml"}),
		"params":  len(train.Params) == 2 && train.Params[0].Keys[0] == "lr" && train.Params[1].File == "other.json" && len(train.Params[1].Keys) == 0,
		"outs":    train.Outs[0].Persist && train.Metrics[0].NoCache && train.Plots[0].Plot["x"] == "step",
		"frozen":  train.Frozen && !f.Stages["sh"].Frozen,
		"always":  f.Stages["back"].AlwaysChanged && !train.AlwaysChanged,
		"sub":     f.Stages["sub.train"].Wdir == "sub/in" && f.Stages["sub.train"].Deps[0] == "../../a.csv",
		"foreach": f.Stages["per@a"].Cmd[0] == "echo a" && f.Stages["per@b"].Outs[0].Path == "b/x:y",
		"old":     f.Stages["old"].Cmd[0] == "python old.py" && f.Stages["old"].Outs[0].NoCache,
		"where":   strings.Contains(string(plan.Text), "# dvc.yaml:5\n  # was: python train.py --lr ${lr}\n"),
	} {
		if !ok {
			t.Errorf("%s is not right in\n%s", what, plan.Text)
		}
	}
	for i, line := range []string{"cat 'a b' | sort > out.txt", `echo "$HOME" it's`} {
		words, err := pipeline.Split(f.Stages["sh"].Cmd[i])
		if err != nil || !slices.Equal(words, []string{"sh", "-c", line}) {
			t.Errorf("%q became %q, %v", line, words, err)
		}
	}
	left := strings.Join(plan.Left, "\n")
	for _, want := range []string{"s3://bucket/x is outside", "conf.toml is a dep as a whole", "the remote store (s3://bucket)", "the metrics at the top", "path: m.bin", "written out"} {
		if !strings.Contains(left, want) {
			t.Errorf("the account does not say %q:\n%s", want, left)
		}
	}
}

// TestPlanRepeatsWithoutDoubles adds to a rondo.yaml that a person has gone on with.
func TestPlanRepeatsWithoutDoubles(t *testing.T) {
	dir := folder(t, map[string]string{".dvc/config": "", "dvc.yaml": "stages:\n  a:\n    cmd: echo\n", "d.csv": "x\n", "d.csv.dvc": "outs:\n- md5: 401b30e3b8b5d629635a5c613cdb7919\n  hash: md5\n  path: d.csv\n"})
	mine := "rondo: 1 # mine\nname: x\nstages:   # my own\n    own:\n        cmd: ls\n"
	first, err := open(t, dir).Plan(context.Background(), []byte(mine))
	if err != nil {
		t.Fatal(err)
	}
	f, err := project.Parse("rondo.yaml", first.Text)
	if err != nil || len(f.Stages) != 2 || len(f.Datasets) != 1 || !strings.HasPrefix(string(first.Text), "rondo: 1 # mine\nname: x\nstages:   # my own\n") {
		t.Fatalf("%v\n%s", err, first.Text)
	}
	again, err := open(t, dir).Plan(context.Background(), first.Text)
	if err != nil || again.Changed || again.Data[0].Name != "d" {
		t.Errorf("%v, changed %v:\n%s", err, again.Changed, again.Text)
	}
}

// TestRestoreComparesEveryHash brings a folder from the cache in both layouts, and
// nothing of one that is damaged.
func TestRestoreComparesEveryHash(t *testing.T) {
	for _, damage := range []bool{false, true} {
		all := map[string]string{".dvc/config": "", "d.dvc": ""}
		tree := metafile.TreeText([]metafile.TreeFile{{Path: "s/b.txt", MD5: "3b5d5c3712955042212316173ccf37be"}, {Path: "a.txt", MD5: "60b725f10c9c85c70d97880dfe8191b3"}})
		sum := metafile.TreeSum(tree)
		all["d.dvc"] = "outs:\n- md5: " + sum + "\n  nfiles: 2\n  path: d\n"
		all[".dvc/cache/"+sum[:2]+"/"+sum[2:]] = string(tree)
		all[".dvc/cache/60/b725f10c9c85c70d97880dfe8191b3"] = "a\n"
		all[".dvc/cache/3b/5d5c3712955042212316173ccf37be"] = "b\n"
		dir := folder(t, all)
		p := open(t, dir)
		plan, err := p.Plan(context.Background(), []byte(fresh))
		if err != nil || plan.Data[0].State != dvc.Cached {
			t.Fatalf("%+v, %v", plan, err)
		}
		if damage {
			if err := os.WriteFile(filepath.Join(dir, ".dvc/cache/3b/5d5c3712955042212316173ccf37be"), []byte("c\n"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		err = p.Restore(context.Background(), plan.Data[0])
		b, _ := os.ReadFile(filepath.Join(dir, "d", "s", "b.txt"))
		if damage != (err != nil) || damage != (string(b) != "b\n") {
			t.Errorf("damaged %v: %v, and b.txt is %q", damage, err, b)
		}
		if left, _ := filepath.Glob(filepath.Join(dir, ".*rondo*")); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	}
}

// TestPlanStaysInside does not look at what a hostile project points at.
func TestPlanStaysInside(t *testing.T) {
	dir := folder(t, map[string]string{
		".dvc/config": "", "a.dvc": "outs:\n- md5: 401b30e3b8b5d629635a5c613cdb7919\n  path: ../../etc/passwd\n",
		"b.dvc":    "outs:\n- md5: 401b30e3b8b5d629635a5c613cdb7919\n  path: link/passwd\n",
		"dvc.yaml": "vars: [../../../etc/passwd]\nstages:\n  a: {cmd: x}\n",
	})
	if err := os.Symlink("/etc", filepath.Join(dir, "link")); err != nil {
		t.Skipf("skipped: no symbolic links here: %v", err)
	}
	plan, err := open(t, dir).Plan(context.Background(), []byte(fresh))
	if err != nil {
		t.Fatal(err)
	}
	left := strings.Join(plan.Left, "\n")
	if len(plan.Data) != 0 || !strings.Contains(left, "outside of the project") || !strings.Contains(left, "b.dvc") || !strings.Contains(left, "vars name") {
		t.Errorf("%+v\n%s", plan.Data, left)
	}
}
