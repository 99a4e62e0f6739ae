package run_test

import (
	"bytes"
	"fmt"
	"testing"

	"rondo/backend/run"
)

// BenchmarkPutArtifact keeps small files durably, new ones and one again and again, one after the other
// and eight at a time, and large ones.
func BenchmarkPutArtifact(b *testing.B) {
	small, large := bytes.Repeat([]byte("x"), 4<<10), bytes.Repeat([]byte("0123456789abcdef"), 8<<20)
	for _, c := range []struct {
		name    string
		content []byte
		names   int
	}{{"4 KiB", small, 1 << 30}, {"4 KiB, replaced", small, 1}, {"128 MiB, replaced", large, 1}} {
		b.Run(c.name, func(b *testing.B) {
			h := open(b, b.TempDir())
			r := h.run(b, run.Create{})
			b.SetBytes(int64(len(c.content)))
			n := 0
			for b.Loop() {
				_, err := h.PutArtifact(b.Context(), r.ID, fmt.Sprintf("m/%d", n%c.names), bytes.NewReader(c.content))
				must(b, err)
				n++
			}
		})
	}
	b.Run("4 KiB, 8 at a time", func(b *testing.B) {
		h := open(b, b.TempDir())
		r := h.run(b, run.Create{})
		b.SetParallelism(4)
		n := make(chan int, 1)
		n <- 0
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				i := <-n
				n <- i + 1
				_, err := h.PutArtifact(b.Context(), r.ID, fmt.Sprintf("m/%d", i%1000), bytes.NewReader(small))
				must(b, err)
			}
		})
	})
}
