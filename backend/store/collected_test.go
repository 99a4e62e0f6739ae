package store_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/ref"
	"rondo/backend/store"
)

// linked is a store in which one object is a file of its own.
type linked struct {
	*store.Store
	t      *testing.T
	dir    string
	object ref.Digest
	file   string
}

func newLinked(t *testing.T) *linked {
	t.Helper()
	k, from := &linked{t: t, dir: t.TempDir()}, t.TempDir()
	k.Store = mustOpen(t, k.dir)
	must(t, os.WriteFile(filepath.Join(from, "large"), noise(1, 9<<20), 0o644))
	l, err := k.Take(ctx, from, store.Scan{Link: store.LinkHard, Began: time.Now().Add(time.Hour)})
	must(t, err)
	tree, err := l.Tree(ctx)
	must(t, err)
	k.object = tree.Files[0].Digest
	info, err := k.Stat(k.object)
	must(t, err)
	if k.file = filepath.Join(k.dir, info.File); strings.HasSuffix(k.file, ".pack") {
		t.Skip("no file of its own can be made here")
	}
	must(t, os.RemoveAll(from))
	return k
}

// collect collects what there is, all of which nobody needs, some hours after today.
func (k *linked) collect(ctx context.Context, hours int) (store.Garbage, error) {
	k.t.Helper()
	needed, err := k.Reach(context.Background(), nil)
	must(k.t, err)
	return k.Collect(ctx, store.Collection{Needed: needed, Grace: grace, Now: time.Now().Add(time.Duration(hours) * time.Hour)})
}

func (k *linked) here(want bool, when string) {
	k.t.Helper()
	if _, err := os.Stat(k.file); (err == nil) != want || k.Has(k.object) != want {
		k.t.Errorf("%s: %v, here: %t", when, err, k.Has(k.object))
	}
}

// TestAFileOfItsOwnIsCollected once it was condemned long enough, and it, and its name, are that old.
func TestAFileOfItsOwnIsCollected(t *testing.T) {
	k := newLinked(t)
	long := time.Now().Add(-50 * time.Hour)
	must(t, os.Chtimes(k.file, long, long))
	for _, hours := range []int{-5, 0} {
		_, err := k.collect(ctx, hours)
		must(t, err)
		k.here(true, "linked a moment ago")
	}
	g, err := k.collect(ctx, 2)
	if k.here(false, "in the end"); err != nil || g.Freed < 9<<20 {
		t.Errorf("%+v, %v", g, err)
	}
	if b, err := os.ReadFile(filepath.Join(k.dir, "condemned")); err != nil || bytes.Contains(b, []byte(k.object.String())) {
		t.Errorf("the list says %s, %v", b, err)
	}
}

// TestWhoGivesUpACollectionRemovesNothingMore, also where no pack is looked into.
func TestWhoGivesUpACollectionRemovesNothingMore(t *testing.T) {
	k := newLinked(t)
	_, err := k.collect(ctx, -5)
	must(t, err)
	later := time.Now().Add(5 * time.Hour)
	for _, p := range packs(t, k.dir) { // which are young, and so left alone
		must(t, os.Chtimes(p, later, later))
	}
	ctx, cancel := context.WithCancel(ctx)
	fault.Hook(func(point string) {
		if point == "store.condemned" {
			cancel()
		}
	})
	defer fault.Hook(nil)
	if _, err := k.collect(ctx, 2); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	k.here(true, "given up")
}

// TestWhatIsCondemnedIsListedBeforeAnythingGoes, and so is what was condemned long ago.
func TestWhatIsCondemnedIsListedBeforeAnythingGoes(t *testing.T) {
	k := holding(t, "long ago", "now")
	k.needed = []string{"now"}
	k.collect(0, false)
	k.needed = nil
	var listed []byte
	fault.Hook(func(point string) {
		if point == "store.condemned" {
			listed, _ = os.ReadFile(k.list())
		}
	})
	defer fault.Hook(nil)
	k.collect(2, false)
	for text, d := range k.objects {
		if !bytes.Contains(listed, []byte(d.String())) {
			t.Errorf("%s is not listed in %s", text, listed)
		}
	}
	k.is(k.Store, "now")
}

// TestOneDamagedFileIsStoredAgain, though it looks as it did and all of its tree was known to be there.
func TestOneDamagedFileIsStoredAgain(t *testing.T) {
	r := remember(t)
	const text = "a text that no other file holds"
	r.write("class 0/own.txt", text)
	r.scan(r.take)
	r.scan(r.take)
	for _, p := range packs(t, r.objects) {
		b, err := os.ReadFile(p)
		must(t, err)
		if at := bytes.Index(b, []byte(text)); at >= 0 {
			b[at] ^= 1
			must(t, os.Chmod(p, 0o644))
			must(t, os.WriteFile(p, b, 0o644))
		}
	}
	if _, err := r.s.ReadAll(ctx, ref.Of([]byte(text)), 1<<20); !errs.Is(err, errs.Corrupt) {
		t.Fatalf("%v", err)
	}
	r.scan(r.take)
	must(t, r.s.Settle(ctx))
	if b, err := r.s.ReadAll(ctx, ref.Of([]byte(text)), 1<<20); err != nil || string(b) != text {
		t.Errorf("%q, %v", b, err)
	}
}
