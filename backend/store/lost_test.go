package store_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/store"
)

// TestWhatIsFoundDamagedIsStoredAgain, though all of the tree was known to be there.
func TestWhatIsFoundDamagedIsStoredAgain(t *testing.T) {
	r := remember(t)
	r.scan(r.take)
	l := r.scan(r.take)
	tree, err := l.Tree(ctx)
	must(t, err)
	info, err := r.s.Stat(tree.Files[0].Digest)
	must(t, err)
	pack := filepath.Join(r.objects, info.File)
	b, err := os.ReadFile(pack)
	must(t, err)
	for i := 20; i < len(b)-8000; i += 500 {
		b[i] ^= 1
	}
	must(t, os.Chmod(pack, 0o644))
	must(t, os.WriteFile(pack, b, 0o644))
	damaged := 0
	for _, f := range tree.Files {
		if _, err := r.s.ReadAll(ctx, f.Digest, 1<<20); errs.Is(err, errs.Corrupt) {
			damaged++
		}
	}
	if damaged == 0 {
		t.Fatal("nothing was damaged")
	}
	r.scan(r.take)
	must(t, r.s.Settle(ctx))
	r.whole(r.scan(r.take))
}

// TestWhatAnotherProgramCondemnsIsStoredAgain, though all of the tree was known to be there, and
// whether or not this one has seen that it was condemned.
func TestWhatAnotherProgramCondemnsIsStoredAgain(t *testing.T) {
	for _, seen := range []bool{true, false} {
		t.Log("seen:", seen)
		r := remember(t)
		needed, err := r.s.Reach(ctx, nil)
		must(t, err)
		r.scan(r.take)
		r.scan(r.take)
		other := mustOpen(t, r.objects)
		collect := func(hours int) store.Garbage {
			g, err := other.Collect(ctx, store.Collection{Needed: needed, Now: time.Now().Add(time.Duration(hours) * time.Hour), Grace: time.Hour})
			must(t, err)
			return g
		}
		collect(2)
		if seen {
			was := packs(t, r.objects)
			r.scan(r.take)
			later := time.Now().Add(4 * time.Hour)
			for _, p := range packs(t, r.objects) {
				if !slices.Contains(was, p) { // which is young by the same clock
					must(t, os.Chtimes(p, later, later))
				}
			}
		}
		if g := collect(4); g.Removed == 0 {
			t.Fatalf("%+v", g)
		}
		r.whole(r.scan(r.take))
	}
}

// TestADiskThatCannotBeReadIsNoDamage: what it has is counted on still.
func TestADiskThatCannotBeReadIsNoDamage(t *testing.T) {
	k := holding(t, strings.Repeat("one", 50), "another")
	fault.Fail(func(op string) error {
		if op == "read" {
			return os.ErrPermission
		}
		return nil
	})
	bad := 0
	_, err := k.Verify(ctx, func(i store.Info, err error) { bad++ })
	fault.Fail(nil)
	if err == nil && bad == 0 {
		t.Fatal("all could be read")
	}
	for text, d := range k.objects {
		if !k.Keeps(d) {
			t.Errorf("%s is not counted on", text)
		}
	}
}
