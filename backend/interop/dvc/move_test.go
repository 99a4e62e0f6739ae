package dvc_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/errs"
)

// movable is a project with data of each kind that can be moved.
func movable(t *testing.T, d *driver) string {
	t.Helper()
	dir := t.TempDir()
	gitDo(t, dir, "init", "-q", ".")
	d.must(dir, "init", "-q")
	for name, text := range map[string]string{"a.csv": "a\n", "d/x": "x\n", "far.csv": "far\n", "odd.csv": "odd\n", "dvc.yaml": "stages:\n  s:\n    cmd: echo > made\n    outs: [made]\n", "sub/keep": ""} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		put(t, dir, name, text)
	}
	d.must(dir, "add", "-q", "a.csv", "d", "odd.csv")
	d.must(dir, "import-url", "-q", "far.csv", "imp.csv")
	b, err := os.ReadFile(filepath.Join(dir, "odd.csv.dvc"))
	if err != nil {
		t.Fatal(err)
	}
	put(t, dir, "other.dvc", "# mine\n"+string(b)+"meta:\n  a: 1\n")
	lose(t, dir, "odd.csv.dvc")
	return dir
}

// TestMovesAreDVCs moves data beside dvc: the same files, .dvc files, .gitignore and cache.
func TestMovesAreDVCs(t *testing.T) {
	d := newDriver(t, realDVC(t))
	main, twin := movable(t, d), movable(t, d)
	for _, m := range [][2]string{{"a.csv", "b.csv"}, {"b.csv", "sub"}, {"d", "sub/e"}, {"imp.csv", "sub/im.csv"}, {"odd.csv", "sub/odd.csv"}, {"sub/e", "e"}} {
		d.must(twin, "move", m[0], m[1])
		if _, err := open(t, main).Move(t.Context(), m[0], m[1]); err != nil {
			t.Fatalf("%v: %v", m, err)
		}
		if got, want := tellAll(t, main), tellAll(t, twin); got != want {
			t.Fatalf("%v: Rondo has made\n%s\nand dvc\n%s", m, got, want)
		}
	}
	if got, want := d.must(main, "status"), d.must(twin, "status"); got != want {
		t.Errorf("dvc status: %s and %s", got, want)
	}
}

// TestMovesOverwriteNothing, where dvc would, and leave everything as it is.
func TestMovesOverwriteNothing(t *testing.T) {
	d := newDriver(t, realDVC(t))
	dir := movable(t, d)
	put(t, dir, "mine.csv", "mine\n")
	before := tellAll(t, dir)
	for _, m := range []struct {
		from, to string
		want     errs.Kind
	}{
		{"a.csv", "mine.csv", errs.Conflict},
		{"a.csv", "imp.csv", errs.Conflict},
		{"a.csv", "made", errs.Conflict},
		{"a.csv", "d/a", errs.Conflict},
		{"d", "d/e", errs.Invalid},
		{"a.csv", "a.csv", errs.Invalid},
		{"a.csv", "../a.csv", errs.Invalid},
		{"a.csv", "no/such/a", errs.NotFound},
		{"d/x", "y", errs.NotFound},
		{"made", "m", errs.Precondition},
	} {
		if _, err := open(t, dir).Move(t.Context(), m.from, m.to); errs.KindOf(err) != m.want {
			t.Errorf("%s to %s: %v", m.from, m.to, err)
		}
	}
	if after := tellAll(t, dir); after != before {
		t.Errorf("something was changed:\n%s", after)
	}
}

// TestMoveGoesOnAfterAKill: the data has moved, and the .dvc file does not say so yet.
func TestMoveGoesOnAfterAKill(t *testing.T) {
	d := newDriver(t, realDVC(t))
	dir, twin := movable(t, d), movable(t, d)
	if err := os.Rename(filepath.Join(dir, "d"), filepath.Join(dir, "sub/e")); err != nil {
		t.Fatal(err)
	}
	if _, err := open(t, dir).Move(t.Context(), "d", "sub/e"); err != nil {
		t.Fatal(err)
	}
	d.must(twin, "move", "d", "sub/e")
	if got, want := tellAll(t, dir), tellAll(t, twin); got != want {
		t.Errorf("Rondo has made\n%s\nand dvc\n%s", got, want)
	}
}

const pipelineToFreeze = `# head
stages:
  s:   # about s
    cmd: "echo 1 > made"
    outs:
      - made   # out

  t:
    cmd: echo
    deps: [far.csv]
    params:
    - conf.toml: [net.depth]
    - lr
    metrics:
    - m.json:
        cache: false
  f:
    foreach: [1, 2]
    do:
      cmd: echo ${item}
`

// TestFreezeIsDVCs freezes and unfreezes stages and imports beside dvc: the same .dvc files, and of a
// dvc.yaml, which dvc writes anew, one line is another one. dvc says the same of both.
func TestFreezeIsDVCs(t *testing.T) {
	d := newDriver(t, realDVC(t))
	main, twin := movable(t, d), movable(t, d)
	put(t, main, "dvc.yaml", pipelineToFreeze)
	put(t, twin, "dvc.yaml", pipelineToFreeze)
	for _, step := range []struct {
		frozen  bool
		targets string
	}{{true, "s"}, {true, "t imp.csv.dvc"}, {false, "imp.csv.dvc"}, {false, "s"}, {true, "imp.csv.dvc other.dvc"}, {false, "t other.dvc"}} {
		verb, targets := map[bool]string{true: "freeze", false: "unfreeze"}[step.frozen], strings.Fields(step.targets)
		d.must(twin, append([]string{verb}, targets...)...)
		if err := open(t, main).Freeze(step.frozen, targets...); err != nil {
			t.Fatalf("%s %v: %v", verb, targets, err)
		}
		text, err := os.ReadFile(filepath.Join(main, "dvc.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		if rest := strings.ReplaceAll(string(text), "    frozen: true\n", ""); rest != pipelineToFreeze {
			t.Errorf("%s %v has changed more than a line:\n%s", verb, targets, text)
		}
		for _, name := range []string{"imp.csv.dvc", "other.dvc"} {
			got, want := headless(t, main, name), headless(t, twin, name)
			if got != want {
				t.Errorf("%s %v: Rondo has made\n%s\nand dvc\n%s", verb, targets, got, want)
			}
		}
		for _, stage := range []string{"s", "t"} {
			if got, want := open(t, main).Stages()[stage].Frozen, open(t, twin).Stages()[stage].Frozen; got != want {
				t.Errorf("%s %v: %s is frozen: %v, and with dvc: %v", verb, targets, stage, got, want)
			}
		}
	}
	put(t, main, "dvc.yaml", "stages: {s: {cmd: echo}}\n")
	if err := open(t, main).Freeze(true, "s"); errs.KindOf(err) != errs.Precondition || errs.HintOf(err) == "" {
		t.Errorf("a stage in one line: %v", err)
	}
	put(t, main, "dvc.yaml", pipelineToFreeze)
	before := tellAll(t, main)
	for target, want := range map[string]errs.Kind{"f@1": errs.Precondition, "f": errs.NotFound, "none.dvc": errs.NotFound} {
		if err := open(t, main).Freeze(true, "s", target); errs.KindOf(err) != want || errs.HintOf(err) == "" {
			t.Errorf("%s: %v", target, err)
		}
		if _, ok := d.try(twin, "freeze", target); ok {
			t.Errorf("dvc freezes %s", target)
		}
	}
	if after := tellAll(t, main); after != before {
		t.Errorf("what was refused has changed something:\n%s", after)
	}
}
