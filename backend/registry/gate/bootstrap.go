package gate

import (
	"math"
	"math/rand/v2"
	"slices"
)

const (
	resamples = 2000
	// maxDraws bounds the work on very large hold-outs; their intervals are narrow
	// enough to be read off fewer resamples.
	maxDraws = 200_000_000
	least    = 200
)

// measured computes a metric of some rows with weights.
type measured func(weights []int) float64

func measure(metric string, labels, answers []string) measured {
	if lowerIsBetter(metric) {
		return func(w []int) float64 {
			mae, rmse := deviations(labels, answers, w)
			if metric == "rmse" {
				return rmse
			}
			return mae
		}
	}
	t := newTable(labels, answers)
	return func(w []int) float64 {
		t.clear()
		for i, n := range w {
			t.add(i, n)
		}
		return t.metric(metric)
	}
}

// paired returns the percentile interval of metric(a) − metric(b) when the rows are
// drawn again with replacement, the same rows for both (Efron & Tibshirani, An
// Introduction to the Bootstrap, 1993, chapter 13).
func paired(metric string, labels, a, b []string, confidence float64, seed uint64) Interval {
	n := len(labels)
	rounds := max(least, min(resamples, maxDraws/max(n, 1)))
	rng := rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15))
	ma, mb := measure(metric, labels, a), measure(metric, labels, b)
	diffs, weights := make([]float64, rounds), make([]int, n)
	for i := range diffs {
		clear(weights)
		for range n {
			weights[rng.IntN(n)]++
		}
		diffs[i] = ma(weights) - mb(weights)
	}
	slices.Sort(diffs)
	tail := (1 - confidence) / 2
	return Interval{Low: quantile(diffs, tail), High: quantile(diffs, 1-tail), Confidence: confidence, Resamples: rounds}
}

// quantile interpolates between order statistics (type 7 of Hyndman & Fan).
func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	at := q * float64(len(sorted)-1)
	i := int(math.Floor(at))
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}
