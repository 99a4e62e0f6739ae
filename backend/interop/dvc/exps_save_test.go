package dvc_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
)

// saved is what git has of an experiment, but for the time and what dvc leaves of itself.
func (h *history) saved(dir, name string) string {
	h.t.Helper()
	ref := strings.TrimSpace(gitSaid(h.t, dir, "for-each-ref", "--format=%(refname)", "refs/exps/*/*/"+name))
	if ref == "" {
		return "none"
	}
	tree := slices.DeleteFunc(strings.Split(gitSaid(h.t, dir, "ls-tree", "-r", ref), "\n"), func(line string) bool { return strings.Contains(line, ".dvc/tmp/repro.dat") })
	_, text, _ := strings.Cut(gitSaid(h.t, dir, "cat-file", "commit", ref), "\n\n")
	return ref + "\n" + gitSaid(h.t, dir, "log", "-1", "--format=%P %an %ae %cn %ce", ref) + fmt.Sprintf("%q\n", text) + strings.Join(tree, "\n")
}

// TestExperimentsAreSavedAsByDVC saves work at random by dvc and by Rondo: reference, parents,
// message and tree are the same, and so is the folder.
func TestExperimentsAreSavedAsByDVC(t *testing.T) {
	for seed := range int64(setting("DVC_HISTORIES", 2)) {
		h := newExps(t, int64(setting("DVC_SEED", 0))+seed)
		h.both("dvc.yaml", expPipeline+"metrics: [top.json]\nparams: [more.yaml]\nplots:\n- p.csv\n- curves: {y: {q.csv: [a]}, x: i}\n")
		for _, dir := range []string{h.main, h.twin} { // both go by the same index
			h.git(dir, "commit", "-q", "-a", "-m", "tops")
		}
		for n := range 7 {
			h.log = nil
			if h.r.Intn(3) == 0 {
				h.inBoth("reset", "-q", "--hard")
				h.inBoth("clean", "-fdq")
			}
			for range h.r.Intn(4) {
				h.disturb()
			}
			if h.r.Intn(2) == 0 {
				h.both([]string{"top.json", "p.csv", "q.csv", "more.yaml"}[h.r.Intn(4)], "{}")
			}
			h.save(fmt.Sprintf("saved-%d-%d", seed, n))
		}
		gitSaid(t, h.main, "fsck", "--strict")
	}
}

// save saves by both, with options at random. Where dvc cannot, all is taken back.
func (h *history) save(name string) {
	h.t.Helper()
	in, args := dvc.SaveExp{Name: name}, []string{"exp", "save", "-n", name}
	if h.r.Intn(3) == 0 {
		in.Message, args = " two  words\n\nand more", append(args, "-m", " two  words\n\nand more")
	}
	if _, err := os.Stat(filepath.Join(h.main, "note.txt")); err == nil && h.r.Intn(2) == 0 {
		in.Untracked, args = []string{"note.txt"}, append(args, "-I", "note.txt")
	}
	if h.r.Intn(4) == 0 {
		in.Targets, args = []string{"train"}, append(args, "train")
	}
	for _, dir := range []string{h.main, h.twin} {
		if _, err := os.Stat(filepath.Join(dir, "model.txt")); err != nil {
			h.d.must(dir, "checkout", "--force", "model.txt")
		}
	}
	before := gitSaid(h.t, h.main, "status", "--porcelain", "-uall")
	h.note("%v over\n%s", args, before)
	said, ok := h.d.try(h.twin, args...)
	_, err := open(h.t, h.main).SaveExp(context.Background(), in)
	if err != nil {
		h.t.Fatalf("%s\n%v\ndvc: %s", joined(h.log), err, said)
	}
	if ok {
		sameText(h.t, joined(h.log), h.saved(h.main, name), h.saved(h.twin, name))
		h.inBoth("reset", "-q") // dvc has taken what was staged out of the index
		sameText(h.t, joined(h.log), h.without(h.main, name), h.without(h.twin, name))
		return
	}
	h.inBoth("reset", "-q", "--hard")
	h.inBoth("clean", "-fdq")
	for _, dir := range []string{h.main, h.twin} {
		h.d.must(dir, "checkout", "--force")
	}
}

// without is all but the experiments themselves.
func (h *history) without(dir, name string) string {
	var out []string
	for _, line := range strings.Split(h.all(dir), "\n") {
		if !strings.HasPrefix(line, "refs/exps/") {
			out = append(out, line)
		}
	}
	return strings.Join(out, "\n")
}

// TestSavedExperimentsAreDVCs: names and refusals, and that dvc goes on with what Rondo saved.
func TestSavedExperimentsAreDVCs(t *testing.T) {
	h := newExps(t, 5)
	ctx := context.Background()
	save := func(in dvc.SaveExp) (dvc.SavedExp, error) { return open(t, h.main).SaveExp(ctx, in) }
	h.write("a.txt", "changed")
	h.write("staged.txt", "staged")
	h.git(h.main, "add", "staged.txt")
	h.write("loose.txt", "loose")
	done, err := save(dvc.SaveExp{Name: "mine"})
	if err != nil || strings.Join(done.Left, " ") != "loose.txt" {
		t.Fatalf("%+v, %v", done, err)
	}
	if got := gitSaid(t, h.main, "status", "--porcelain"); !strings.Contains(got, "A  staged.txt") {
		t.Errorf("the index is another one:\n%s", got)
	}
	for name, kind := range map[string]errs.Kind{"mine": errs.Conflict, "a/b": errs.Invalid, "a..b": errs.Invalid, "-x y": errs.Invalid} {
		if _, err := save(dvc.SaveExp{Name: name}); errs.KindOf(err) != kind || errs.HintOf(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := save(dvc.SaveExp{Name: "none", Untracked: []string{"nothing"}}); errs.KindOf(err) != errs.NotFound {
		t.Errorf("to include nothing: %v", err)
	}
	if again, err := save(dvc.SaveExp{Name: "mine", Force: true, Untracked: []string{"loose.txt"}}); err != nil || again.Commit == done.Commit || len(again.Left) > 0 {
		t.Errorf("%+v, %v", again, err)
	}
	one, err := save(dvc.SaveExp{})
	two, err2 := save(dvc.SaveExp{})
	if err != nil || err2 != nil || !strings.HasPrefix(one.Name, "exp-") || two.Name != one.Name+"-2" {
		t.Errorf("without a name: %+v, %+v, %v, %v", one, two, err, err2)
	}
	h.git(h.main, "reset", "-q", "--hard")
	h.git(h.main, "clean", "-fdq")
	if out := h.d.must(h.main, "exp", "show", "--csv"); !strings.Contains(out, "mine") {
		t.Errorf("dvc exp show: %s", out)
	}
	h.d.must(h.main, "exp", "apply", "mine")
	if b, _ := os.ReadFile(filepath.Join(h.main, "loose.txt")); string(b) != "loose" {
		t.Errorf("dvc has applied %q", b)
	}
}
