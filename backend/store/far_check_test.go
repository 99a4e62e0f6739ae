package store_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/ref"
	"rondo/backend/store"
)

// TestARemoteThatLiesWhenItIsRead: it lists everything in its right length, and gives other
// bytes, too few, none, or all but some. That is found, sampled or not, by the digests alone.
func TestARemoteThatLiesWhenItIsRead(t *testing.T) {
	ctx := t.Context()
	s, all := stocked(t)
	dir := t.TempDir()
	if _, err := far(t, folder(t, dir)).Send(ctx, s, all); err != nil {
		t.Fatal(err)
	}
	for what, get := range map[string]func(string, io.ReadCloser) (io.ReadCloser, error){
		"other bytes": func(_ string, r io.ReadCloser) (io.ReadCloser, error) {
			return reading{&flip{r: r, at: 70}, r}, nil
		},
		"zeros": func(_ string, r io.ReadCloser) (io.ReadCloser, error) { return reading{zeros{r}, r}, nil },
		"too few bytes": func(_ string, r io.ReadCloser) (io.ReadCloser, error) {
			return reading{io.LimitReader(r, 60), r}, nil
		},
		"nothing": func(_ string, r io.ReadCloser) (io.ReadCloser, error) {
			r.Close()
			return nil, errs.New(errs.NotFound, "there is no such thing")
		},
	} {
		f := far(t, folder(t, dir))
		f.Swap(&trickster{Remote: folder(t, dir), get: get})
		if _, err := f.Check(ctx, store.Check{}); err != nil || len(f.Damaged()) == 0 {
			t.Errorf("%s: %v, found %v", what, err, f.Damaged())
		}
		missing, err := f.Whole(ctx, all)
		if err != nil || len(missing) != len(all) && what != "other bytes" || len(missing) == 0 {
			t.Errorf("%s: %v, missing are %v", what, err, missing)
		}
		// One that tells the truth again is believed.
		known := f.Damaged()
		honest := far(t, folder(t, dir))
		if err := honest.Recall(ctx, known); err != nil || len(honest.Damaged()) > 0 {
			t.Errorf("%s, and then not any more: %v, %v", what, err, honest.Damaged())
		}
		// One that still lies is not.
		lying := far(t, folder(t, dir))
		lying.Swap(&trickster{Remote: folder(t, dir), get: get})
		if err := lying.Recall(ctx, known); err != nil || len(lying.Damaged()) == 0 {
			t.Errorf("%s, still: %v, %v", what, err, lying.Damaged())
		}
	}
}

type reading struct {
	io.Reader
	io.Closer
}

type zeros struct{ r io.Reader }

func (z zeros) Read(b []byte) (int, error) {
	n, err := z.r.Read(b)
	clear(b[:n])
	return n, err
}

// TestALineThatBreaksIsNoDamage: what cannot be read now says nothing of what is there.
func TestALineThatBreaksIsNoDamage(t *testing.T) {
	s, all := stocked(t)
	dir := t.TempDir()
	if _, err := far(t, folder(t, dir)).Send(t.Context(), s, all); err != nil {
		t.Fatal(err)
	}
	f := far(t, folder(t, dir))
	f.Swap(&trickster{Remote: folder(t, dir), get: func(string, io.ReadCloser) (io.ReadCloser, error) {
		return nil, errs.New(errs.Denied, "not you")
	}})
	if _, err := f.Check(t.Context(), store.Check{}); !errs.Is(err, errs.Denied) || len(f.Damaged()) > 0 {
		t.Errorf("%v %v", err, f.Damaged())
	}
}

// twice is a remote that has all objects in two packs of different names.
func twice(t *testing.T) (s *store.Store, all []ref.Digest, dir string, packs []string) {
	t.Helper()
	s, all = stocked(t)
	more, _, err := s.Put(t.Context(), bytes.NewReader(random(2<<20, 5))) // so that its packs are others
	check(t, err)
	dir = t.TempDir()
	one, two := far(t, folder(t, dir)), far(t, folder(t, dir))
	_, err = one.Send(t.Context(), s, all)
	check(t, err)
	_, err = two.Send(t.Context(), s, append(slices.Clone(all), more))
	check(t, err)
	packs, err = filepath.Glob(filepath.Join(dir, "objects/packs/*.pack"))
	check(t, err)
	return s, all, dir, packs
}

// spoil damages entries of some packs everywhere, and leaves their indexes.
func spoil(t *testing.T, packs ...string) {
	t.Helper()
	for _, pack := range packs {
		b, err := os.ReadFile(pack)
		check(t, err)
		end := int(binary.BigEndian.Uint64(b[len(b)-24:]))
		for i := 13; i < end; i += 100 {
			b[i] ^= 1
		}
		check(t, os.WriteFile(pack, b, 0o644))
	}
}

// TestTheSoundOneOfTwoCopiesIsTaken, whichever of the packs is the damaged one. Which of them is
// asked first depends on whose index comes first, so that both turns may meet the sound one.
func TestTheSoundOneOfTwoCopiesIsTaken(t *testing.T) {
	_, all, dir, packs := twice(t)
	met := 0
	for turn := 0; turn < 50 && met == 0; turn++ {
		for _, hurt := range packs {
			whole, err := os.ReadFile(hurt)
			check(t, err)
			spoil(t, hurt)
			met += receiveAll(t, dir, all)
			check(t, os.WriteFile(hurt, whole, 0o644))
		}
	}
	if met == 0 {
		t.Error("none of the damaged copies was met")
	}
}

// receiveAll brings all objects of a remote to a new store, and returns how much damage it met.
func receiveAll(t *testing.T, dir string, all []ref.Digest) int {
	t.Helper()
	f := far(t, folder(t, dir))
	to, err := store.Open(t.TempDir())
	check(t, err)
	if _, err := to.Receive(t.Context(), f, all); err != nil {
		t.Errorf("with a damaged pack: %v", err)
	}
	for _, d := range all {
		if !to.Has(d) {
			t.Errorf("%s did not come", d.Short())
		}
	}
	return len(f.Damaged())
}

// TestNoCopyGoesBeforeTheOtherWasRead: of objects in two packs one copy is garbage, but not
// where the other is damaged, which nobody knew.
func TestNoCopyGoesBeforeTheOtherWasRead(t *testing.T) {
	for round := range 2 {
		s, all, dir, packs := twice(t)
		ctx := t.Context()
		slices.SortFunc(packs, func(a, b string) int { return strings.Compare(a, b) })
		half := slices.DeleteFunc(slices.Clone(packs), func(p string) bool { return !inFirst(t, p, packs, round) })
		spoil(t, half...)
		f, needed := far(t, folder(t, dir)), store.NewNeeded()
		check(t, f.Needs(ctx, needed, all))
		g, err := f.Garbage(needed)
		check(t, err)
		err = f.Sweep(ctx, needed, g.Packs, func() error { return nil })
		if err != nil && !errs.Is(err, errs.Corrupt) {
			t.Fatal(err)
		}
		left := far(t, folder(t, dir))
		to, err := store.Open(t.TempDir())
		check(t, err)
		if _, err := to.Receive(ctx, left, all); err != nil {
			t.Errorf("round %d: after a collection: %v", round, err)
		}
		_ = s
	}
}

// inFirst reports whether a pack is of those that the first, or the second, sending made.
func inFirst(t *testing.T, pack string, packs []string, which int) bool {
	t.Helper()
	times := func(p string) int64 {
		fi, err := os.Stat(p)
		check(t, err)
		return fi.ModTime().UnixNano()
	}
	later := 0
	for _, p := range packs {
		if times(p) < times(pack) {
			later++
		}
	}
	return (later >= len(packs)/2) == (which == 1)
}

// TestACheckThatIsGivenUpReadsNothingMore than what was under way.
func TestACheckThatIsGivenUpReadsNothingMore(t *testing.T) {
	s, err := store.Open(t.TempDir())
	check(t, err)
	d, _, err := s.Put(t.Context(), bytes.NewReader(random(120<<20, 9)))
	check(t, err)
	dir := t.TempDir()
	_, err = far(t, folder(t, dir)).Send(t.Context(), s, []ref.Digest{d})
	check(t, err)
	ctx, giveUp := context.WithCancel(t.Context())
	p := &patience{ctx: ctx, giveUp: giveUp}
	f := far(t, folder(t, dir))
	f.Swap(&trickster{Remote: folder(t, dir), get: func(_ string, body io.ReadCloser) (io.ReadCloser, error) {
		p.begin()
		return meter{ReadCloser: body, patience: p}, nil
	}})
	var count store.Count
	if _, err := f.Check(ctx, store.Check{Count: &count}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if n := p.after.Load(); n > 4<<20 || p.begun.Load() > 6 {
		t.Errorf("%d bytes are read after that, and %d more begin", n, p.begun.Load())
	}
	if len(f.Damaged()) > 0 {
		t.Errorf("giving up is taken for damage: %v", f.Damaged())
	}
}

// TestAPackThatSomebodyRemovedIsNotDamaged: as when a collection has moved what it held.
func TestAPackThatSomebodyRemovedIsNotDamaged(t *testing.T) {
	_, all, dir, packs := twice(t)
	f := far(t, folder(t, dir))
	first := slices.DeleteFunc(slices.Clone(packs), func(p string) bool { return !inFirst(t, p, packs, 0) })
	for _, p := range first {
		check(t, os.Remove(p))
	}
	if _, err := f.Check(t.Context(), store.Check{}); err != nil || len(f.Damaged()) > 0 {
		t.Errorf("%v %v", err, f.Damaged())
	}
	if missing, err := f.Whole(t.Context(), all); err != nil || len(missing) > 0 {
		t.Errorf("%v %v", missing, err)
	}
	if _, err := os.Stat(first[0]); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}
