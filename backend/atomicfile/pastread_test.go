//go:build unix

package atomicfile_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"rondo/backend/atomicfile"
)

// TestWhatIsReadPastTheMemoryIsWhatIsThere: any part of a file, of which the system has all, a
// part or nothing in memory, also where it ends in the file's last bytes or behind them.
func TestWhatIsReadPastTheMemoryIsWhatIsThere(t *testing.T) {
	all := noise(9*mib + 777)
	for _, dir := range places(t) {
		path := filepath.Join(dir, "file")
		must(t, writePast(path, all, mib, true))
		f, err := os.Open(path)
		must(t, err)
		defer f.Close()
		piece := atomicfile.Piece()
		defer atomicfile.Release(piece)
		for range 300 {
			if rand.IntN(3) == 0 {
				atomicfile.Evict(path)
			}
			n := 1 + rand.IntN(atomicfile.MostPast)>>rand.IntN(20)
			at := rand.IntN(len(all) + 100)
			if rand.IntN(3) == 0 {
				at = max(0, len(all)-n)
			}
			got, err := atomicfile.ReadPast(f, *piece, int64(at), n)
			must(t, err)
			if want := all[min(at, len(all)):min(at+n, len(all))]; !bytes.Equal(got, want) {
				t.Fatalf("%s: of %d bytes at %d came %d, or others than are there", dir, n, at, len(got))
			}
		}
	}
}
