package dvc_test

import (
	"context"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
	"rondo/backend/interop/dvc/exp"
)

// newFarExps are two alike projects with experiments, each with a bare repository of its own as
// the remote origin, and a remote of DVC's.
func newFarExps(t *testing.T, seed int64) (h *history, bareMain, bareTwin string) {
	h = newExps(t, seed)
	top := filepath.Dir(h.main)
	bareMain, bareTwin = filepath.Join(top, "main.git"), filepath.Join(top, "twin.git")
	for dir, bare := range map[string]string{h.main: bareMain, h.twin: bareTwin} {
		gitSaid(t, top, "init", "-q", "--bare", "-b", "main", bare)
		h.git(dir, "remote", "add", "origin", bare)
		h.git(dir, "push", "-q", "origin", "main")
		h.d.must(dir, "remote", "add", "--local", "-d", "store", bare+".store")
	}
	return h, bareMain, bareTwin
}

// refsAt are the names of a repository, and what they mean.
func refsAt(t *testing.T, dir string) string {
	return gitSaid(t, dir, "for-each-ref", "--format=%(refname) %(objectname)")
}

// TestExperimentsGoToOtherRepositoriesAsByDVC pushes, pulls, lists and removes experiments of
// another repository by dvc and by Rondo: the same names and the same data are there after each.
func TestExperimentsGoToOtherRepositoriesAsByDVC(t *testing.T) {
	h, bareMain, bareTwin := newFarExps(t, 6)
	ctx := context.Background()
	push := func(in dvc.ExchangeExps) error { _, err := open(t, h.main).PushExps(ctx, in); return err }
	named := func(list ...string) exp.Choice { return exp.Choice{Names: list} }
	head := exp.Choice{Revs: []string{"HEAD"}}
	for _, step := range []struct {
		do   func() error
		args []string
	}{
		{func() error { return push(dvc.ExchangeExps{Far: "origin", Choice: named("exp-1")}) }, []string{"push", "origin", "exp-1"}},
		{func() error { return push(dvc.ExchangeExps{Far: "origin", Choice: named("nope")}) }, []string{"push", "origin", "nope"}},
		{func() error { return push(dvc.ExchangeExps{Far: "nowhere", Choice: named("exp-1")}) }, []string{"push", "nowhere", "exp-1"}},
		{func() error { return push(dvc.ExchangeExps{Far: "origin", Choice: head, NoData: true}) }, []string{"push", "origin", "--no-cache"}},
		{func() error {
			return push(dvc.ExchangeExps{Far: "origin", Choice: exp.Choice{All: true}, RunCache: true})
		}, []string{"push", "origin", "-A", "--run-cache"}},
		{func() error {
			_, err := open(t, h.main).RemoveExps(ctx, dvc.RemoveExps{Choice: named("exp-2"), Far: "origin"})
			return err
		}, []string{"remove", "-g", "origin", "exp-2"}},
	} {
		said, ok := h.d.try(h.twin, append([]string{"exp"}, step.args...)...)
		if err := step.do(); ok != (err == nil) {
			t.Fatalf("dvc exp %v: rondo says %v, dvc %s", step.args, err, said)
		}
		sameText(t, strings.Join(step.args, " "), refsAt(t, bareMain), refsAt(t, bareTwin))
		sameText(t, strings.Join(step.args, " ")+" data", joined(filesBelow(t, bareMain+".store")), joined(filesBelow(t, bareTwin+".store")))
	}
	gitSaid(t, bareMain, "fsck", "--strict")
	h.clonesPull(t, bareMain, bareTwin)
}

// clonesPull pulls into a fresh clone by each program.
func (h *history) clonesPull(t *testing.T, bareMain, bareTwin string) {
	t.Helper()
	ctx, top := context.Background(), filepath.Dir(h.main)
	mine, theirs := filepath.Join(top, "mine"), filepath.Join(top, "theirs")
	for dir, bare := range map[string]string{mine: bareMain, theirs: bareTwin} {
		gitSaid(t, top, "clone", "-q", bare, dir)
		h.git(dir, "config", "user.name", "a")
		h.git(dir, "config", "user.email", "a@b")
		h.d.must(dir, "remote", "add", "--local", "-d", "store", bare+".store")
	}
	h.d.must(theirs, "exp", "pull", "origin", "exp-3")
	h.d.must(theirs, "exp", "pull", "origin")
	for _, c := range []exp.Choice{{Names: []string{"exp-3"}}, {Revs: []string{"HEAD"}}} {
		if _, err := open(t, mine).PullExps(ctx, dvc.ExchangeExps{Far: "origin", Choice: c}); err != nil {
			t.Fatal(err)
		}
	}
	sameText(t, "pulled", refsAt(t, mine), refsAt(t, theirs))
	sameText(t, "pulled data", joined(filesBelow(t, filepath.Join(mine, ".dvc/cache/files"))), joined(filesBelow(t, filepath.Join(theirs, ".dvc/cache/files"))))
	gitSaid(t, mine, "fsck", "--strict")
	if list, err := open(t, mine).FarExps(ctx, "origin", exp.Choice{All: true}); err != nil || len(list) != 3 {
		t.Errorf("%+v, %v", list, err)
	}
	if _, err := open(t, mine).Apply(ctx, "exp-3", false); err != nil {
		t.Error(err)
	}
}

// TestExperimentsThatDiverge: what the other side has by the same name stays until force is said,
// in a folder and over http alike.
func TestExperimentsThatDiverge(t *testing.T) {
	h, bare, _ := newFarExps(t, 7)
	parent, name := filepath.Split(bare)
	gitSaid(t, bare, "config", "http.receivepack", "true")
	web := httptest.NewServer(gitServer(t, parent, "").Config.Handler)
	defer web.Close()
	ctx := context.Background()
	for _, far := range []string{"origin", web.URL + "/" + name} {
		in := dvc.ExchangeExps{Far: far, NoData: true, Choice: exp.Choice{Names: []string{"exp-0"}}}
		done, err := open(t, h.main).PushExps(ctx, in)
		if err != nil || len(done.Moved) != 1 {
			t.Fatalf("%s: %+v, %v", far, done, err)
		}
		if done, err = open(t, h.main).PushExps(ctx, in); err != nil || len(done.UpToDate) != 1 {
			t.Errorf("%s: again %+v, %v", far, done, err)
		}
		ref := strings.Fields(gitSaid(t, bare, "for-each-ref", "--format=%(refname)", "refs/exps"))[0]
		was := strings.TrimSpace(gitSaid(t, h.main, "rev-parse", ref))
		other := strings.TrimSpace(gitSaid(t, h.main, "commit-tree", "-p", "HEAD", "-m", "other", "HEAD^{tree}"))
		h.git(h.main, "update-ref", ref, other)
		done, err = open(t, h.main).PushExps(ctx, in)
		if errs.KindOf(err) != errs.Conflict || len(done.Diverged) != 1 || strings.TrimSpace(gitSaid(t, bare, "rev-parse", ref)) != was {
			t.Errorf("%s: diverged %+v, %v", far, done, err)
		}
		if done, err = open(t, h.main).PullExps(ctx, in); errs.KindOf(err) != errs.Conflict || strings.TrimSpace(gitSaid(t, h.main, "rev-parse", ref)) != other {
			t.Errorf("%s: diverged here %+v, %v", far, done, err)
		}
		in.Force = true
		if _, err = open(t, h.main).PushExps(ctx, in); err != nil || strings.TrimSpace(gitSaid(t, bare, "rev-parse", ref)) != other {
			t.Errorf("%s: forced %v", far, err)
		}
		h.git(h.main, "update-ref", "-d", ref)
		if done, err = open(t, h.main).PullExps(ctx, in); err != nil || len(done.Moved) != 1 || strings.TrimSpace(gitSaid(t, h.main, "rev-parse", ref)) != other {
			t.Errorf("%s: pulled %+v, %v", far, done, err)
		}
		if _, err := open(t, h.main).RemoveExps(ctx, dvc.RemoveExps{Choice: in.Choice, Far: far}); err != nil || strings.Contains(refsAt(t, bare), ref) {
			t.Errorf("%s: removed %v", far, err)
		}
		if got := gitSaid(t, h.main, "for-each-ref", "refs/exps/temp"); got != "" {
			t.Errorf("%s: left behind %s", far, got)
		}
		h.git(h.main, "update-ref", ref, was)
		gitSaid(t, bare, "fsck", "--strict")
		gitSaid(t, h.main, "fsck", "--strict")
	}
}
