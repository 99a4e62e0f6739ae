package store_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/ref"
	"rondo/backend/store"
)

// history is a store with versions of a content that share chunks which lie in several packs,
// some of them compressed and some many times in one version.
func history(t *testing.T) (s *store.Store, dir string, versions map[ref.Digest][]byte, last ref.Digest) {
	t.Helper()
	dir = t.TempDir()
	s = mustOpen(t, dir)
	versions = map[ref.Digest][]byte{}
	b := noise(3, 5<<20)
	for k := range 3 {
		at := (2*k + 1) << 20
		b = bytes.Join([][]byte{b[:at], bytes.Repeat([]byte("text that shrinks and comes again, "), 20_000), noise(uint64(50+k), 100_000), b[at:]}, nil)
		last = next(t, s, b, last)
		versions[last] = b
	}
	letters := bytes.Repeat([]byte("0123456789abcdef,"), 200_000)
	for i, c := range noise(9, len(letters)) {
		letters[i] = "0123456789abcdef,"[c%17]
	}
	twice := bytes.Repeat(noise(4, 3<<20), 2)
	for _, b := range [][]byte{letters, twice, blocks(8, 0, 0), blocks(8, 1, 1), blocks(8, 0, 1)} {
		versions[next(t, s, b, ref.Zero)] = b
	}
	return s, dir, versions, last
}

// blocks are chunks without an end in them, by turns of two kinds: of the third such content
// they lie by turns in the packs of two others, and follow each other there.
func blocks(n int, kinds ...int) (b []byte) {
	for i := range n {
		b = append(b, bytes.Repeat([]byte{byte(2*i + kinds[i%2])}, 256<<10)...)
	}
	return b
}

// TestWhatIsReadAheadComesBack, whether or not the system has the packs in memory.
func TestWhatIsReadAheadComesBack(t *testing.T) {
	s, dir, versions, _ := history(t)
	for i := range 6 {
		for d, want := range versions {
			for _, p := range packs(t, dir) {
				if i%2 == 0 {
					atomicfile.Evict(p)
				}
			}
			var b bytes.Buffer
			if _, err := s.WriteTo(ctx, d, &b); err != nil || !bytes.Equal(b.Bytes(), want) {
				t.Fatalf("%d of %d bytes came back, %v", b.Len(), len(want), err)
			}
		}
	}
}

// TestAFailingReadAheadIsTold, whichever one fails, and ends before its end.
func TestAFailingReadAheadIsTold(t *testing.T) {
	s, _, versions, last := history(t)
	for nth := 1; ; nth++ {
		var reads atomic.Int64 // who reads ahead counts, too
		fault.Fail(func(op string) error {
			if op == "read" && reads.Add(1) == int64(nth) {
				return syscall.EIO
			}
			return nil
		})
		n, err := s.WriteTo(ctx, last, &bytes.Buffer{})
		fault.Fail(nil)
		if at := reads.Load(); at < int64(nth) {
			if nth < 5 || err != nil {
				t.Fatalf("%d reads, %v", at, err)
			}
			return
		}
		if !errs.Is(err, errs.Unavailable) || n == int64(len(versions[last])) {
			t.Errorf("read %d failed: %d bytes, %v", nth, n, err)
		}
	}
}

// TestAPackThatEndsTooSoonIsTold where it is read ahead.
func TestAPackThatEndsTooSoonIsTold(t *testing.T) {
	s, dir, versions, last := history(t)
	var largest string
	size := int64(0)
	for _, p := range packs(t, dir) {
		if fi, err := os.Stat(p); err == nil && fi.Size() > size {
			largest, size = p, fi.Size()
		}
	}
	must(t, os.Chmod(largest, 0o644))
	for _, left := range []int64{size - 2<<20, size / 3, 4096, 1, 0} {
		must(t, os.Truncate(largest, left))
		if n, err := s.WriteTo(ctx, last, &bytes.Buffer{}); !errs.Is(err, errs.Corrupt) || n == int64(len(versions[last])) {
			t.Errorf("%d bytes left of %d: %d bytes came, %v", left, size, n, err)
		}
	}
}

// TestAReadAheadOfWhatIsLostIsTold: a pack has gone, with chunks in the middle of a content.
func TestAReadAheadOfWhatIsLostIsTold(t *testing.T) {
	s, dir, _, last := history(t)
	for _, p := range packs(t, dir) {
		b, err := os.ReadFile(p)
		must(t, err)
		must(t, os.Remove(p))
		must(t, s.Reload())
		if _, err := s.WriteTo(ctx, last, &bytes.Buffer{}); err != nil && !errs.Is(err, errs.NotFound) {
			t.Errorf("without %s: %v", p, err)
		}
		must(t, os.WriteFile(p, b, 0o444))
		must(t, s.Reload())
	}
	_, err := s.WriteTo(ctx, last, &bytes.Buffer{})
	must(t, err)
}

// giving is a writer that has enough after some bytes.
type giving struct {
	left int
	give func() error
}

func (g *giving) Write(b []byte) (int, error) {
	if g.left -= len(b); g.left < 0 {
		return 0, g.give()
	}
	return len(b), nil
}

// TestWhoeverGivesUpReadsNoFurther: nothing that read ahead is left when WriteTo returns.
func TestWhoeverGivesUpReadsNoFurther(t *testing.T) {
	s, _, versions, last := history(t)
	full := errors.New("full")
	before := runtime.NumGoroutine()
	for left := 0; left < len(versions[last]); left += 777_777 {
		if _, err := s.WriteTo(ctx, last, &giving{left, func() error { return full }}); !errors.Is(err, full) {
			t.Fatalf("after %d bytes: %v", left, err)
		}
		c, cancel := context.WithCancel(ctx)
		_, err := s.WriteTo(c, last, &giving{left, func() error { cancel(); return c.Err() }})
		cancel()
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("after %d bytes: %v", left, err)
		}
	}
	if now := runtime.NumGoroutine(); now > before {
		t.Errorf("%d goroutines, and %d before", now, before)
	}
}
