package store_test

import (
	"bytes"
	"os"
	"runtime"
	"sync"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/ref"
)

// TestManyAtOnceAreVerified: large objects that more read than there are cores, which hashes
// them in pairs, come back as they were; of those one is damaged, and it alone is named.
func TestManyAtOnceAreVerified(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	n := 2*runtime.NumCPU() + 1
	contents, digests := make([][]byte, n), make([]ref.Digest, n)
	for i := range contents {
		contents[i] = noise(uint64(60+i), 3<<20+i*100_003)
		digests[i] = next(t, s, contents[i], ref.Zero)
	}
	damage(t, dir, contents[2][1<<20:1<<20+64])
	var work sync.WaitGroup
	for i := range contents {
		work.Go(func() {
			for range 5 {
				var b bytes.Buffer
				switch _, err := s.WriteTo(ctx, digests[i], &b); {
				case i == 2 && !errs.Is(err, errs.Corrupt):
					t.Errorf("the damaged one: %v", err)
				case i != 2 && (err != nil || !bytes.Equal(b.Bytes(), contents[i])):
					t.Errorf("object %d: %d bytes came back, %v", i, b.Len(), err)
				}
			}
		})
	}
	work.Wait()
}

// damage turns a bit of what packs hold of a content.
func damage(t *testing.T, dir string, part []byte) {
	t.Helper()
	for _, p := range packs(t, dir) {
		b, err := os.ReadFile(p)
		must(t, err)
		if at := bytes.Index(b, part); at >= 0 {
			b[at] ^= 1
			must(t, os.Chmod(p, 0o644))
			must(t, os.WriteFile(p, b, 0o644))
			return
		}
	}
	t.Fatal("no pack holds it")
}
