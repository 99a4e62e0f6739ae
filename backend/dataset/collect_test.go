package dataset_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rondo/backend/dataset"
	"rondo/backend/errs"
	"rondo/backend/fsck"
	"rondo/backend/ref"
	"rondo/backend/store"
)

// hoursLater makes the service's clock run ahead, which files on disk do not.
func (h *house) hoursLater(n int) {
	h.now = func() time.Time { return time.Now().Add(time.Duration(n) * time.Hour) }
}

func (h *house) collect(t testing.TB, in dataset.Collect) dataset.Collected {
	t.Helper()
	c, err := h.Collect(t.Context(), in)
	must(t, err)
	return c
}

// litter stores what nobody will refer to, small and large.
func (h *house) litter(t testing.TB) []ref.Digest {
	t.Helper()
	var all []ref.Digest
	large := []byte(noise(3 << 20))
	for i := range large {
		large[i] ^= byte(i >> 8) // unlike any other noise
	}
	for _, text := range []string{"left over", string(large)} {
		d, _, err := h.store.Put(t.Context(), strings.NewReader(text))
		must(t, err)
		all = append(all, d)
	}
	return all
}

// TestCollectionRemovesOnlyWhatNobodyNeeds: of what a collection may see as garbage,
// everything that a snapshot, a run, a lock or a tree mentions stays.
func TestCollectionRemovesOnlyWhatNobodyNeeds(t *testing.T) {
	ctx, dir := t.Context(), frozen(t) // which has files of their own as objects too
	h := open(t, dir)
	write(t, dir, "data/large.bin", noise(2<<20)+"end")
	write(t, dir, "data/small.json", `{"a":1}`)
	h.add(t, "d", "data")
	h.snap(t, "d")
	inRun, err := h.store.PutBytes(ctx, []byte("what a run made"))
	must(t, err)
	write(t, dir, ".rondo/runs/r1/result.json", `{"outs":[{"digest":"`+inRun.String()+`"}]}`)
	inLock, err := h.store.PutBytes(ctx, []byte("what a stage made"))
	must(t, err)
	write(t, dir, "rondo.lock", "stages:\n  a:\n    outs:\n    - digest: "+inLock.String()+"\n")
	lost := h.litter(t)

	h.hoursLater(2)
	if c := h.collect(t, dataset.Collect{Dry: true}); c.Objects < 10 || c.Removed != 0 || !h.store.Has(lost[0]) || time.Until(c.Next) < 29*24*time.Hour {
		t.Fatalf("only looking: %+v", c)
	}
	hour := dataset.Collect{Grace: time.Hour, Force: true} // two devices have written here, so that it would be a month
	if c := h.collect(t, hour); c.Removed != 0 || c.Waiting != c.Objects || !h.store.Has(lost[1]) {
		t.Fatalf("the first time nothing goes: %+v", c)
	}
	h.hoursLater(4)
	c := h.collect(t, hour)
	if c.Removed < 10 || c.Freed < 3<<20 || h.store.Has(lost[0]) || h.store.Has(lost[1]) {
		t.Fatalf("the second time: %+v", c)
	}
	for _, d := range []ref.Digest{inRun, inLock} {
		if _, err := h.store.ReadAll(ctx, d, 100); err != nil {
			t.Errorf("something that is needed is gone: %v", err)
		}
	}
	h.close()
	if r, err := fsck.Check(ctx, dir, fsck.Options{}); err != nil || !r.OK {
		t.Fatalf("%+v %v", r.Problems, err)
	}
	if c := open(t, dir).collect(t, dataset.Collect{Dry: true}); c.Objects != 0 {
		t.Errorf("there is more to collect: %+v", c)
	}
}

// TestCondemnedContentThatComesBackStays: a snapshot that is being taken while a
// collection goes on does not count on what is about to be removed.
func TestCondemnedContentThatComesBackStays(t *testing.T) {
	ctx, dir := t.Context(), project(t)
	h := open(t, dir)
	big := noise(3 << 20)
	for _, text := range []string{"left over", big} {
		_, _, err := h.store.Put(ctx, strings.NewReader(text))
		must(t, err)
	}
	h.hoursLater(2)
	h.collect(t, dataset.Collect{})
	write(t, dir, "data/a.txt", "left over") // between the two collections
	write(t, dir, "data/big.bin", big)
	digests := h.putUnrecorded(t, filepath.Join(dir, "data"))
	h.now = func() time.Time { return time.Now().Add(2*time.Hour + time.Minute) }
	moment := h.now()
	for _, text := range []string{"left over", big} { // what was stored again is young by the same clock
		must(t, os.Chtimes(h.packOf(t, text), moment, moment))
	}
	if c := h.collect(t, dataset.Collect{Grace: 30 * time.Second}); c.Removed == 0 {
		t.Fatalf("the old copies were not removed: %+v", c)
	}
	h.now = time.Now
	for _, d := range digests {
		if _, err := h.store.ReadAll(ctx, d, 1<<30); err != nil {
			t.Fatalf("what was stored again is gone: %v", err)
		}
	}
	h.add(t, "d", "data")
	h.snap(t, "d")
	h.hoursLater(9)
	h.collect(t, dataset.Collect{})
	if v, err := h.Verify(ctx, "d", 0); err != nil || !v.OK {
		t.Fatalf("%+v %v", v.Problems, err)
	}
}

// putUnrecorded stores a folder as a snapshot does before its record is written.
func (h *house) putUnrecorded(t *testing.T, dir string) (all []ref.Digest) {
	t.Helper()
	tree, _, err := h.store.PutTree(t.Context(), dir)
	must(t, err)
	for _, f := range tree.Files {
		all = append(all, f.Digest)
	}
	return all
}

func (h *house) packOf(t *testing.T, text string) string {
	t.Helper()
	info, err := h.store.Stat(ref.Of([]byte(text)))
	must(t, err)
	return filepath.Join(h.dir, ".rondo/objects", info.File)
}

// TestNothingIsCollectedOnDoubt: where it cannot be told what is needed, all stays.
func TestNothingIsCollectedOnDoubt(t *testing.T) {
	dir := project(t)
	h := open(t, dir)
	for i := range 3 {
		write(t, dir, "data/a.txt", fmt.Sprint("version ", i))
		if i == 0 {
			h.add(t, "d", "data")
		}
		h.snap(t, "d")
	}
	h.litter(t)
	h.close()
	logs, err := filepath.Glob(filepath.Join(dir, ".rondo/journal/*/*.log"))
	must(t, err)
	whole := read(t, "", logs[0])
	bad := []byte(whole)
	bad[len(bad)/3] ^= 1
	h = open(t, dir)
	must(t, os.WriteFile(logs[0], bad, 0o644))
	h.hoursLater(50)
	if _, err := h.Collect(t.Context(), dataset.Collect{}); !errs.Is(err, errs.Precondition) || errs.HintOf(err) == "" {
		t.Fatalf("with a damaged record: %v", err)
	}
	must(t, os.WriteFile(logs[0], []byte(whole), 0o644))
	if _, err := h.Collect(t.Context(), dataset.Collect{Grace: -1}); !errs.Is(err, errs.Invalid) {
		t.Fatalf("a grace below zero: %v", err)
	}
}

// TestAShortGraceBesideOthersHasToBeMeant: what they have not delivered may need what would go.
func TestAShortGraceBesideOthersHasToBeMeant(t *testing.T) {
	here := open(t, project(t))
	write(t, here.dir, "d.csv", csv1)
	here.add(t, "d", "d.csv")
	here.snap(t, "d")
	if _, err := here.Collect(t.Context(), dataset.Collect{Grace: time.Minute}); err != nil {
		t.Errorf("alone: %v", err)
	}
	there := openAs(t, here.dir, "", "desk")
	there.snapChanged(t)
	for grace, refused := range map[time.Duration]bool{time.Minute: true, 23 * time.Hour: true, 24 * time.Hour: false, 0: false} {
		_, err := here.Collect(t.Context(), dataset.Collect{Grace: grace})
		if refused != errs.Is(err, errs.Precondition) || refused && (!strings.Contains(err.Error(), "desk (") || strings.Contains(err.Error(), "laptop") || !strings.Contains(errs.HintOf(err), "--force")) {
			t.Errorf("%s: %v; %s", grace, err, errs.HintOf(err))
		}
	}
	for _, meant := range []dataset.Collect{{Grace: time.Minute, Force: true}, {Grace: time.Minute, Dry: true}} {
		if _, err := here.Collect(t.Context(), meant); err != nil {
			t.Errorf("%+v: %v", meant, err)
		}
	}
}

// snapChanged takes a snapshot of a changed d.csv.
func (h *house) snapChanged(t *testing.T) {
	t.Helper()
	write(t, h.dir, "d.csv", csv1+"9,9\n")
	h.snap(t, "d")
}

// TestWhatAnotherDeviceBroughtBackIsNeeded, also while a server that was opened before has not
// heard of it: what it collects, the records of all say, and not its view of them.
func TestWhatAnotherDeviceBroughtBackIsNeeded(t *testing.T) {
	ctx := t.Context()
	here := open(t, project(t))
	here.unused = true
	write(t, here.dir, "d.csv", csv1)
	here.add(t, "d", "d.csv")
	here.snap(t, "d")
	_, err := here.Remove(ctx, "d")
	must(t, err)
	there := openAs(t, here.dir, "", "desk")
	_, err = there.Restore(ctx, "d")
	must(t, err)
	for hours := range 3 {
		here.hoursLater(2 * hours)
		here.collect(t, dataset.Collect{Grace: time.Hour, Force: true})
	}
	if v, err := there.VerifyAll(ctx, dataset.VerifyAll{}); err != nil || !v.OK {
		t.Errorf("it was collected: %+v %v", v, err)
	}
	if _, err := there.Checkout(ctx, "d", 1, true); err != nil {
		t.Error(err)
	}
}

// apart puts another copy of an object into a pack of its own.
func (h *house) apart(t *testing.T, d ref.Digest) {
	t.Helper()
	content, err := h.store.ReadAll(t.Context(), d, 1<<20)
	must(t, err)
	other := t.TempDir()
	s, err := store.Open(other)
	must(t, err)
	_, err = s.PutBytes(t.Context(), content)
	must(t, err)
	must(t, os.CopyFS(filepath.Join(h.dir, ".rondo/objects"), os.DirFS(other)))
}

// TestNothingGoesWhileAListIsMissing: what the files of a snapshot are cannot be told then. The pack with
// the list may be on its way from another device, or come back from a backup.
func TestNothingGoesWhileAListIsMissing(t *testing.T) {
	for what, files := range map[string]int{"a list": 1, "a node of one": 2000} {
		t.Run(what, func(t *testing.T) {
			h := open(t, project(t))
			for i := range files {
				write(t, h.dir, fmt.Sprintf("d/%d", i), fmt.Sprint("file ", i))
			}
			_, err := h.store.PutBytes(t.Context(), []byte("file 0")) // in a pack of its own
			must(t, err)
			h.add(t, "d", "d")
			snap := h.snap(t, "d")
			info, err := h.store.Stat(snap.Tree)
			must(t, err)
			lost := filepath.Join(h.dir, ".rondo/objects", info.File)
			if files > 1000 {
				h.apart(t, snap.Tree) // the topmost, which names those that are lost
			}
			h.close()
			must(t, os.Rename(lost, lost+".away"))

			h = open(t, h.dir)
			for hours := range 3 {
				h.hoursLater(10 * hours)
				if _, err := h.Collect(t.Context(), dataset.Collect{Dry: hours == 0}); !errs.Is(err, errs.Precondition) || !strings.Contains(errs.HintOf(err), "--force") {
					t.Errorf("%v (%s)", err, errs.HintOf(err))
				} else if files == 1 && !strings.Contains(err.Error(), "d@1") {
					t.Errorf("it is not named: %v", err)
				}
			}
			must(t, os.Rename(lost+".away", lost))
			h.close()
			h = open(t, h.dir)
			if v, err := h.Verify(t.Context(), "d", 0); err != nil || !v.OK {
				t.Errorf("%+v %v", v, err)
			}
			h.collect(t, dataset.Collect{})
			must(t, os.Remove(lost))
			h.close()
			h = open(t, h.dir)
			for hours := range 3 {
				h.hoursLater(10 * hours)
				if _, err := h.Collect(t.Context(), dataset.Collect{Force: true}); err != nil {
					t.Error("although it is meant:", err)
				}
			}
		})
	}
}

// TestWhatAPointerNamesStaysWithoutItsRecords: where the journal is lost, what lies beside the data says
// what is needed.
func TestWhatAPointerNamesStaysWithoutItsRecords(t *testing.T) {
	h := open(t, project(t))
	write(t, h.dir, "sub/d/a", "one")
	h.add(t, "d", "sub/d")
	snap := h.snap(t, "d")
	h.close()
	must(t, os.RemoveAll(filepath.Join(h.dir, ".rondo/journal")))
	must(t, os.RemoveAll(h.device))
	h = open(t, h.dir)
	h.litter(t)
	for hours := range 3 {
		h.hoursLater(10 * hours)
		h.collect(t, dataset.Collect{})
	}
	if !h.store.Has(snap.Tree) || !h.store.Has(ref.Of([]byte("one"))) || h.store.Has(ref.Of([]byte("left over"))) {
		t.Error("what the pointer names is gone, or what nothing names is there")
	}
}
