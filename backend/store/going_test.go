package store_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/ref"
	"rondo/backend/store"
)

// again stores a text as a program does that began after it was condemned.
func (k *kept) again(text string) {
	k.t.Helper()
	d, err := mustOpen(k.t, k.dir).PutBytes(ctx, []byte(text))
	must(k.t, err)
	soon := time.Now().Add(24 * time.Hour) // young by the clock of the collection
	for _, name := range packs(k.t, k.dir) {
		must(k.t, os.Chtimes(name, soon, soon))
	}
	k.objects[text] = d
}

// TestWhatComesAgainWhileItGoesStays: the pack that is stored again has the name of the one that is just
// being removed.
func TestWhatComesAgainWhileItGoesStays(t *testing.T) {
	t.Cleanup(func() { fault.Hook(nil) })
	for _, moments := range [][]string{{"store.going"}, {"store.going", "store.staying"}} {
		k := holding(t, "garbage")
		k.collect(0, false)
		before := packs(t, k.dir)
		fault.Hook(func(moment string) {
			if slices.Contains(moments, moment) {
				k.again("garbage")
			}
		})
		if g := k.collect(9, false); g.Removed != 0 || g.Freed != 0 {
			t.Errorf("%s: %+v", moments, g)
		}
		fault.Hook(nil)
		if after := packs(t, k.dir); len(before) != 1 || len(after) != 1 || before[0] != after[0] {
			t.Fatalf("%s: %v, before %v", moments, after, before)
		}
		k.is(k.Store, "garbage")
		k.is(mustOpen(t, k.dir), "garbage")
	}
}

// TestWhatComesAgainOnceItHasGoneIsFound by the program that has removed the pack of the same name before.
func TestWhatComesAgainOnceItHasGoneIsFound(t *testing.T) {
	t.Cleanup(func() { fault.Hook(nil) })
	k := holding(t, "garbage")
	k.collect(0, false)
	fault.Hook(func(moment string) {
		if moment == "store.gone" {
			_, err := k.PutBytes(ctx, []byte("garbage"))
			must(t, err)
		}
	})
	if g := k.collect(9, false); g.Removed != 1 {
		t.Errorf("%+v", g)
	}
	fault.Hook(nil)
	k.is(k.Store, "garbage")
}

// TestARemovalThatWasCutOffIsTakenBack: a program that is killed in the middle of one leaves nothing
// under a name that nobody knows.
func TestARemovalThatWasCutOffIsTakenBack(t *testing.T) {
	k := holding(t, "garbage")
	for _, name := range packs(t, k.dir) {
		must(t, os.Rename(name, name+".going"))
	}
	whole := ref.Of([]byte("whole"))
	at := filepath.Join(k.dir, whole.String()[:2], whole.String()[2:])
	must(t, os.MkdirAll(filepath.Dir(at), 0o755))
	must(t, os.WriteFile(at+".going", []byte("whole"), 0o444))
	k.objects["whole"] = whole
	k.is(mustOpen(t, k.dir), "garbage", "whole")
}

// collectAll lets another program remove all that nobody needs, at once.
func collectAll(t *testing.T, dir string) {
	t.Helper()
	s := mustOpen(t, dir)
	needed, err := s.Reach(ctx, nil)
	must(t, err)
	for hours := range 2 {
		_, err := s.Collect(ctx, store.Collection{Needed: needed, Grace: time.Minute, Now: time.Now().Add(time.Duration(hours+1) * time.Hour)})
		must(t, err)
	}
}

// TestWhatGoesWhileItIsTakenIsTold: what was found in the store and counted upon, and is removed before
// the folder is read to its end, is not named in a tree.
func TestWhatGoesWhileItIsTakenIsTold(t *testing.T) {
	dir, data := t.TempDir(), t.TempDir()
	s := mustOpen(t, dir)
	_, err := s.PutBytes(ctx, []byte("known"))
	must(t, err)
	must(t, os.WriteFile(filepath.Join(data, "a"), []byte("known"), 0o644))
	must(t, os.WriteFile(filepath.Join(data, "b"), []byte("other"), 0o644))
	gone := false
	_, err = s.Take(ctx, data, store.Scan{Each: func(string, string, int64) {
		if !gone {
			gone = true
			collectAll(t, dir)
		}
	}})
	if !errs.Is(err, errs.Conflict) || errs.HintOf(err) == "" {
		t.Fatalf("%v", err)
	}
	l, err := s.Take(ctx, data, store.Scan{})
	must(t, err)
	for f, err := range l.All(ctx) {
		must(t, err)
		if _, err := mustOpen(t, dir).ReadAll(ctx, f.Digest, 10); err != nil {
			t.Errorf("%s: %v", f.Path, err)
		}
	}
}

// TestWhatGoesWhileALargeFileIsReadIsTold does so with its chunks.
func TestWhatGoesWhileALargeFileIsReadIsTold(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	content := random(16<<20, 1)
	d, _, err := s.Put(ctx, bytes.NewReader(content))
	must(t, err)
	r := &ending{Reader: bytes.NewReader(content), end: func() { collectAll(t, dir) }}
	if _, _, err := s.Put(ctx, r); !errs.Is(err, errs.Conflict) {
		t.Errorf("%v", err)
	}
	_, _, err = s.Put(ctx, bytes.NewReader(content))
	must(t, err)
	if b, err := mustOpen(t, dir).ReadAll(ctx, d, 1<<30); err != nil || !bytes.Equal(b, content) {
		t.Error(err)
	}
}

// ending does something when it is read to its end.
type ending struct {
	*bytes.Reader
	end func()
}

func (e *ending) Read(b []byte) (int, error) {
	if e.Len() == 0 && e.end != nil {
		e.end()
		e.end = nil
	}
	return e.Reader.Read(b)
}
