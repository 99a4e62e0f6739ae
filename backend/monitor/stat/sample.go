// Package stat holds the statistics of monitoring as pure functions: distances
// between two samples, tests of whether they could be the same, binning, and the
// correction for asking many questions at once.
//
// Every function is total: empty, constant and non-finite input gives a defined,
// finite answer ("no evidence"). It never reads files, keeps no state, and knows
// nothing of columns, windows or thresholds. Values are checked against SciPy.
package stat

import (
	"math"
	"slices"
)

// Sample is a sorted list of finite numbers. Make one with New.
type Sample []float64

// New returns the finite values of xs, sorted; NaN and ±Inf are left out.
func New(xs []float64) Sample {
	s := make(Sample, 0, len(xs))
	for _, x := range xs {
		if !math.IsNaN(x) && !math.IsInf(x, 0) {
			s = append(s, x)
		}
	}
	slices.Sort(s)
	return s
}

// Mean returns the arithmetic mean, 0 for an empty sample.
func (s Sample) Mean() float64 {
	if len(s) == 0 {
		return 0
	}
	mean := 0.0 // the running form cannot overflow
	for i, x := range s {
		mean += x/float64(i+1) - mean/float64(i+1)
	}
	return mean
}

// Std returns the population standard deviation (divisor n), 0 for fewer than two values.
func (s Sample) Std() float64 {
	if len(s) < 2 {
		return 0
	}
	mean, scale := s.Mean(), math.Max(math.Abs(s[0]), math.Abs(s[len(s)-1]))
	if scale == 0 {
		return 0
	}
	sum := 0.0
	for _, x := range s {
		d := x/scale - mean/scale
		sum += d * d
	}
	return bounded(math.Sqrt(sum/float64(len(s))) * scale)
}

// Quantile returns the q-quantile by linear interpolation (NumPy's default), 0 for an empty sample.
func (s Sample) Quantile(q float64) float64 {
	if len(s) == 0 {
		return 0
	}
	at := math.Max(0, math.Min(1, q)) * float64(len(s)-1)
	i := int(at)
	if i+1 >= len(s) {
		return s[len(s)-1]
	}
	f := at - float64(i)
	return s[i]*(1-f) + s[i+1]*f
}

// Distinct returns the number of different values.
func (s Sample) Distinct() int {
	n := 0
	for i, x := range s {
		if i == 0 || x != s[i-1] {
			n++
		}
	}
	return n
}

// bounded keeps a number printable as JSON: never NaN, never infinite.
func bounded(x float64) float64 {
	if math.IsNaN(x) {
		return 0
	}
	return math.Max(-math.MaxFloat64, math.Min(math.MaxFloat64, x))
}

// probability clips rounding errors off a probability.
func probability(p float64) float64 {
	if math.IsNaN(p) {
		return 1
	}
	return math.Max(0, math.Min(1, p))
}
