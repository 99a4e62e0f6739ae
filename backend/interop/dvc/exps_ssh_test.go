package dvc_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
	"rondo/backend/interop/dvc/exp"
	"rondo/backend/remote/remotetest"
)

// TestExperimentsGoBySSH pushes, lists, pulls and removes experiments by a real sshd, and says what is in the
// way: a host that is not known or is another, and a key that nobody knows there. Nothing changes then.
func TestExperimentsGoBySSH(t *testing.T) {
	box := remotetest.StartSSHD(t)
	h, bare, _ := newFarExps(t, 6)
	ctx, far := t.Context(), "ssh://box"+bare
	in := dvc.ExchangeExps{Far: far, NoData: true, Choice: exp.Choice{Names: []string{"exp-1"}}}
	verbs := map[string]func() error{
		"push": func() error { _, err := open(t, h.main).PushExps(ctx, in); return err },
		"pull": func() error { _, err := open(t, h.main).PullExps(ctx, in); return err },
		"list": func() error { _, err := open(t, h.main).FarExps(ctx, far, exp.Choice{All: true}); return err },
		"remove": func() error {
			_, err := open(t, h.main).RemoveExps(ctx, dvc.RemoveExps{Choice: in.Choice, Far: far})
			return err
		},
	}
	refuses := func(what, says, hint string) {
		t.Helper()
		was := refsAt(t, bare) + refsAt(t, h.main)
		for name, verb := range verbs {
			if err := verb(); !errs.Is(err, errs.Denied) || !strings.Contains(err.Error(), says) || !strings.Contains(errs.HintOf(err), hint) {
				t.Errorf("%s, %s: %v; %s", what, name, err, errs.HintOf(err))
			}
		}
		if refsAt(t, bare)+refsAt(t, h.main) != was {
			t.Errorf("%s: something was changed", what)
		}
	}
	known := filepath.Join(box.Home, ".ssh/known_hosts")
	line, err := os.ReadFile(known)
	if err != nil {
		t.Fatal(err)
	}
	other, err := os.ReadFile(filepath.Join(box.Home, ".ssh/id_ed25519"))
	if err != nil {
		t.Fatal(err)
	}
	if err := verbs["push"](); err != nil {
		t.Fatal(err)
	}
	box.Write(t, ".ssh/known_hosts", "")
	refuses("a host that is not known", "is not known yet", ">> "+known)
	box.Write(t, ".ssh/known_hosts", strings.Fields(string(line))[0]+" "+authorized(t, other))
	refuses("a host with another key", "than the one in "+known+", line 1", "ssh-keygen -f "+known)
	box.Write(t, ".ssh/known_hosts", string(line))
	host, err := os.ReadFile(filepath.Join(box.Home, "host_key")) // a key, and nobody's here
	if err != nil {
		t.Fatal(err)
	}
	box.Write(t, ".ssh/id_ed25519", string(host))
	refuses("a key that nobody knows", "knows no key of yours", "ssh-add")
	lose(t, box.Home, ".ssh/id_ed25519")
	t.Setenv("SSH_AUTH_SOCK", filepath.Join(box.Home, "gone"))
	refuses("no key, and an agent that is gone", "knows no key of yours", "ssh-add")
	box.Write(t, ".ssh/id_ed25519", string(other))

	ref := strings.Fields(gitSaid(t, bare, "for-each-ref", "--format=%(refname)", "refs/exps"))[0]
	commit := strings.TrimSpace(gitSaid(t, h.main, "rev-parse", ref))
	h.git(h.main, "update-ref", "-d", ref)
	list, err := open(t, h.main).FarExps(ctx, far, exp.Choice{All: true})
	if err != nil || len(list) != 1 || list[0].Commit != commit {
		t.Errorf("listed %+v, %v", list, err)
	}
	if err := verbs["pull"](); err != nil || strings.TrimSpace(gitSaid(t, h.main, "rev-parse", ref)) != commit {
		t.Errorf("pulled: %v", err)
	}
	if err := verbs["remove"](); err != nil || strings.Contains(refsAt(t, bare), ref) {
		t.Errorf("removed: %v", err)
	}
}
