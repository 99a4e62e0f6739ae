package store_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/iotest"
	"time"

	folders "rondo/backend/folder"
	"rondo/backend/ref"
	"rondo/backend/store"
)

// next stores content as the next version of an object.
func next(t *testing.T, s *store.Store, b []byte, before ref.Digest) ref.Digest {
	t.Helper()
	path := filepath.Join(t.TempDir(), "data.bin")
	f, err := os.Create(path)
	if err == nil {
		_, err = f.Write(b)
	}
	if err == nil {
		_, err = f.Seek(0, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	known := folders.Known{OK: !before.IsZero()}
	known.Digest = before
	file, _, err := s.KeepOpen(context.Background(), f, path, store.StampOf(fi), known, store.Scan{Began: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	return file.Digest
}

// TestTheNextVersionIsWhatItWouldBeAnyway: whatever was changed, an object has the digest, the
// content and the chunks that it has in a store which never saw the former version.
func TestTheNextVersionIsWhatItWouldBeAnyway(t *testing.T) {
	base := noise(21, 13<<20)
	text := bytes.Repeat([]byte("date,temp_max\n2012-01-01,12.8\n"), 300_000)
	other := noise(22, 3<<20)
	edit := func(at int, b ...byte) []byte {
		c := slices.Clone(base)
		copy(c[at:], b)
		return c
	}
	versions := map[string][2][]byte{
		"the same":         {base, base},
		"appended":         {base, append(slices.Clone(base), other...)},
		"appended twice":   {text, append(slices.Clone(text), text...)},
		"a little more":    {base, append(slices.Clone(base), 1)},
		"cut short":        {base, base[:9<<20+17]},
		"first byte":       {base, edit(0, 1, 2, 3)},
		"in the middle":    {base, edit(5<<20, other[:1<<20]...)},
		"here and there":   {base, func() []byte { c := edit(1<<20, 1, 2); c[4<<20], c[8<<20], c[12<<20] = 7, 7, 7; return c }()},
		"last byte":        {base, edit(len(base)-1, base[len(base)-1]+1)},
		"inserted":         {base, slices.Concat(base[:3<<20], other[:777], base[3<<20:])},
		"taken out":        {base, slices.Concat(base[:3<<20], base[4<<20+5:])},
		"turned round":     {base, slices.Concat(base[7<<20:], base[:7<<20])},
		"all other":        {base, noise(23, 6<<20)},
		"zeros":            {make([]byte, 5<<20), make([]byte, 7<<20)},
		"zeros, then more": {make([]byte, 5<<20), append(make([]byte, 5<<20), base...)},
		"small before":     {base[:1<<20], base},
	}
	for name, v := range versions {
		t.Run(name, func(t *testing.T) {
			s, fresh := mustOpen(t, t.TempDir()), mustOpen(t, t.TempDir())
			before := next(t, s, v[0], ref.Zero)
			got, want := next(t, s, v[1], before), next(t, fresh, v[1], ref.Zero)
			if got != want || want != ref.Of(v[1]) {
				t.Fatalf("digest %s, want %s", got, want)
			}
			if b, err := s.ReadAll(ctx, got, 1<<30); err != nil || !bytes.Equal(b, v[1]) {
				t.Fatalf("%d bytes came back, %v", len(b), err)
			}
			chunks, err := s.Chunks(got)
			again, err2 := fresh.Chunks(want)
			if err != nil || err2 != nil || !slices.Equal(chunks, again) {
				t.Fatalf("%d chunks (%v), want %d (%v)", len(chunks), err, len(again), err2)
			}
		})
	}
}

// TestADamagedFormerVersionIsNoExample: a list that cannot be read, and chunks that are
// another's, make the next version no other.
func TestADamagedFormerVersionIsNoExample(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	base := noise(24, 5<<20)
	before := next(t, s, base, ref.Zero)
	for _, p := range packs(t, dir) {
		b, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		for i := len(b) / 2; i < len(b)-200_000; i++ {
			b[i] ^= 1
		}
		os.Chmod(p, 0o644)
		if err := os.WriteFile(p, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	more := append(slices.Clone(base), base[:1<<20]...)
	if got := next(t, s, more, before); got != ref.Of(more) {
		t.Fatalf("digest %s, want %s", got, ref.Of(more))
	}
}

// TestWhatDidNotArriveWholeIsNotStored: a reader that ends too early says so, be it in what
// would be one piece or in a chunk.
func TestWhatDidNotArriveWholeIsNotStored(t *testing.T) {
	for _, n := range []int{100, store.Small + 1, 5 << 20} {
		s := mustOpen(t, t.TempDir())
		r := io.MultiReader(bytes.NewReader(noise(25, n)), iotest.ErrReader(io.ErrUnexpectedEOF))
		if d, _, err := s.Put(ctx, r); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("%d bytes of more were stored as %s (%v)", n, d, err)
		}
	}
}

// TestVersionsFollowEachOther: of a content that is edited again and again, and goes back to
// what it was now and then, every version has its digest, and the chunks that it has anyway.
func TestVersionsFollowEachOther(t *testing.T) {
	s, rnd := mustOpen(t, t.TempDir()), rand.New(rand.NewPCG(41, 0))
	versions := [][]byte{noise(42, 17<<20)}
	before := next(t, s, versions[0], ref.Zero)
	for i := range 12 {
		b := slices.Clone(versions[rnd.IntN(len(versions))])
		for range rnd.IntN(4) {
			at := rnd.IntN(len(b))
			switch rnd.IntN(3) {
			case 0:
				b[at]++
			case 1:
				copy(b[at:], noise(uint64(i), 1+rnd.IntN(3<<20)))
			default:
				b = slices.Insert(b, at, noise(uint64(i), 1+rnd.IntN(99_000))...)
			}
		}
		versions = append(versions, b)
		if before = next(t, s, b, before); before != ref.Of(b) {
			t.Fatalf("version %d has digest %s, want %s", i, before, ref.Of(b))
		}
		chunks, err := s.Chunks(before)
		must(t, err)
		fresh := mustOpen(t, t.TempDir())
		next(t, fresh, b, ref.Zero)
		if want, err := fresh.Chunks(before); err != nil || !slices.Equal(chunks, want) {
			t.Fatalf("version %d has %d chunks, want %d (%v)", i, len(chunks), len(want), err)
		}
	}
}
