package dataset_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"rondo/backend/dataset"
	"rondo/backend/dataset/far"
	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/remote"
	"rondo/backend/remote/remotetest"
)

// withRemote is a project whose remote is an empty folder, or one that another has.
func withRemote(t *testing.T, remote string) *house {
	t.Helper()
	h := open(t, project(t))
	must(t, h.SetRemote(far.Remote{Name: "disk", Address: remote}))
	return h
}

// openRemote opens the one remote as its files.
func (h *house) openRemote(t testing.TB) remote.Remote {
	t.Helper()
	list, err := h.Remotes()
	must(t, err)
	a, err := remote.ParseAddress(list[0].Address)
	must(t, err)
	r, err := remote.Open(context.Background(), a)
	must(t, err)
	return r
}

func (h *house) push(t testing.TB) dataset.Exchanged {
	t.Helper()
	x, err := h.Push(context.Background(), dataset.Exchange{})
	must(t, err)
	return x
}

// TestDataComesBackFromARemote: what one project has pushed, another that has only the
// pointer, as after `git clone`, pulls; and the other way round.
func TestDataComesBackFromARemote(t *testing.T) {
	t.Run("folder", func(t *testing.T) { thereAndBack(t, filepath.Join(t.TempDir(), "remote")) })
	t.Run("sftp", func(t *testing.T) {
		thereAndBack(t, remotetest.StartSSHD(t).Address(filepath.Join(t.TempDir(), "remote")))
	})
	t.Run("s3", func(t *testing.T) { thereAndBack(t, remotetest.StartS3(t)) })
}

func thereAndBack(t *testing.T, remote string) {
	ctx := t.Context()
	a := withRemote(t, remote)
	if _, err := a.Fetch(ctx, dataset.Exchange{}); !errs.Is(err, errs.Precondition) {
		t.Fatalf("a remote that is not there: %v", err)
	}
	big := noise(5 << 20)
	write(t, a.dir, "data/big.bin", big)
	write(t, a.dir, "data/small.csv", csv1)
	a.add(t, "d", "data")
	one := a.snap(t, "d")
	if x := a.push(t); x.New != 1 || x.Objects < 20 || x.Bytes == 0 {
		t.Fatalf("the first push: %+v", x)
	}
	write(t, a.dir, "data/big.bin", "header"+big)
	a.snap(t, "d")
	if x := a.push(t); x.New != 1 || x.Bytes > 1<<20 {
		t.Fatalf("the second push moves what is new: %+v", x)
	}
	if x := a.push(t); x.New != 0 || x.Objects != 0 || x.Snapshots != 2 {
		t.Fatalf("the third push has nothing to move: %+v", x)
	}

	b := withRemote(t, remote)
	write(t, b.dir, "data.snap", read(t, a.dir, "data.snap"))
	snap, _, err := b.Pull(ctx, "", "d", 0, false)
	if err != nil || snap.Number != 2 || read(t, b.dir, "data/big.bin") != "header"+big {
		t.Fatalf("%+v %v", snap, err)
	}
	if first, err := b.Find(ctx, "d@1"); err != nil || first.ID != one.ID || !first.CreatedAt.Equal(one.CreatedAt) {
		t.Fatalf("%+v %v, want %+v", first, err, one)
	}
	write(t, b.dir, "data/more.txt", "more")
	b.snap(t, "d")
	st, err := b.RemoteStatus(ctx, "disk")
	if err != nil || len(st) != 1 || st[0].ToPush != 1 || st[0].InSync {
		t.Fatalf("%+v %v", st, err)
	}
	b.push(t)
	if st, _ := a.RemoteStatus(ctx, "disk"); st[0].ToFetch != 1 || st[0].InSync {
		t.Fatalf("%+v", st)
	}
	if _, _, err := a.Pull(ctx, "disk", "d", 3, false); err != nil || read(t, a.dir, "data/more.txt") != "more" {
		t.Fatal(err)
	}
	if st, _ := a.RemoteStatus(ctx, "disk"); !st[0].InSync || st[0].Here != 3 {
		t.Fatalf("%+v", st)
	}
}

// TestAPushThatIsCutOffGoesOn: what has arrived stays, and nothing is said to be there
// that is not.
func TestAPushThatIsCutOffGoesOn(t *testing.T) {
	remote := filepath.Join(t.TempDir(), "remote")
	h := withRemote(t, remote)
	big := []byte(noise(100 << 20))
	for i := range big {
		big[i] ^= byte(i >> 8) // no two parts are the same
	}
	write(t, h.dir, "big.bin", string(big))
	h.add(t, "big", "big.bin")
	h.snap(t, "big")
	ctx, cancel := context.WithCancel(t.Context())
	fault.Hook(func(p string) {
		if p == "store.sent" {
			cancel()
		}
	})
	_, err := h.Push(ctx, dataset.Exchange{})
	fault.Hook(nil)
	if err == nil {
		t.Fatal("it was not cut off")
	}
	if st, err := h.RemoteStatus(t.Context(), ""); err != nil || st[0].InSync || st[0].There != 0 {
		t.Fatalf("%+v %v", st, err)
	}
	x := h.push(t)
	if x.Bytes > 90<<20 {
		t.Errorf("%d bytes are sent again", x.Bytes)
	}
	if st, _ := h.RemoteStatus(t.Context(), ""); !st[0].InSync {
		t.Errorf("%+v", st)
	}
}

// TestARemoteThatLiesIsNotBelieved: damaged, lost and made-up content is named, and
// nothing of it arrives.
func TestARemoteThatLiesIsNotBelieved(t *testing.T) {
	ctx, remote := t.Context(), filepath.Join(t.TempDir(), "remote")
	a := withRemote(t, remote)
	write(t, a.dir, "data/a.bin", noise(300_000))
	a.add(t, "d", "data")
	a.snap(t, "d")
	a.push(t)
	packs, _ := filepath.Glob(filepath.Join(remote, "objects/packs/*.pack"))
	whole := read(t, "", packs[0])
	for what, bad := range map[string]string{"a flipped bit": whole[:1000] + string([]byte{whole[1000] ^ 1}) + whole[1001:], "cut short": whole[:len(whole)/2]} {
		must(t, os.Chmod(packs[0], 0o644))
		must(t, os.WriteFile(packs[0], []byte(bad), 0o644))
		b := withRemote(t, remote)
		if x, err := b.Fetch(ctx, dataset.Exchange{}); err != nil || len(x.Damaged) != 1 || x.Damaged[0].Hint == "" || x.Snapshots+x.Partly != 0 {
			t.Errorf("%s: %+v %v", what, x, err)
		}
		if list, _ := b.List(ctx); len(list) != 0 {
			t.Errorf("%s: a snapshot is claimed: %+v", what, list)
		}
	}
	must(t, os.WriteFile(packs[0], []byte(whole), 0o644))
	records, _ := filepath.Glob(filepath.Join(remote, "snapshots/*.json"))
	good := recordCheck.ReplaceAllString(read(t, "", records[0]), "") // which would find each of these
	for what, bad := range map[string]string{
		"no content":               regexp.MustCompile(`"tree": "[0-9a-f]+"`).ReplaceAllString(good, `"tree": "`+strings.Repeat("0", 64)+`"`),
		"a path that leads out":    strings.Replace(good, `"path": "data"`, `"path": "../data"`, 1),
		"a path of Rondo's own":    strings.Replace(good, `"path": "data"`, `"path": ".rondo/objects"`, 1),
		"a name that is none":      strings.Replace(good, `"dataset": "d"`, `"dataset": "../d"`, 1),
		"a number that is none":    strings.Replace(good, `"number": 1`, `"number": -4`, 1),
		"something else than JSON": "hello",
	} {
		must(t, os.WriteFile(records[0], []byte(bad), 0o644))
		b := withRemote(t, remote)
		if x, err := b.Fetch(ctx, dataset.Exchange{}); err != nil || len(x.Unread) != 1 || x.New != 0 {
			t.Errorf("%s was taken: %+v %v", what, x, err)
		}
		if list, _ := b.List(ctx); len(list) != 0 {
			t.Errorf("%s: %+v", what, list)
		}
	}
}

func TestMistakesAboutRemotes(t *testing.T) {
	ctx := t.Context()
	h := open(t, project(t))
	if _, err := h.Push(ctx, dataset.Exchange{}); !errs.Is(err, errs.NotFound) || !strings.Contains(errs.HintOf(err), "rondo data remote") {
		t.Errorf("no remote: %v", err)
	}
	full := t.TempDir()
	write(t, full, "letter.txt", "dear")
	for path, kind := range map[string]errs.Kind{
		"relative": errs.Invalid, h.dir: errs.Invalid, filepath.Join(h.dir, "in/it"): errs.Invalid, full: errs.Conflict,
	} {
		if err := h.SetRemote(far.Remote{Name: "r", Address: path}); !errs.Is(err, kind) {
			t.Errorf("%s: %v, want %s", path, err, kind)
		}
	}
	if err := h.SetRemote(far.Remote{Name: "a/b", Address: t.TempDir()}); !errs.Is(err, errs.Invalid) {
		t.Errorf("a bad name: %v", err)
	}
	for _, name := range []string{"one", "two"} {
		must(t, h.SetRemote(far.Remote{Name: name, Address: t.TempDir()}))
	}
	if _, err := h.Push(ctx, dataset.Exchange{}); !errs.Is(err, errs.NotFound) || !strings.Contains(errs.HintOf(err), "one, two") {
		t.Errorf("which of two: %v", err)
	}
	must(t, h.SetRemote(far.Remote{Name: "one"}))
	if list, err := h.Remotes(); err != nil || fmt.Sprint(list[0].Name, len(list)) != "two1" {
		t.Errorf("%v %v", list, err)
	}
}

// TestAPlaceElsewhereThatIsGoneIsNotMadeAnew either: an address may lead somewhere else now.
func TestAPlaceElsewhereThatIsGoneIsNotMadeAnew(t *testing.T) {
	t.Run("sftp", func(t *testing.T) {
		goneElsewhere(t, remotetest.StartSSHD(t).Address(filepath.Join(t.TempDir(), "remote")))
	})
	t.Run("s3", func(t *testing.T) { goneElsewhere(t, remotetest.StartS3(t)) })
}

func goneElsewhere(t *testing.T, address string) {
	h := withRemote(t, address)
	write(t, h.dir, "a.csv", csv1)
	h.add(t, "a", "a.csv")
	h.snap(t, "a")
	h.push(t)
	must(t, h.SetRemote(far.Remote{Name: "disk", Address: address})) // which says nothing while it is there
	h.push(t)
	h.empty(t)
	for _, ask := range []func() error{
		func() error { _, err := h.Push(t.Context(), dataset.Exchange{}); return err },
		func() error { _, err := h.RemoteStatus(t.Context(), ""); return err },
	} {
		if err := ask(); !errs.Is(err, errs.Precondition) || !strings.Contains(err.Error(), address) || !strings.Contains(errs.HintOf(err), "check the address") {
			t.Fatalf("%v; %s", err, errs.HintOf(err))
		}
	}
	must(t, h.SetRemote(far.Remote{Name: "disk", Address: address}))
	h.push(t)
	if st := h.statusThere(t); !st.InSync {
		t.Errorf("%+v", st)
	}
	h.empty(t)
	if _, err := h.Push(t.Context(), dataset.Exchange{}); !errs.Is(err, errs.Precondition) {
		t.Errorf("it was named anew once, and is begun again twice: %v", err)
	}
}

// empty removes all that the remote has.
func (h *house) empty(t *testing.T) {
	t.Helper()
	r := h.openRemote(t)
	defer r.Close()
	for _, under := range []string{"objects", "snapshots"} {
		for name := range h.blobs(t, under) {
			must(t, r.Delete(t.Context(), name))
		}
	}
	must(t, r.Delete(t.Context(), "format"))
}

// TestARemoteThatIsGoneIsNotMadeAnew: its disk is not connected, most likely. Who names it again means it.
func TestARemoteThatIsGoneIsNotMadeAnew(t *testing.T) {
	ctx := t.Context()
	address := filepath.Join(t.TempDir(), "remote")
	h := withRemote(t, address)
	write(t, h.dir, "a.csv", csv1)
	h.add(t, "a", "a.csv")
	h.snap(t, "a")
	h.push(t)
	must(t, os.Rename(address, address+"-away"))
	_, err := h.Push(ctx, dataset.Exchange{})
	if !errs.Is(err, errs.Precondition) || !strings.Contains(err.Error(), "was at "+address+" and is not there now") || !strings.Contains(errs.HintOf(err), "data remote disk "+address) {
		t.Errorf("%v; %s", err, errs.HintOf(err))
	}
	if _, err := os.Stat(address); err == nil {
		t.Error("it was made anew")
	}
	must(t, os.Rename(address+"-away", address))
	h.push(t)
	must(t, os.RemoveAll(address))
	must(t, h.SetRemote(far.Remote{Name: "disk", Address: address}))
	h.push(t)
	if st := h.statusThere(t); !st.InSync {
		t.Errorf("%+v", st)
	}
	must(t, os.WriteFile(filepath.Join(address, "format"), []byte("rondo remote 2\n"), 0o644))
	if _, err := h.Push(ctx, dataset.Exchange{}); !errs.Is(err, errs.Conflict) || !strings.Contains(err.Error(), "format 2") || !strings.Contains(errs.HintOf(err), "newer Rondo") {
		t.Errorf("%v", err)
	}
}
