package stat

import "math"

// shares turns counts into shares of their sum; all zero where the sum is zero.
func shares(counts []int) []float64 {
	total := 0
	for _, c := range counts {
		total += c
	}
	out := make([]float64, len(counts))
	if total > 0 {
		for i, c := range counts {
			out[i] = float64(c) / float64(total)
		}
	}
	return out
}

// PSI is the population stability index Σ(p−q)·ln(p/q) over equal bins. Empty
// bins get a small share (see fill), so that the result is finite. It is 0 where
// a side is empty.
func PSI(reference, current []int) float64 {
	p, q, ok := pair(reference, current)
	if !ok {
		return 0
	}
	p, q = fill(p), fill(q)
	sum := 0.0
	for i := range p {
		sum += (p[i] - q[i]) * math.Log(p[i]/q[i])
	}
	return bounded(sum)
}

// fill gives empty bins a ten-thousandth, or a millionth of the smallest share
// where that is smaller already: the rule of Evidently, so that figures compare.
func fill(p []float64) []float64 {
	least := math.Inf(1)
	for _, x := range p {
		if x > 0 {
			least = math.Min(least, x)
		}
	}
	instead := 1e-4
	if least <= 1e-4 {
		instead = least / 1e6
	}
	out := make([]float64, len(p))
	for i, x := range p {
		if out[i] = x; x == 0 {
			out[i] = instead
		}
	}
	return out
}

// JensenShannon is the Jensen–Shannon distance in base 2, from 0 (equal) to 1 (no overlap).
// The distance by natural logarithm, as SciPy and Evidently give it, is √ln 2 times that.
func JensenShannon(reference, current []int) float64 {
	p, q, ok := pair(reference, current)
	if !ok {
		return 0
	}
	sum := 0.0
	for i := range p {
		m := (p[i] + q[i]) / 2
		for _, x := range []float64{p[i], q[i]} {
			if x > 0 {
				sum += x * math.Log2(x/m) / 2
			}
		}
	}
	return math.Sqrt(probability(sum))
}

func pair(reference, current []int) (p, q []float64, ok bool) {
	if len(reference) != len(current) {
		return nil, nil, false
	}
	p, q = shares(reference), shares(current)
	var sp, sq float64
	for i := range p {
		sp, sq = sp+p[i], sq+q[i]
	}
	return p, q, sp > 0 && sq > 0
}

// Wasserstein is the area between the two distribution functions, in the unit of
// the values: how far they must be moved on average to become the same.
func Wasserstein(a, b Sample) float64 {
	if len(a) == 0 || len(b) == 0 {
		return 0
	}
	sum, i, j := 0.0, 0, 0
	at := math.Min(a[0], b[0])
	for i < len(a) || j < len(b) {
		next := math.Inf(1)
		if i < len(a) {
			next = a[i]
		}
		if j < len(b) {
			next = math.Min(next, b[j])
		}
		d := math.Abs(float64(i)/float64(len(a)) - float64(j)/float64(len(b)))
		sum += next*d - at*d
		for at = next; i < len(a) && a[i] == at; i++ {
		}
		for ; j < len(b) && b[j] == at; j++ {
		}
	}
	return bounded(sum)
}

// WassersteinNormed is Wasserstein in standard deviations of the reference, which
// count as at least 0.001 (Evidently's rule for constant columns).
func WassersteinNormed(reference, current Sample) float64 {
	return bounded(Wasserstein(reference, current) / math.Max(reference.Std(), 0.001))
}
