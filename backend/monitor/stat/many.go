package stat

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"
)

// BenjaminiHochberg returns the p values adjusted for having asked len(p)
// questions: rejecting those at or below α keeps the expected share of false
// findings at or below α. NaN counts as 1.
func BenjaminiHochberg(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch pa, pb := probability(p[a]), probability(p[b]); {
		case pa > pb:
			return -1
		case pa < pb:
			return 1
		}
		return 0
	})
	out, least := make([]float64, len(p)), 1.0
	for i, at := range order {
		least = math.Min(least, probability(p[at])*float64(len(p))/float64(len(p)-i))
		out[at] = least
	}
	return out
}

// BinomialTail is P(X ≥ k) for n draws that each succeed with probability p.
func BinomialTail(k, n int, p float64) float64 {
	switch {
	case k <= 0 || p >= 1 && k <= n:
		return 1
	case k > n || p <= 0 || math.IsNaN(p):
		return 0
	}
	return probability(mathext.RegIncBeta(float64(k), float64(n-k+1), p))
}

// FisherGreater is the one-sided exact p that the share k2 of n2 is not larger
// than the share k1 of n1 by more than chance (Fisher's exact test).
func FisherGreater(k1, n1, k2, n2 int) float64 {
	if n1 <= 0 || n2 <= 0 || k2 <= 0 || k1 < 0 || k1 > n1 || k2 > n2 {
		return 1
	}
	k, all := k1+k2, n1+n2
	base, sum := choose(all, k), 0.0
	for x := k2; x <= min(k, n2); x++ {
		if k-x <= n1 {
			sum += math.Exp(choose(n2, x) + choose(n1, k-x) - base)
		}
	}
	return probability(sum)
}

func choose(n, k int) float64 { return lgamma(n+1) - lgamma(k+1) - lgamma(n-k+1) }

// Wilson is the score interval of a share k of n at 95 % confidence; 0 and 1 where n is 0.
func Wilson(k, n int) (low, high float64) {
	if n <= 0 {
		return 0, 1
	}
	const z = 1.959963984540054
	fn, p := float64(n), float64(k)/float64(n)
	mid := (p + z*z/(2*fn)) / (1 + z*z/fn)
	half := z / (1 + z*z/fn) * math.Sqrt(p*(1-p)/fn+z*z/(4*fn*fn))
	return probability(mid - half), probability(mid + half)
}
