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
		h.commitInBoth("tops") // both go by the same index
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
	h.write("data/1.txt", "other")
	t.Setenv("GIT_COMMITTER_NAME", "b") // which goes before git's settings
	part, err := save(dvc.SaveExp{Name: "part", Targets: []string{"train"}})
	if err != nil || gitSaid(t, h.main, "diff", "--name-only", "HEAD", part.Commit, "--", "data.dvc") == "" {
		t.Errorf("dvc records all data, whatever is named: %+v, %v", part, err)
	}
	if got := gitSaid(t, h.main, "log", "-1", "--format=%an %cn", part.Commit); got != "a b\n" {
		t.Errorf("author and committer are %s", got)
	}
	h.write(".gitattributes", "a.txt filter=x\n")
	h.git(h.main, "config", "filter.x.clean", "tr a b")
	if _, err := save(dvc.SaveExp{Name: "filtered"}); errs.KindOf(err) != errs.Precondition || !strings.Contains(err.Error(), "a.txt") {
		t.Errorf("what goes through a filter: %v", err)
	}
	h.git(h.main, "config", "--unset", "filter.x.clean")
	h.git(h.main, "reset", "-q", "--hard")
	h.git(h.main, "clean", "-fdq")
	h.d.must(h.main, "checkout", "--force")
	if out := h.d.must(h.main, "exp", "show", "--csv"); !strings.Contains(out, "mine") {
		t.Errorf("dvc exp show: %s", out)
	}
	h.d.must(h.main, "exp", "apply", "mine")
	if b, _ := os.ReadFile(filepath.Join(h.main, "loose.txt")); string(b) != "loose" {
		t.Errorf("dvc has applied %q", b)
	}
}

// TestExperimentsOfAProjectInAFolder saves and applies where the project is a folder of the
// repository, beside dvc: files beside the project belong to an experiment, too.
func TestExperimentsOfAProjectInAFolder(t *testing.T) {
	dir := t.TempDir()
	h := &history{t: t, main: filepath.Join(dir, "main"), twin: filepath.Join(dir, "twin"), d: newDriver(t, realDVC(t))}
	t.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
	h.git(h.main, "init", "-b", "main", h.main)
	h.git(h.main, "config", "user.name", "a")
	h.git(h.main, "config", "user.email", "a@b")
	ml := func(dir string) string { return filepath.Join(dir, "ml") }
	for name, text := range map[string]string{"top.txt": "t\n", "ml/dvc.yaml": expPipeline + "metrics: [top.json]\n", "ml/params.yaml": "n: 1\n", "ml/in.txt": "i\n", "ml/data/1": "one"} {
		h.write(name, text)
	}
	h.d.must(ml(h.main), "init", "--subdir")
	h.d.must(ml(h.main), "add", "data")
	h.d.must(ml(h.main), "repro")
	h.git(h.main, "add", "-A")
	h.git(h.main, "commit", "-m", "base")
	if err := os.CopyFS(h.twin, os.DirFS(h.main)); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"top.txt": "t2\n", "ml/in.txt": "i2\n", "ml/data/2": "two", "ml/loose.txt": "l", "ml/top.json": "{}", "beside.txt": "b"} {
		h.both(name, text)
	}
	ctx := context.Background()
	h.d.must(ml(h.twin), "exp", "save", "-n", "one", "-I", "loose.txt")
	done, err := open(t, ml(h.main)).SaveExp(ctx, dvc.SaveExp{Name: "one", Untracked: []string{"loose.txt"}})
	if err != nil || strings.Join(done.Left, " ") != "../beside.txt" {
		t.Fatalf("%+v, %v", done, err)
	}
	without := func(dir string) string { // dvc's own leftover lies in the folder here
		return strings.Join(slices.DeleteFunc(strings.Split(h.saved(dir, "one"), "\n"), func(line string) bool { return strings.Contains(line, "repro.dat") }), "\n")
	}
	sameText(t, "saved", without(h.main), without(h.twin))
	for _, work := range []string{"", "work\n"} {
		h.inBoth("reset", "-q", "--hard")
		h.inBoth("clean", "-fdq")
		if work != "" {
			h.both("top.txt", work)
		}
		h.d.must(ml(h.twin), "checkout", "--force")
		h.d.must(ml(h.main), "checkout", "--force")
		h.d.must(ml(h.twin), "exp", "apply", "one")
		if _, err := open(t, ml(h.main)).Apply(ctx, "one", false); err != nil {
			t.Fatal(err)
		}
		status := func(dir string) string { return gitSaid(t, dir, "status", "--porcelain", "-uall") }
		sameText(t, "applied over "+work, status(h.main), status(h.twin))
		sameText(t, "applied", h.d.must(ml(h.main), "status"), h.d.must(ml(h.twin), "status"))
		for _, name := range []string{"top.txt", "ml/in.txt", "ml/data/2", "ml/loose.txt"} {
			got, _ := os.ReadFile(filepath.Join(h.main, name))
			want, _ := os.ReadFile(filepath.Join(h.twin, name))
			if string(got) != string(want) {
				t.Errorf("%s: %q, and by dvc %q", name, got, want)
			}
		}
	}
	gitSaid(t, h.main, "fsck", "--strict")
}

// TestNoExperimentIsSavedOfWhatDVCWorksWith: neither of a stage's outs nor of a file that only git has.
func TestNoExperimentIsSavedOfWhatDVCWorksWith(t *testing.T) {
	h := newExps(t, 6)
	other, end := living(t)
	defer end()
	for _, name := range []string{"data", "a.txt"} {
		put(t, h.main, ".dvc/tmp/rwlock", fmt.Sprintf(`{"write": {%q: {"pid": %d, "cmd": "dvc repro"}}}`, filepath.Join(h.main, name), other))
		_, err := open(t, h.main).SaveExp(t.Context(), dvc.SaveExp{Name: "early"})
		if !errs.Is(err, errs.Unavailable) || !strings.Contains(err.Error(), fmt.Sprintf("process %d", other)) {
			t.Errorf("while another process writes %s: %v", name, err)
		}
	}
	if refs := gitSaid(t, h.main, "for-each-ref", "refs/exps/*/*/early"); refs != "" {
		t.Errorf("git has %s", refs)
	}
	end()
	if _, err := open(t, h.main).SaveExp(t.Context(), dvc.SaveExp{Name: "early"}); err != nil {
		t.Errorf("after it has ended: %v", err)
	}
}
