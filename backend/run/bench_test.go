package run_test

import (
	"fmt"
	"testing"
	"time"

	"rondo/backend/run"
)

// batch is 1,000 points of as many keys.
func batch(keys int, step int64) run.Batch {
	b := run.Batch{Points: make([]run.Point, 1000)}
	for i := range b.Points {
		b.Points[i] = run.Point{Key: fmt.Sprint("metric", i%keys), Value: float64(i), Step: step + int64(i/keys), Time: time.Now().UnixMilli()}
	}
	return b
}

// BenchmarkLogBatch logs 1,000 metrics durably.
func BenchmarkLogBatch(b *testing.B) {
	for _, keys := range []int{1000, 10} {
		b.Run(fmt.Sprint(keys, " keys"), func(b *testing.B) {
			h := open(b, b.TempDir())
			r := h.run(b, run.Create{})
			step := int64(0)
			for b.Loop() {
				must(b, h.Log(b.Context(), r.ID, batch(keys, step)))
				step += 1000
			}
			b.ReportMetric(float64(b.N)*1000/b.Elapsed().Seconds(), "metrics/s")
		})
	}
}

// BenchmarkLogMetric logs one metric durably, alone and with fifteen others doing the same.
func BenchmarkLogMetric(b *testing.B) {
	b.Run("1 writer", func(b *testing.B) {
		h := open(b, b.TempDir())
		r := h.run(b, run.Create{})
		for b.Loop() {
			must(b, h.Log(b.Context(), r.ID, run.Batch{Points: []run.Point{{Key: "loss", Value: 1, Step: int64(b.N)}}}))
		}
	})
	b.Run("16 writers", func(b *testing.B) {
		h := open(b, b.TempDir())
		r := h.run(b, run.Create{})
		b.SetParallelism(8)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				must(b, h.Log(b.Context(), r.ID, run.Batch{Points: []run.Point{{Key: "loss", Value: 1}}}))
			}
		})
	})
}

// BenchmarkSearch finds 100 of 5,000 runs by a metric.
func BenchmarkSearch(b *testing.B) {
	h := open(b, b.TempDir())
	for i := range 5000 {
		r := h.run(b, run.Create{Params: map[string]string{"lr": fmt.Sprint(i % 10), "depth": fmt.Sprint(i % 7)}})
		must(b, h.Log(b.Context(), r.ID, run.Batch{Points: []run.Point{{Key: "acc", Value: float64(i) / 5000}, {Key: "loss", Value: 1}}}))
	}
	for b.Loop() {
		_, _, total, err := h.Search(b.Context(), run.Search{Filter: "metrics.acc > 0.5 AND params.lr = '3'", OrderBy: []string{"metrics.acc DESC"}, Limit: 100})
		if err != nil || total != 250 {
			b.Fatal(total, err)
		}
	}
}
