package dataset_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/dataset"
	"rondo/backend/errs"
)

// spoilAt flips a bit in all packs of the remote that hold a text.
func (h *house) spoilAt(t *testing.T, text string) {
	t.Helper()
	spoilt := 0
	for name := range h.blobs(t, "objects/packs") {
		h.spoil(t, name, func(b []byte) []byte {
			if at := bytes.Index(b, []byte(text)); at >= 0 {
				b[at] ^= 8
				spoilt++
			}
			return b
		})
	}
	if spoilt == 0 {
		t.Fatal("no pack holds it")
	}
}

// spoilt is a remote on which one file of a dataset, and a chunk of another's, is damaged.
func spoilt(t *testing.T) (from, to *house) {
	t.Helper()
	remote := filepath.Join(t.TempDir(), "remote")
	from = withRemote(t, remote)
	big, ill := noise(5<<20), noise(6 << 20)[5<<20:][:3000] // of which no part is the same
	for name, text := range map[string]string{
		"d/one.txt": "one", "d/in/ill.bin": ill, "d/in/well.txt": "well", "d/in/deep/x.txt": "x", "big.bin": big, "sound.csv": csv1,
	} {
		write(t, from.dir, "data/"+name, text)
	}
	for _, name := range []string{"d", "big.bin", "sound.csv"} {
		from.add(t, strings.TrimSuffix(strings.TrimSuffix(name, ".bin"), ".csv"), "data/"+name)
		from.snap(t, strings.TrimSuffix(strings.TrimSuffix(name, ".bin"), ".csv"))
	}
	from.push(t)
	from.spoilAt(t, ill[100:200])
	from.spoilAt(t, big[3<<20:3<<20+100])
	return from, withRemote(t, remote)
}

// TestWhatIsSoundOfARemoteComes: damage keeps back no more than the files it is in, which are
// named with the snapshots that need them; what came is here, and said to be no more than a part.
// Another copy of the project, or the remote once it is mended, brings the rest.
func TestWhatIsSoundOfARemoteComes(t *testing.T) {
	ctx := t.Context()
	from, to := spoilt(t)
	x, err := to.Fetch(ctx, dataset.Exchange{})
	if err != nil || x.Snapshots != 1 || x.Partly != 1 || x.New != 2 {
		t.Fatalf("%+v %v", x, err)
	}
	needs := ""
	for _, p := range x.Damaged {
		if p.File == "" || len(p.Objects) != 1 || !strings.Contains(p.Hint, "data verify --remote disk") || !strings.Contains(p.Hint, "data import FOLDER "+p.Needs[0].Snapshot) {
			t.Errorf("%+v", p)
		}
		needs += fmt.Sprint(p.Needs)
	}
	if len(x.Damaged) != 2 || !strings.Contains(needs, "[{d@1 [in/ill.bin] 1}]") || !strings.Contains(needs, "[{big@1 [big.bin] 1}]") {
		t.Errorf("%s", needs)
	}
	if snap, err := to.Find(ctx, "d@1"); err != nil || fmt.Sprint(snap.Fetched) != "[in/deep in/well.txt one.txt]" {
		t.Errorf("%+v %v", snap, err)
	}
	if _, err := to.Find(ctx, "big@1"); !errs.Is(err, errs.NotFound) {
		t.Errorf("a snapshot of which nothing is here is claimed: %v", err)
	}
	if _, err := to.Checkout(ctx, "d", 1, false); !errs.Is(err, errs.Precondition) {
		t.Errorf("%v", err)
	}
	if _, err := to.CheckoutWith(ctx, "d", 1, dataset.Bring{Paths: []string{"in/deep", "one.txt"}}); err != nil || read(t, to.dir, "data/d/one.txt") != "one" {
		t.Errorf("%v", err)
	}
	if v, err := to.VerifyAll(ctx, dataset.VerifyAll{}); err != nil || !v.OK {
		t.Errorf("%+v %v", v, err)
	}
	from.verifyThere(t)
	from.push(t)
	if x, err := to.Fetch(ctx, dataset.Exchange{}); err != nil || len(x.Damaged) != 0 || x.Snapshots != 3 {
		t.Fatalf("after it was mended: %+v %v", x, err)
	}
	if _, err := to.Checkout(ctx, "d", 1, false); err != nil || read(t, to.dir, "data/d/in/ill.bin") != read(t, from.dir, "data/d/in/ill.bin") {
		t.Errorf("%v", err)
	}
}

// TestAPartOfWhichSomeIsDamaged: the same of paths that are asked for, and of a pull.
func TestAPartOfWhichSomeIsDamaged(t *testing.T) {
	ctx := t.Context()
	_, to := spoilt(t)
	x, err := to.FetchPart(ctx, dataset.Part{Dataset: "d", Paths: []string{"in"}})
	if err != nil || len(x.Damaged) != 1 || fmt.Sprint(x.Part.Fetched) != "[in/deep in/well.txt]" {
		t.Fatalf("%+v %v", x, err)
	}
	_, err = to.FetchPart(ctx, dataset.Part{Dataset: "d", Paths: []string{"in/ill.bin"}})
	if err == nil || !strings.Contains(err.Error(), "in/ill.bin") {
		t.Errorf("%v", err)
	}
	_, _, err = to.Pull(ctx, "", "d", 0, false)
	if !errs.Is(err, errs.Corrupt) || !strings.Contains(err.Error(), "in/ill.bin") || !strings.Contains(err.Error(), "is damaged: its content has digest") || !strings.Contains(errs.HintOf(err), "data import FOLDER d@1") {
		t.Errorf("%v; %s", err, errs.HintOf(err))
	}
	if _, err := os.Stat(filepath.Join(to.dir, "data/d")); err == nil {
		t.Error("half of it was brought back")
	}
}

// TestADamagedListOfFilesKeepsBackItsSnapshotOnly.
func TestADamagedListOfFilesKeepsBackItsSnapshotOnly(t *testing.T) {
	ctx := t.Context()
	from := withRemote(t, filepath.Join(t.TempDir(), "remote"))
	for i := range 400 {
		write(t, from.dir, fmt.Sprintf("data/%03d.txt", i), fmt.Sprint(i))
	}
	from.add(t, "d", "data")
	from.snap(t, "d")
	from.push(t)
	packs := from.blobs(t, "objects/packs")
	write(t, from.dir, "a.csv", csv1)
	from.add(t, "a", "a.csv")
	from.snap(t, "a")
	from.push(t)
	for name := range packs { // the tree, whatever pack it is in
		from.spoil(t, name, func(b []byte) []byte { return append(b[:len(b)/2:len(b)/2], b[len(b)/2+1:]...) })
	}
	to := withRemote(t, remoteAddress(t, from))
	x, err := to.Fetch(ctx, dataset.Exchange{})
	if err != nil || x.Snapshots != 1 || x.Partly != 0 || len(x.Damaged) == 0 || x.Damaged[0].Needs[0].Snapshot != "d@1" {
		t.Fatalf("%+v %v", x, err)
	}
	if _, err := to.Checkout(ctx, "a", 1, false); err != nil || read(t, to.dir, "a.csv") != csv1 {
		t.Error(err)
	}
}
