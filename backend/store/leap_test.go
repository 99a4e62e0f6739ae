package store

import (
	"bytes"
	"context"
	"math/rand/v2"
	"testing"

	"rondo/backend/ref"
)

// TestWhatWasHashedIsNotHashedAgain: of a content whose beginning was stored before only the
// rest is hashed as a whole. It is shown by telling the store a wrong state of the hash,
// which nothing else would make a digest wrong by.
func TestWhatWasHashedIsNotHashedAgain(t *testing.T) {
	s, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	r, base := rand.New(rand.NewPCG(31, 0)), make([]byte, 9<<20)
	for i := range base {
		base[i] = byte(r.Uint32())
	}
	put := func(b []byte, before ref.Digest) ref.Digest {
		d, _, err := s.putLarge(context.Background(), bytes.NewReader(b), before)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	first := put(base, ref.Zero)
	second := append(bytes.Clone(base), base[:1<<20]...)
	if d := put(second, first); d != ref.Of(second) {
		t.Fatalf("digest %s, want %s", d, ref.Of(second))
	}
	for chain := range s.leaps.young {
		s.leaps.young[chain] = ref.NewHash()
	}
	third := append(bytes.Clone(second), 1)
	if d := put(third, first); d == ref.Of(third) {
		t.Fatal("all of it was hashed as a whole")
	}
}

// TestLeapsAreForgotten: what nobody asks for goes, what somebody asks for stays.
func TestLeapsAreForgotten(t *testing.T) {
	var l leaps
	kept := ref.Of([]byte("kept"))
	l.note(kept, ref.NewHash())
	for i := range 5 * maxLeaps {
		l.note(ref.Of([]byte{byte(i), byte(i >> 8)}), ref.NewHash())
		if l.find(kept) == nil {
			t.Fatalf("forgotten after %d others, though it was asked for", i)
		}
		if n := len(l.young) + len(l.old); n > 2*maxLeaps {
			t.Fatalf("%d are remembered", n)
		}
	}
	if l.find(ref.Of([]byte{1, 0})) != nil {
		t.Fatal("what nobody asked for is there still")
	}
}

// TestWhoGoesOnFromALeapLeavesItAsItIs, and so does who goes on after it was noted.
func TestWhoGoesOnFromALeapLeavesItAsItIs(t *testing.T) {
	var l leaps
	chain, h := ref.Of([]byte("chain")), ref.NewHash()
	h.Write([]byte("so far"))
	l.note(chain, h)
	h.Write([]byte("noted"))
	for range 3 {
		found := l.find(chain)
		if want := ref.Of([]byte("so far")); !bytes.Equal(found.Sum(nil), want[:]) {
			t.Fatal("it is not what it came to there")
		}
		found.Write([]byte("and on"))
	}
}
