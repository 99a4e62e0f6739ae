package atomicfile_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"rondo/backend/atomicfile"
)

// TestZerosAreLeftOut: whatever runs of zeros and in whatever pieces it comes, past the system's
// memory or not, a file holds what was written.
func TestZerosAreLeftOut(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for round := range 60 {
		want := patchwork(r)
		f, err := os.Create(filepath.Join(t.TempDir(), "f"))
		must(t, err)
		holes := atomicfile.WriteHoles(f)
		past := atomicfile.WritePast(holes, f)
		if round%3 == 0 {
			past.Bypass()
		}
		for rest := want; len(rest) > 0; {
			n := min(len(rest), 1+r.IntN(700_000))
			if round%2 == 0 {
				_, err = past.Write(rest[:n])
			} else {
				_, err = holes.Write(rest[:n])
			}
			must(t, err)
			rest = rest[n:]
		}
		must(t, past.End())
		must(t, holes.End())
		must(t, f.Close())
		if got, err := os.ReadFile(f.Name()); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("round %d: %d bytes and not the %d that were written, %v", round, len(got), len(want), err)
		}
	}
}

// patchwork are runs of zeros and of noise.
func patchwork(r *rand.Rand) (all []byte) {
	for range 1 + r.IntN(8) {
		part := make([]byte, r.IntN(3<<20)>>r.IntN(12))
		if r.IntN(2) == 0 {
			for i := range part {
				part[i] = byte(r.Uint32())
			}
		}
		all = append(all, part...)
	}
	if r.IntN(3) == 0 { // it ends in a run
		all = append(all, make([]byte, 256<<10-len(all)%(128<<10))...)
	}
	return all
}
