package store_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	stat "rondo/backend/folder"
	"rondo/backend/ref"
	"rondo/backend/store"
)

// remembered is a folder that is taken again and again with one memory.
type remembered struct {
	t     *testing.T
	s     *store.Store
	dir   string
	file  string
	clock time.Time

	objects string // the folder of the store
}

func remember(t *testing.T) *remembered {
	objects := t.TempDir()
	r := &remembered{t: t, s: mustOpen(t, objects), objects: objects, dir: t.TempDir(), file: filepath.Join(t.TempDir(), "m.stat"), clock: time.Unix(1_600_000_000, 0)}
	for i := range 4200 {
		r.write(fmt.Sprintf("class %d/%05d.txt", i%12, i), fmt.Sprint(i))
	}
	return r
}

func (r *remembered) write(path, text string) {
	full := filepath.Join(r.dir, path)
	must(r.t, os.MkdirAll(filepath.Dir(full), 0o755))
	must(r.t, os.WriteFile(full, []byte(text), 0o644))
	r.touch(full)
	r.touch(filepath.Dir(full))
	r.touch(r.dir)
}

func (r *remembered) touch(full string) {
	r.clock = r.clock.Add(time.Second)
	must(r.t, os.Chtimes(full, r.clock, r.clock))
}

func (r *remembered) scan(how func(*store.Store, store.Scan) (*store.Listing, error)) *store.Listing {
	r.t.Helper()
	m := stat.Recall(r.file, "one")
	l, err := how(r.s, store.Scan{Memory: m, Began: time.Now().Add(time.Hour)})
	must(r.t, err)
	must(r.t, m.Save())
	return l
}

func (r *remembered) take(s *store.Store, o store.Scan) (*store.Listing, error) {
	return s.Take(ctx, r.dir, o)
}

func (r *remembered) look(s *store.Store, o store.Scan) (*store.Listing, error) {
	return s.Look(ctx, r.dir, o)
}

// whole sees that a tree is that of the files, and that all of it is in the store.
func (r *remembered) whole(l *store.Listing) {
	t := r.t
	t.Helper()
	want, digest, err := mustOpen(t, t.TempDir()).PutTree(ctx, r.dir)
	must(t, err)
	if l.Digest() != digest || l.Files != int64(len(want.Files)) || l.Size != want.Size() {
		t.Fatalf("%d files of %d bytes instead of %d of %d", l.Files, l.Size, len(want.Files), want.Size())
	}
	got, err := l.Tree(ctx)
	must(t, err)
	for i, f := range got.Files {
		if b, err := r.s.ReadAll(ctx, f.Digest, 1<<20); err != nil || f != want.Files[i] || ref.Of(b) != f.Digest {
			t.Fatalf("%+v: %v", f, err)
		}
	}
}

// TestWhatIsAsItWasIsTakenOver: the tree of a folder of which little has changed since it
// was remembered is the tree of its files, whatever has changed, and little is stored.
func TestWhatIsAsItWasIsTakenOver(t *testing.T) {
	r, rnd := remember(t), rand.New(rand.NewPCG(1, 2))
	r.whole(r.scan(r.take))
	for round := range 25 {
		before, _ := r.s.Totals()
		changes := rnd.IntN(3)
		for range changes {
			path := fmt.Sprintf("class %d/%05d.txt", rnd.IntN(14), rnd.IntN(5000))
			if _, err := os.Stat(filepath.Join(r.dir, path)); err != nil || rnd.IntN(3) > 0 {
				r.write(path, fmt.Sprint("new ", round, path))
			} else {
				must(t, os.Remove(filepath.Join(r.dir, path)))
				r.touch(filepath.Dir(filepath.Join(r.dir, path)))
			}
		}
		if round%4 == 3 { // its tree is not stored
			if l := r.scan(r.look); l.Files < 4000 {
				t.Errorf("%d files", l.Files)
			}
		}
		if round%6 == 5 { // what the program knew is forgotten
			must(t, os.Remove(r.file))
		}
		r.whole(r.scan(r.take))
		if after, _ := r.s.Totals(); after-before > int64(8*changes) {
			t.Errorf("round %d: %d new objects for %d changes", round, after-before, changes)
		}
	}
}

// TestWhatIsLostIsStoredAgain, though all looks as it did.
func TestWhatIsLostIsStoredAgain(t *testing.T) {
	r := remember(t)
	needed, err := r.s.Reach(ctx, nil)
	must(t, err)
	for i := range 2 {
		r.scan(r.take)
		r.scan(r.take) // of which all is known to be there
		for k := range 2 {
			_, err := r.s.Collect(ctx, store.Collection{Needed: needed, Now: time.Now().Add(time.Duration(4*i+2*k+2) * time.Hour), Grace: time.Hour})
			must(t, err)
		}
		if objects, _ := r.s.Totals(); objects > 0 {
			t.Fatalf("%d objects are left", objects)
		}
		r.whole(r.scan(r.take))
	}
}

// TestFoldersThatMayChangeUnseenAreRead: one that was changed just before it was read is
// read again.
func TestFoldersThatMayChangeUnseenAreRead(t *testing.T) {
	r := remember(t)
	same := func() (n int) {
		must(t, stat.Walk(ctx, r.dir, stat.Recall(r.file, "one"), nil, func(b *stat.Batch) error {
			if b.Same {
				n += len(b.Names)
			}
			b.Release()
			return nil
		}))
		return n
	}
	take := func(began time.Time) {
		m := stat.Recall(r.file, "one")
		_, err := r.s.Take(ctx, r.dir, store.Scan{Memory: m, Began: began})
		must(t, err)
		must(t, m.Save())
	}
	take(time.Now().Add(-time.Hour))
	if n := same(); n > 0 {
		t.Errorf("%d files may have changed and are believed", n)
	}
	<-time.After(250 * time.Millisecond) // what the files look like is then older than what their folder does
	folder := filepath.Join(r.dir, "class 3")
	must(t, os.Remove(filepath.Join(folder, "00003.txt")))
	fi, err := os.Stat(folder)
	must(t, err)
	take(time.Unix(0, store.StampOf(fi).Ctime).Add(50 * time.Millisecond))
	if n := same(); n > 0 && n != 11*350 { // none where the file system is not one of those that are known
		t.Errorf("%d files are believed", n)
	}
	take(time.Now().Add(time.Hour))
	if n := same(); n > 0 && n != 4199 {
		t.Errorf("%d files are the same", n)
	}
}

// TestWhatAnotherProgramCondemnsIsKnownToBeSoundNoMore: of a folder in which all is as it was, all is
// stored again, also where this program knew a moment ago that the store had it.
func TestWhatAnotherProgramCondemnsIsKnownToBeSoundNoMore(t *testing.T) {
	r := remember(t)
	r.scan(r.take)
	r.scan(r.take)
	other := mustOpen(t, r.objects)
	needed, err := other.Reach(ctx, nil)
	must(t, err)
	old := packs(t, r.objects)
	collect := func(hours int) {
		t.Helper()
		_, err := other.Collect(ctx, store.Collection{Needed: needed, Grace: time.Minute, Now: time.Now().Add(time.Duration(hours) * time.Hour)})
		must(t, err)
	}
	collect(1)
	l := r.scan(r.take)
	for _, name := range packs(t, r.objects) {
		if !slices.Contains(old, name) { // young by the clock of the collection
			must(t, os.Chtimes(name, time.Now().Add(9*time.Hour), time.Now().Add(9*time.Hour)))
		}
	}
	collect(2)
	r.s = mustOpen(t, r.objects)
	r.whole(l)
}
