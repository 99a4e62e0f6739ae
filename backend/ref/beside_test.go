package ref_test

import (
	"crypto/sha256"
	"math/rand/v2"
	"testing"

	"rondo/backend/ref"
)

// noise is bytes that differ from test to test, and not from run to run.
func noise(seed uint64, n int) []byte {
	b, r := make([]byte, n), rand.New(rand.NewPCG(seed, 0))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// TestSeveralContentsAtOnceHaveTheirDigests: every length around the ends of blocks, and
// contents whose lengths differ much, beside a hash that has begun at any byte.
func TestSeveralContentsAtOnceHaveTheirDigests(t *testing.T) {
	b := noise(1, 300_000)
	for _, begun := range []int{0, 1, 55, 56, 63, 64, 65, 1000} {
		var contents [][]byte
		for n := range 260 {
			contents = append(contents, b[n:n+n])
		}
		contents = append(contents, b, b[7:100_000], nil, b[:1])
		for _, whole := range [][]byte{nil, b[:begun], b[3:200], b[:200_001], b} {
			digests := make([]ref.Digest, len(contents))
			h := ref.NewHash()
			h.Write(b[:begun])
			ref.Beside(h, whole, contents, digests)
			if got, want := ref.Sum(h), ref.Digest(sha256.Sum256(append(append([]byte(nil), b[:begun]...), whole...))); got != want {
				t.Fatalf("%d bytes and then %d: %s, want %s", begun, len(whole), got, want)
			}
			for i, c := range contents {
				if want := ref.Digest(sha256.Sum256(c)); digests[i] != want {
					t.Fatalf("content %d of %d bytes: %s, want %s", i, len(c), digests[i], want)
				}
			}
		}
	}
}

// TestTwoHashesGoOnTogether: in pieces of any length.
func TestTwoHashesGoOnTogether(t *testing.T) {
	a, b := noise(2, 700_000), noise(3, 500_000)
	g, h, r := ref.NewHash(), ref.NewHash(), rand.New(rand.NewPCG(4, 0))
	piece := func(b *[]byte) []byte {
		n := min(len(*b), r.IntN(5_000)*r.IntN(40))
		part := (*b)[:n]
		*b = (*b)[n:]
		return part
	}
	wantA, wantB := ref.Of(a), ref.Of(b)
	for len(a) > 0 || len(b) > 0 {
		ref.Both(g, piece(&a), h, piece(&b))
	}
	if ref.Sum(g) != wantA || ref.Sum(h) != wantB {
		t.Fatalf("%s and %s, want %s and %s", ref.Sum(g), ref.Sum(h), wantA, wantB)
	}
}

func BenchmarkOneAfterTheOther(b *testing.B) {
	content := noise(5, 1<<20)
	b.SetBytes(1 << 20)
	for b.Loop() {
		for i := 0; i < len(content); i += 64 << 10 {
			ref.Of(content[i : i+64<<10])
		}
	}
}

func BenchmarkTwoAtOnce(b *testing.B) {
	content := noise(5, 1<<20)
	var parts [][]byte
	for i := 0; i < len(content); i += 64 << 10 {
		parts = append(parts, content[i:i+64<<10])
	}
	digests := make([]ref.Digest, len(parts))
	b.SetBytes(1 << 20)
	for b.Loop() {
		ref.OfAll(parts, digests)
	}
}
