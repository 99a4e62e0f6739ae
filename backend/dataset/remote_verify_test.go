package dataset_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/dataset"
	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/remote"
	"rondo/backend/remote/remotetest"
)

// pushed is a project with two snapshots on a remote: large and small files, of which one is
// another in the second.
func pushed(t *testing.T, address string) *house {
	t.Helper()
	h := withRemote(t, address)
	write(t, h.dir, "data/big.bin", noise(5<<20))
	write(t, h.dir, "data/small.csv", csv1)
	write(t, h.dir, "data/words.txt", strings.Repeat("squeeze ", 900))
	h.add(t, "d", "data")
	h.snap(t, "d")
	h.push(t)
	write(t, h.dir, "data/small.csv", csv1+"9,9\n")
	h.snap(t, "d")
	h.push(t)
	return h
}

// files are those of a remote below a folder, by name.
func (h *house) blobs(t testing.TB, under string) map[string]int64 {
	t.Helper()
	r, all := h.openRemote(t), map[string]int64{}
	defer r.Close()
	must(t, r.List(t.Context(), under, func(b remote.Blob) error { all[b.Name] = b.Size; return nil }))
	return all
}

// largest is the remote's largest pack.
func (h *house) largest(t testing.TB) (name string) {
	t.Helper()
	all := h.blobs(t, "objects/packs")
	for one, size := range all {
		if name == "" || size > all[name] {
			name = one
		}
	}
	return name
}

// spoil changes what a blob of the remote holds.
func (h *house) spoil(t testing.TB, name string, how func(b []byte) []byte) {
	t.Helper()
	r := h.openRemote(t)
	defer r.Close()
	b, err := remote.Read(context.Background(), r, name, 1<<30)
	must(t, err)
	must(t, r.Replace(context.Background(), name, remote.Content(how(b))))
}

func flipAt(places ...int) func([]byte) []byte {
	return func(b []byte) []byte {
		for _, at := range places {
			b[at] ^= 8
		}
		return b
	}
}

func (h *house) verifyThere(t testing.TB) dataset.VerifiedRemote {
	t.Helper()
	v, err := h.VerifyRemote(t.Context(), dataset.VerifyRemote{})
	must(t, err)
	return v
}

func (h *house) statusThere(t testing.TB) dataset.RemoteStatus {
	t.Helper()
	list, err := h.RemoteStatus(t.Context(), "")
	if err != nil || len(list) != 1 {
		t.Fatalf("%+v %v", list, err)
	}
	return list[0]
}

// TestWhatARemoteDamagedIsNamedAndSentAgain: bits that flipped are found by who verifies, who
// needs them is named, nobody on this device is told "in sync" from then on, and a push brings
// back what was there, also for others.
func TestWhatARemoteDamagedIsNamedAndSentAgain(t *testing.T) {
	t.Run("folder", func(t *testing.T) { damageThere(t, filepath.Join(t.TempDir(), "remote")) })
	t.Run("sftp", func(t *testing.T) {
		damageThere(t, remotetest.StartSSHD(t).Address(filepath.Join(t.TempDir(), "remote")))
	})
	t.Run("s3", func(t *testing.T) { damageThere(t, remotetest.StartS3(t)) })
}

func damageThere(t *testing.T, address string) {
	h := pushed(t, address)
	v := h.verifyThere(t)
	if !v.OK || v.Objects < 40 || v.Snapshots != 2 || len(v.Spare) > 0 {
		t.Fatalf("all is well, and it says %+v", v)
	}
	name, before := h.largest(t), h.blobs(t, "objects")
	h.spoil(t, name, flipAt(5000, 5010, 2_000_000))
	if st := h.statusThere(t); !st.InSync {
		t.Fatalf("nobody has read it yet: %+v", st)
	}
	v = h.verifyThere(t)
	if v.OK || len(v.Problems) != 2 {
		t.Fatalf("%+v", v)
	}
	for _, p := range v.Problems {
		if p.File != name || len(p.Objects) != 1 || len(p.Needs) != 2 || p.Needs[0].Snapshot != "d@1" || fmt.Sprint(p.Needs[1].Paths) != "[big.bin]" || !strings.Contains(p.Hint, "data push") {
			t.Errorf("%+v", p)
		}
	}
	if st := h.statusThere(t); st.InSync || st.There != 0 || fmt.Sprint(st.Lost) != "[1 2]" || !strings.Contains(st.Text, "d@1, d@2 are damaged or missing on disk; `rondo data push") {
		t.Fatalf("after it was found: %+v", st)
	}
	x := h.push(t)
	if x.Healed != 2 || x.Objects != 2 || !h.statusThere(t).InSync {
		t.Fatalf("the push: %+v, then %+v", x, h.statusThere(t))
	}
	if v := h.verifyThere(t); !v.OK || len(v.Spare) > 0 {
		t.Fatalf("after the push: %+v", v)
	}
	if after := h.blobs(t, "objects"); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("the pack was not mended where it lies: %v, before that %v", after, before)
	}
	other := withRemote(t, address)
	if _, _, err := other.Pull(t.Context(), "", "d", 2, false); err != nil || read(t, other.dir, "data/big.bin") != read(t, h.dir, "data/big.bin") {
		t.Errorf("elsewhere: %v", err)
	}
}

// TestEveryWayToBeDamaged: what a pack, a record or a list of files looks like that was cut
// short, lost, or written over. It is named, the status tells of it, and a push heals it,
// whether this device remembers the indexes of the packs or not.
func TestEveryWayToBeDamaged(t *testing.T) {
	for what, spoil := range map[string]func(b []byte) []byte{
		"cut short":         func(b []byte) []byte { return b[:len(b)/2] },
		"empty":             func([]byte) []byte { return nil },
		"a first line":      flipAt(0),
		"an index":          func(b []byte) []byte { b[len(b)-200] ^= 1; return b },
		"a footer":          func(b []byte) []byte { b[len(b)-3] ^= 1; return b },
		"zeros":             func(b []byte) []byte { return make([]byte, len(b)) },
		"bytes at the end":  func(b []byte) []byte { return append(b, "more"...) },
		"something else":    func([]byte) []byte { return []byte("hello") },
		"all of its middle": func(b []byte) []byte { copy(b[100:], make([]byte, len(b)-5000)); return b },
	} {
		for _, forgets := range []bool{false, true} {
			t.Run(fmt.Sprint(what, ", forgets: ", forgets), func(t *testing.T) {
				h := pushed(t, filepath.Join(t.TempDir(), "remote"))
				name := h.largest(t)
				h.spoil(t, name, spoil)
				if forgets {
					forget(t, h.dir)
				}
				v := h.verifyThere(t)
				named := false
				for _, p := range v.Problems {
					named = named || p.File == name
				}
				if v.OK || !named {
					t.Fatalf("%+v", v)
				}
				if st := h.statusThere(t); st.InSync || len(st.Lost) != 2 || st.Text == "" {
					t.Fatalf("%+v", st)
				}
				h.push(t)
				if v := h.verifyThere(t); !v.OK || !h.statusThere(t).InSync {
					t.Fatalf("after a push: %+v %+v", v, h.statusThere(t))
				}
				other := withRemote(t, remoteAddress(t, h))
				if _, _, err := other.Pull(t.Context(), "", "d", 2, false); err != nil || read(t, other.dir, "data/big.bin") != read(t, h.dir, "data/big.bin") {
					t.Errorf("elsewhere: %v", err)
				}
			})
		}
	}
}

func remoteAddress(t testing.TB, h *house) string {
	t.Helper()
	list, err := h.Remotes()
	must(t, err)
	return list[0].Address
}

// TestWhatIsLostOfARemoteIsNamed: packs and records that are gone, and a record that is none.
func TestWhatIsLostOfARemoteIsNamed(t *testing.T) {
	h := pushed(t, filepath.Join(t.TempDir(), "remote"))
	r := h.openRemote(t)
	defer r.Close()
	for name := range h.blobs(t, "objects/packs") {
		must(t, r.Delete(t.Context(), name))
	}
	v := h.verifyThere(t)
	if v.OK || len(v.Problems) != 1 || v.Problems[0].File != "" || len(v.Problems[0].Objects) < 5 || len(v.Problems[0].Needs) != 2 {
		t.Fatalf("%+v", v)
	}
	h.push(t)
	for name := range h.blobs(t, "snapshots") {
		h.spoil(t, name, func([]byte) []byte { return []byte("hello") })
		break
	}
	if v := h.verifyThere(t); v.OK || len(v.Problems) != 1 || !strings.HasPrefix(v.Problems[0].File, "snapshots/") || v.Snapshots != 1 {
		t.Fatalf("a record that is none: %+v", v)
	}
	h.push(t)
	if v := h.verifyThere(t); !v.OK || v.Snapshots != 2 {
		t.Fatalf("%+v", v)
	}
}

// TestWhoeverMeetsDamageRemembersIt: a fetch that lacks something leaves the status as a
// verification would; what somebody else has mended meanwhile is in sync again.
func TestWhoeverMeetsDamageRemembersIt(t *testing.T) {
	h := pushed(t, filepath.Join(t.TempDir(), "remote"))
	other := withRemote(t, remoteAddress(t, h))
	h.spoil(t, h.largest(t), flipAt(5000))
	x, err := other.Fetch(t.Context(), dataset.Exchange{})
	if err != nil || len(x.Damaged) != 1 || !strings.Contains(x.Damaged[0].Hint, "data verify --remote disk") {
		t.Fatalf("%+v %v", x, err)
	}
	st := other.statusThere(t)
	if st.There != 0 || len(st.Lost) != 2 || !strings.Contains(st.Text, "not all of it is whole here") {
		t.Fatalf("%+v", st)
	}
	if st := h.statusThere(t); !st.InSync { // another device has read nothing of it
		t.Fatalf("%+v", st)
	}
	if v := h.verifyThere(t); v.OK {
		t.Fatal("it is not found")
	}
	h.push(t)
	if st := other.statusThere(t); st.There != 2 || len(st.Lost) != 0 || st.Text != "" {
		t.Fatalf("after it was mended: %+v", st)
	}
	if _, err := other.Fetch(t.Context(), dataset.Exchange{}); err != nil || !other.statusThere(t).InSync {
		t.Fatalf("%v %+v", err, other.statusThere(t))
	}
	if left, _ := filepath.Glob(filepath.Join(other.device, "remotes/*/damaged.json")); len(left) > 0 {
		t.Errorf("it is remembered for good: %v", left)
	}
}

// TestARemoteIsVerifiedOnFromWhereItWas: what was read before a verification was cut off is
// not read again, what was found damaged is.
func TestARemoteIsVerifiedOnFromWhereItWas(t *testing.T) {
	h := pushed(t, filepath.Join(t.TempDir(), "remote"))
	h.spoil(t, h.largest(t), flipAt(5000))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.VerifyRemote(ctx, dataset.VerifyRemote{}); !errors.Is(err, context.Canceled) {
		t.Fatalf("%v", err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	fault.Hook(func(point string) {
		if point == "store.far-checked" {
			cancel()
		}
	})
	_, err := h.VerifyRemote(ctx, dataset.VerifyRemote{})
	fault.Hook(nil)
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("%v", err)
	}
	v := h.verifyThere(t)
	if v.OK || v.Resumed < 1 || len(v.Problems) != 1 {
		t.Fatalf("%+v", v)
	}
	if v := h.verifyThere(t); v.Resumed != 0 || v.OK {
		t.Fatalf("after the end: %+v", v)
	}
}

// TestASampleOfARemote reads a part, and tells of what is known to be damaged all the same.
func TestASampleOfARemote(t *testing.T) {
	h := pushed(t, filepath.Join(t.TempDir(), "remote"))
	all := h.verifyThere(t)
	v, err := h.VerifyRemote(t.Context(), dataset.VerifyRemote{Sample: 30})
	if err != nil || !v.OK || v.Objects == 0 || v.Objects >= all.Objects || v.Snapshots != 2 {
		t.Errorf("%d of %d objects, %+v, %v", v.Objects, all.Objects, v, err)
	}
	if _, err := h.VerifyRemote(t.Context(), dataset.VerifyRemote{Sample: 101}); !errs.Is(err, errs.Invalid) {
		t.Errorf("%v", err)
	}
	h.spoil(t, h.largest(t), flipAt(5000))
	h.verifyThere(t)
	for range 5 {
		if v, err := h.VerifyRemote(t.Context(), dataset.VerifyRemote{Sample: 0.0001}); err != nil || v.OK {
			t.Fatalf("%+v %v", v, err)
		}
	}
}

// TestWhatNobodyNeedsMayBeDamaged: it is told, is no failure, and gc removes it.
func TestWhatNobodyNeedsMayBeDamaged(t *testing.T) {
	h := pushed(t, filepath.Join(t.TempDir(), "remote"))
	name := h.largest(t)
	h.spoil(t, name, func(b []byte) []byte { return b[:len(b)/2] })
	write(t, h.dir, "data/more.bin", noise(300_000)) // so that the pack that is sent is another one
	h.snap(t, "d")
	forget(t, h.dir)
	h.push(t)
	v := h.verifyThere(t)
	if !v.OK || len(v.Spare) != 1 || v.Spare[0].File != name || !h.statusThere(t).InSync {
		t.Fatalf("%+v %+v", v, h.statusThere(t))
	}
	for range 2 {
		_, err := h.CollectRemote(t.Context(), dataset.CollectRemote{Grace: 1})
		must(t, err)
	}
	if _, there := h.blobs(t, "objects")[name]; there {
		t.Error("gc left it")
	}
	if v := h.verifyThere(t); !v.OK || len(v.Spare) > 0 || v.Snapshots != 3 {
		t.Errorf("%+v", v)
	}
}

// TestAnObjectThatIsAFileThere is read, named and healed as well.
func TestAnObjectThatIsAFileThere(t *testing.T) {
	address := filepath.Join(t.TempDir(), "remote")
	h := withRemote(t, address)
	text := noise(100_000)
	write(t, h.dir, "data/w.bin", text)
	h.add(t, "d", "data")
	snap := h.snap(t, "d")
	h.push(t)
	l, err := h.Files(t.Context(), snap)
	must(t, err)
	hex := l[0].Digest.String()
	for name := range h.blobs(t, "objects/packs") {
		b := read(t, address, name)
		if strings.Contains(b, text[:50]) {
			must(t, os.Remove(filepath.Join(address, name)))
		}
	}
	name := "objects/" + hex[:2] + "/" + hex[2:]
	write(t, address, name, text)
	h.push(t)
	if v := h.verifyThere(t); !v.OK {
		t.Fatalf("%+v", v)
	}
	h.spoil(t, name, flipAt(7))
	v := h.verifyThere(t)
	if v.OK || len(v.Problems) != 1 || v.Problems[0].File != name || fmt.Sprint(v.Problems[0].Needs) != "[{d@1 [w.bin] 1}]" || h.statusThere(t).InSync {
		t.Fatalf("%+v", v)
	}
	if x := h.push(t); x.Healed != 1 {
		t.Errorf("%+v", x)
	}
	if v := h.verifyThere(t); !v.OK || len(v.Spare) != 1 || !h.statusThere(t).InSync {
		t.Fatalf("%+v", v)
	}
	other := withRemote(t, address)
	if _, _, err := other.Pull(t.Context(), "", "d", 1, false); err != nil || read(t, other.dir, "data/w.bin") != text {
		t.Error(err)
	}
}

// forget removes what a device knows of its remotes' packs.
func forget(t testing.TB, dir string) {
	t.Helper()
	must(t, os.RemoveAll(dir+"-device/remotes"))
}
