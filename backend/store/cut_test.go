package store

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// cutPlainly is FastCDC as it is written down: one byte after the other.
func cutPlainly(b []byte, last bool) int {
	if len(b) <= minChunk {
		if last {
			return len(b)
		}
		return 0
	}
	normal, most := min(normalChunk, len(b)), min(maxChunk, len(b))
	h := uint64(0)
	for i := minChunk; i < most; i++ {
		mask := uint64(0xffff << 48)
		if i >= normal {
			mask = 0xfffc << 48
		}
		if h = h<<1 + gear[b[i]]; h&mask == 0 {
			return i + 1
		}
	}
	if last || most == maxChunk {
		return most
	}
	return 0
}

// TestChunksEndWhereTheyAlwaysDid: where a chunk ends is what two versions share, so the
// fast way has to find the ends of the plain one: in noise, in text that repeats, in
// zeros, at every kind of length, and whether or not the content goes on.
func TestChunksEndWhereTheyAlwaysDid(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 0))
	noise := make([]byte, 3<<20)
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	contents := map[string][]byte{
		"noise": noise, "zeros": make([]byte, 1<<20), "lines": bytes.Repeat([]byte("a,b,17,0.25\n"), 90_000),
	}
	for name, content := range contents {
		for range 40 {
			from := r.IntN(len(content))
			b := content[from : from+r.IntN(len(content)-from+1)]
			for _, last := range []bool{true, false} {
				parts, rest := cutAll(b, last)
				at := 0
				for i, p := range parts {
					if want := cutPlainly(b[at:], last); len(p) != want {
						t.Fatalf("%s: chunk %d of %d bytes (last %v) has %d bytes, want %d", name, i, len(b), last, len(p), want)
					}
					at += len(p)
				}
				if want := len(b) - at; len(rest) != want || want > 0 && cutPlainly(rest, last) != 0 {
					t.Fatalf("%s: of %d bytes (last %v) %d are left, want %d and no end in them", name, len(b), last, len(rest), want)
				}
			}
		}
	}
}

// TestAChunkMayEndRightAfterTheLeast: the hash begins anew there, so that for a window it
// is not what it would be in the middle of a content.
func TestAChunkMayEndRightAfterTheLeast(t *testing.T) {
	r, b := rand.New(rand.NewPCG(9, 0)), make([]byte, 1<<20)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	seen := map[int]bool{}
	for len(seen) < 40 {
		h, want := uint64(0), 0
		for i := range window {
			c := byte(r.Uint32())
			b[minChunk+i] = c
			if h = h<<1 + gear[c]; h < hard && want == 0 {
				want = minChunk + i + 1
			}
		}
		if want == 0 || seen[want] {
			continue
		}
		seen[want] = true
		if parts, _ := cutAll(b, true); len(parts[0]) != want || cutPlainly(b, true) != want {
			t.Fatalf("it has %d bytes, want %d", len(parts[0]), want)
		}
	}
	if !seen[minChunk+window] || !seen[minChunk+window-1] {
		t.Fatal("the end of the window was not tried") // choose another seed
	}
}

func BenchmarkCut(b *testing.B) {
	x := make([]byte, 4<<20)
	r := rand.New(rand.NewPCG(8, 0))
	for i := range x {
		x[i] = byte(r.Uint32())
	}
	b.SetBytes(int64(len(x)))
	for b.Loop() {
		cutAll(x, true)
	}
}
