package stat

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"
)

// Contingency is the chi-square test of a 2×K table: are the two rows of counts
// draws from the same categories? A 2×2 table gets Yates' correction. CramerV is
// the effect size, 0 to 1, without the correction.
type Contingency struct {
	Test
	CramerV float64
	Pooled  int // categories merged as too rare to judge alone
}

// Chi2 tests two rows of counts over the same categories. Categories so rare that
// the approximation fails are merged first (see pool).
func Chi2(reference, current []int) Contingency {
	if len(reference) != len(current) {
		return Contingency{Test: Test{P: 1}}
	}
	r, c, merged := pool(reference, current)
	out := Chi2Raw(r, c)
	out.Pooled = merged
	return out
}

// Chi2Raw is Chi2 without merging, equal to SciPy's chi2_contingency.
func Chi2Raw(reference, current []int) Contingency {
	r, c := dropEmpty(reference, current)
	nr, nc := total(r), total(c)
	if len(r) < 2 || nr == 0 || nc == 0 {
		return Contingency{Test: Test{P: 1}}
	}
	x2, df := chi2Sum(r, c, len(r) == 2), len(r)-1
	v := math.Sqrt(chi2Sum(r, c, false) / (nr + nc))
	p := probability(mathext.GammaIncRegComp(float64(df)/2, x2/2))
	return Contingency{Test: Test{Statistic: x2, P: p, DF: df}, CramerV: math.Min(1, v)}
}

func chi2Sum(r, c []int, yates bool) float64 {
	nr, nc := total(r), total(c)
	sum := 0.0
	for i := range r {
		all := float64(r[i] + c[i])
		for _, cell := range [2]struct{ seen, want float64 }{
			{float64(r[i]), all * nr / (nr + nc)}, {float64(c[i]), all * nc / (nr + nc)},
		} {
			d := math.Abs(cell.seen - cell.want)
			if yates {
				d -= math.Min(0.5, d)
			}
			sum += d * d / cell.want
		}
	}
	return sum
}

// pool merges the rarest categories into one until at most a fifth of the
// expected counts is below 5 and none below 1 (Cochran's rule).
func pool(reference, current []int) (r, c []int, merged int) {
	r, c = dropEmpty(reference, current)
	order := make([]int, len(r))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return r[b] + c[b] - r[a] - c[a] })
	sr, sc := make([]int, len(r)), make([]int, len(r))
	for i, at := range order {
		sr[i], sc[i] = r[at], c[at]
	}
	nr, nc := total(r), total(c)
	for len(sr) > 2 && !cochran(sr, sc, nr, nc) {
		sr, sc = mergeLast(sr, sc)
		merged++
	}
	if merged > 0 {
		merged++
	}
	return sr, sc, merged
}

// mergeLast adds the last category to the rarest before it and keeps the order by size.
func mergeLast(r, c []int) ([]int, []int) {
	n := len(r) - 1
	r[n-1], c[n-1] = r[n-1]+r[n], c[n-1]+c[n]
	for i := n - 1; i > 0 && r[i]+c[i] > r[i-1]+c[i-1]; i-- {
		r[i], r[i-1], c[i], c[i-1] = r[i-1], r[i], c[i-1], c[i]
	}
	return r[:n], c[:n]
}

func cochran(r, c []int, nr, nc float64) bool {
	small, cells := 0, 2*len(r)
	for i := range r {
		for _, n := range [2]float64{nr, nc} {
			want := float64(r[i]+c[i]) * n / (nr + nc)
			if want < 1 {
				return false
			}
			if want < 5 {
				small++
			}
		}
	}
	return small*5 <= cells
}

func dropEmpty(reference, current []int) (r, c []int) {
	for i := range min(len(reference), len(current)) {
		if reference[i]+current[i] > 0 {
			r, c = append(r, reference[i]), append(c, current[i])
		}
	}
	return r, c
}

func total(counts []int) float64 {
	n := 0.0
	for _, c := range counts {
		n += float64(c)
	}
	return n
}
