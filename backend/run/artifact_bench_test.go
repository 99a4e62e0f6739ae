package run_test

import (
	"bytes"
	"fmt"
	"testing"

	"rondo/backend/run"
)

// BenchmarkPutArtifact keeps small files durably, one after the other and eight at a time, and large ones.
func BenchmarkPutArtifact(b *testing.B) {
	small, large := bytes.Repeat([]byte("x"), 4<<10), bytes.Repeat([]byte("0123456789abcdef"), 8<<20)
	for name, content := range map[string][]byte{"4 KiB": small, "128 MiB": large} {
		b.Run(name, func(b *testing.B) {
			h := open(b, b.TempDir())
			r := h.run(b, run.Create{})
			b.SetBytes(int64(len(content)))
			n := 0
			for b.Loop() {
				_, err := h.PutArtifact(b.Context(), r.ID, fmt.Sprintf("m/%d", n%1000), bytes.NewReader(content))
				must(b, err)
				if n++; len(content) > 1<<20 {
					n = 0
				}
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
