package dvc_test

import (
	"context"
	"strings"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
	"rondo/backend/interop/dvc/exp"
)

// TestExperimentsChangeAsByDVC names, branches and removes experiments by both programs, with
// refs that are files of their own and packed ones: the same refs are left.
func TestExperimentsChangeAsByDVC(t *testing.T) {
	h := newExps(t, 3)
	sha := strings.TrimSpace(gitSaid(t, h.main, "for-each-ref", "--format=%(objectname)", "refs/exps/*/*/exp-3"))
	ctx := context.Background()
	remove := func(in dvc.RemoveExps) func(*dvc.Project) error {
		return func(p *dvc.Project) error { _, err := p.RemoveExps(ctx, in); return err }
	}
	branch := func(rev, name string) func(*dvc.Project) error {
		return func(p *dvc.Project) error { _, err := p.Branch(ctx, rev, name); return err }
	}
	rename := func(from, to string, force bool) func(*dvc.Project) error {
		return func(p *dvc.Project) error { return p.Rename(ctx, from, to, force) }
	}
	for _, step := range []struct {
		do   func(*dvc.Project) error
		args []string
		git  []string // before
	}{
		{branch("exp-0", "mine"), []string{"branch", "exp-0", "mine"}, nil},
		{branch("exp-0", "mine"), []string{"branch", "exp-0", "mine"}, nil},
		{branch(sha[:7], ""), []string{"branch", sha[:7]}, nil},
		{branch("nope", "x"), []string{"branch", "nope", "x"}, nil},
		{branch("exp-0", "a..b"), []string{"branch", "exp-0", "a..b"}, nil},
		{rename("exp-1", "a-better", false), []string{"rename", "exp-1", "a-better"}, []string{"pack-refs", "--all"}},
		{rename("exp-0", "a-better", false), []string{"rename", "exp-0", "a-better"}, nil},
		{rename("exp-0", "a/b", false), []string{"rename", "exp-0", "a/b"}, nil},
		{rename("exp-0", "a-better", true), []string{"rename", "exp-0", "a-better", "--force"}, nil},
		{func(p *dvc.Project) error { _, err := p.Apply(ctx, "exp-2", true); return err }, []string{"apply", "exp-2"}, nil},
		{remove(dvc.RemoveExps{Choice: exp.Choice{Names: []string{"exp-2", "nope"}}}), []string{"remove", "exp-2", "nope"}, nil},
		{remove(dvc.RemoveExps{Choice: exp.Choice{Names: []string{"exp-2"}}}), []string{"remove", "exp-2"}, []string{"pack-refs", "--all"}},
		{remove(dvc.RemoveExps{Choice: exp.Choice{Names: []string{sha[:9]}}}), []string{"remove", sha[:9]}, nil},
		{func(p *dvc.Project) error { _, err := p.Apply(ctx, sha[:5], true); return err }, []string{"apply", sha[:5]}, nil},
		{remove(dvc.RemoveExps{Choice: exp.Choice{Names: []string{"exp-3"}}, Keep: true}), []string{"remove", "--keep", "exp-3"}, nil},
		{remove(dvc.RemoveExps{Choice: exp.Choice{Revs: []string{"HEAD"}, Num: 2}}), []string{"remove", "--rev", "HEAD", "-n", "2"}, []string{"commit", "-m", "next", "--allow-empty"}},
		{remove(dvc.RemoveExps{Choice: exp.Choice{All: true}}), []string{"remove", "-A"}, []string{"update-ref", "refs/exps/12/34567890123456789012345678901234567890/old", sha}},
	} {
		if step.git != nil {
			t.Setenv("GIT_AUTHOR_DATE", "1700000000 +0000")
			t.Setenv("GIT_COMMITTER_DATE", "1700000000 +0000")
			h.inBoth(step.git...)
		}
		said, ok := h.d.try(h.twin, append([]string{"exp"}, step.args...)...)
		err := step.do(open(t, h.main))
		if ok != (err == nil) {
			t.Fatalf("dvc exp %v: rondo says %v, dvc %s", step.args, err, said)
		}
		sameText(t, strings.Join(step.args, " "), h.all(h.main), h.all(h.twin))
	}
	if log := gitSaid(t, h.main, "reflog", "mine"); !strings.Contains(log, "dvc: Created from experiment 'exp-0'") {
		t.Errorf("the branch's log: %s", log)
	}
}

// TestAmbiguousExperimentsAreNamed has two experiments of one name, of which that of the commit
// that is checked out counts.
func TestAmbiguousExperimentsAreNamed(t *testing.T) {
	h := newExps(t, 4)
	base := strings.TrimSpace(gitSaid(t, h.main, "rev-parse", "HEAD"))
	h.git(h.main, "commit", "--allow-empty", "-m", "next")
	next := strings.TrimSpace(gitSaid(t, h.main, "rev-parse", "HEAD"))
	other := "refs/exps/" + next[:2] + "/" + next[2:] + "/exp-1"
	h.git(h.main, "update-ref", other, strings.TrimSpace(gitSaid(t, h.main, "rev-parse", "refs/exps/"+base[:2]+"/"+base[2:]+"/exp-2")))
	h.apply("exp-1")
	if applied := gitSaid(t, h.main, "rev-parse", "refs/exps/exec/EXEC_APPLY"); applied != gitSaid(t, h.main, "rev-parse", other) {
		t.Error("it was not that of the commit")
	}
	h.git(h.main, "commit", "--allow-empty", "-m", "later")
	_, err := open(t, h.main).Apply(context.Background(), "exp-1", false)
	if !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), other) || !strings.Contains(err.Error(), base[2:]) {
		t.Errorf("%v", err)
	}
	if _, err := open(t, h.main).Branch(context.Background(), other, "one"); err != nil {
		t.Error(err)
	}
}
