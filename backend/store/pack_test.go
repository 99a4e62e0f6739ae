package store_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/ref"
	"rondo/backend/store"
)

func noise(seed uint64, n int) []byte {
	b := make([]byte, n)
	rnd := rand.New(rand.NewPCG(seed, 2))
	for i := range b {
		b[i] = byte(rnd.Uint32())
	}
	return b
}

func packs(tb testing.TB, dir string) []string {
	tb.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "packs", "*.pack"))
	if err != nil {
		tb.Fatal(err)
	}
	return names
}

func stored(tb testing.TB, dir string) (n int64) {
	tb.Helper()
	for _, name := range packs(tb, dir) {
		fi, err := os.Stat(name)
		if err != nil {
			tb.Fatal(err)
		}
		n += fi.Size()
	}
	return n
}

func put(tb testing.TB, s *store.Store, b []byte) ref.Digest {
	tb.Helper()
	d, _, err := s.Put(ctx, bytes.NewReader(b))
	if err != nil || d != ref.Of(b) {
		tb.Fatalf("put %d bytes: %s %v", len(b), d, err)
	}
	return d
}

// TestSmallPacksAreMerged: putting one thing after the other leaves few packs, also for
// a program that knew the old ones, and loses nothing.
func TestSmallPacksAreMerged(t *testing.T) {
	dir := t.TempDir()
	s, other := mustOpen(t, dir), mustOpen(t, dir)
	var all []ref.Digest
	for i := range 40 {
		all = append(all, put(t, s, fmt.Appendf(nil, "object %d", i)))
	}
	if err := other.Reload(); err != nil { // it knows of packs that will be gone
		t.Fatal(err)
	}
	large := put(t, other, noise(1, 3<<20))
	for i := range 400 {
		all = append(all, put(t, s, fmt.Appendf(nil, "object %d", 40+i)))
	}
	if n := len(packs(t, dir)); n > 66 {
		t.Fatalf("%d packs hold %d objects", n, len(all))
	}
	for _, s := range []*store.Store{s, mustOpen(t, dir)} {
		for i, d := range all {
			if b, err := s.ReadAll(ctx, d, 100); err != nil || string(b) != fmt.Sprintf("object %d", i) {
				t.Fatalf("object %d is %q, %v", i, b, err)
			}
		}
	}
	if b, err := other.ReadAll(ctx, all[3], 100); err != nil || string(b) != "object 3" {
		t.Fatalf("another program reads %q, %v", b, err)
	}
	if _, err := other.ReadAll(ctx, large, 4<<20); err != nil {
		t.Fatal(err)
	}
}

// TestDamagedPackIsNotMergedAway: the bytes that are still there stay for whoever mends them.
func TestDamagedPackIsNotMergedAway(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	put(t, s, []byte("damaged soon"))
	bad := packs(t, dir)[0]
	b, _ := os.ReadFile(bad)
	b[15] ^= 1
	os.Chmod(bad, 0o644)
	os.WriteFile(bad, b, 0o644)
	for i := range 200 {
		put(t, s, fmt.Appendf(nil, "object %d", i))
	}
	if _, err := os.Stat(bad); err != nil {
		t.Fatal("the damaged pack is gone")
	}
	named := 0
	s.Verify(ctx, func(i store.Info, err error) { named++ })
	if named != 1 {
		t.Fatalf("%d damages are named", named)
	}
}

// TestWritersShareASync: many small objects that come at the same time need few packs.
func TestWritersShareASync(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	fault.Fail(func(op string) error {
		if op == "sync" {
			time.Sleep(5 * time.Millisecond) // as long as a disk takes, also where there is none
		}
		return nil
	})
	defer fault.Fail(nil)
	begin := make(chan struct{})
	var all sync.WaitGroup
	for i := range 60 {
		all.Go(func() {
			<-begin
			if _, err := s.PutBytes(ctx, fmt.Appendf(nil, "object %d", i)); err != nil {
				t.Error(err)
			}
		})
	}
	close(begin)
	all.Wait()
	again := mustOpen(t, dir)
	for i := range 60 {
		if !again.Has(ref.Of(fmt.Appendf(nil, "object %d", i))) {
			t.Errorf("object %d was answered and is not on disk", i)
		}
	}
	if n := len(packs(t, dir)); n > 40 {
		t.Errorf("60 objects made %d packs", n)
	}
}

// TestVersionsShareTheirChunks: what two versions of a large file have in common is
// kept once, wherever it was moved to.
func TestVersionsShareTheirChunks(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	first := noise(1, 40<<20)
	put(t, s, first)
	for name, next := range map[string][]byte{
		"1 % more at the end":    append(bytes.Clone(first), noise(2, len(first)/100)...),
		"a few bytes in front":   append([]byte("header\n"), first...),
		"a part in the middle":   append(append(bytes.Clone(first[:20<<20]), noise(3, 300_000)...), first[20<<20+300_000:]...),
		"a part that is missing": append(bytes.Clone(first[:10<<20]), first[11<<20:]...),
	} {
		before := stored(t, dir)
		d := put(t, s, next)
		if more := stored(t, dir) - before; more > int64(len(next))*3/100 {
			t.Errorf("%s: %d new bytes for %d", name, more, len(next))
		}
		if b, err := mustOpen(t, dir).ReadAll(ctx, d, 1<<30); err != nil || !bytes.Equal(b, next) {
			t.Errorf("%s: it did not come back: %v", name, err)
		}
	}
}

// TestLargeObjectWithoutAChunk is missing, says which, and is stored again when it comes again.
func TestLargeObjectWithoutAChunk(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	b := noise(1, 100<<20) // more than one pack
	d := put(t, s, b)
	for _, name := range packs(t, dir) {
		if fi, _ := os.Stat(name); fi.Size() > 50<<20 {
			os.Remove(name)
		}
	}
	s = mustOpen(t, dir)
	if s.Has(d) {
		t.Error("it counts as there")
	}
	if _, err := s.ReadAll(ctx, d, 1<<30); !errs.Is(err, errs.NotFound) {
		t.Errorf("reading it: %v", err)
	}
	named := 0
	if _, err := s.Verify(ctx, func(i store.Info, err error) { named++ }); err != nil || named != 1 {
		t.Errorf("verify names %d, %v", named, err)
	}
	put(t, s, b)
	if got, err := s.ReadAll(ctx, d, 1<<30); err != nil || !bytes.Equal(got, b) {
		t.Errorf("stored again it is not whole: %v", err)
	}
}
