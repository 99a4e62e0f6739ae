package stat

import (
	"math"
	"sort"
)

// Sturges returns equal-width edges over both samples: ceil(log2 n + 1) bins, as
// NumPy's histogram_bin_edges(concat(a, b), "sturges"). A constant sample gets one bin of width 1.
func Sturges(a, b Sample) []float64 {
	if len(a)+len(b) == 0 {
		return nil
	}
	lo, hi := span(a, b)
	if lo == hi {
		return []float64{lo - 0.5, hi + 0.5}
	}
	bins := int(math.Ceil(math.Log2(float64(len(a)+len(b))) + 1 - 1e-12))
	return linspace(lo, hi, bins)
}

// Doane returns equal-width edges from a alone, with more bins the more skewed it is.
func Doane(a Sample) []float64 {
	n := float64(len(a))
	if n < 3 || a[0] == a[len(a)-1] {
		return Sturges(a, nil)
	}
	sg := math.Sqrt(6 * (n - 2) / ((n + 1) * (n + 3)))
	bins := 1 + math.Log2(n) + math.Log2(1+math.Abs(a.skewness())/sg)
	return linspace(a[0], a[len(a)-1], int(math.Ceil(bins)))
}

// QuantileEdges returns the inner cut points of up to bins equally filled bins of
// a; equal cut points (many ties) fall together. The outer bins are open.
func QuantileEdges(a Sample, bins int) []float64 {
	var cuts []float64
	for i := 1; i < bins; i++ {
		q := a.Quantile(float64(i) / float64(bins))
		if len(a) > 0 && (len(cuts) == 0 || q > cuts[len(cuts)-1]) {
			cuts = append(cuts, q)
		}
	}
	return cuts
}

// Histogram counts s in the bins between edges as NumPy does: half-open, the last
// one closed. Values outside are counted in below and above.
func Histogram(s Sample, edges []float64) (counts []int, below, above int) {
	if len(edges) < 2 {
		return nil, 0, 0
	}
	counts = make([]int, len(edges)-1)
	last := edges[len(edges)-1]
	for _, x := range s {
		switch {
		case x < edges[0]:
			below++
		case x > last:
			above++
		case x == last:
			counts[len(counts)-1]++
		default:
			counts[sort.Search(len(edges), func(i int) bool { return edges[i] > x })-1]++
		}
	}
	return counts, below, above
}

// Cut counts s in the len(cuts)+1 bins that inner cut points make, the outer ones open.
func Cut(s Sample, cuts []float64) []int {
	counts := make([]int, len(cuts)+1)
	for _, x := range s {
		counts[sort.Search(len(cuts), func(i int) bool { return cuts[i] >= x })]++
	}
	return counts
}

func (s Sample) skewness() float64 {
	mean, std := s.Mean(), s.Std()
	if std == 0 {
		return 0
	}
	sum := 0.0
	for _, x := range s {
		sum += math.Pow((x-mean)/std, 3)
	}
	return bounded(sum / float64(len(s)))
}

func span(a, b Sample) (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, s := range []Sample{a, b} {
		if len(s) > 0 {
			lo, hi = math.Min(lo, s[0]), math.Max(hi, s[len(s)-1])
		}
	}
	return lo, hi
}

func linspace(lo, hi float64, bins int) []float64 {
	edges := make([]float64, bins+1)
	step := (hi - lo) / float64(bins)
	for i := range edges {
		if math.IsInf(step, 0) { // a span that is no number any more
			f := float64(i) / float64(bins)
			edges[i] = lo*(1-f) + hi*f
			continue
		}
		edges[i] = float64(i)*step + lo
	}
	edges[0], edges[bins] = lo, hi
	return edges
}

// Even returns the edges of equal bins from lo to hi; of one bin of width 1 where they are equal.
func Even(lo, hi float64, bins int) []float64 {
	if !(lo < hi) {
		return []float64{lo - 0.5, lo + 0.5}
	}
	return linspace(lo, hi, max(1, bins))
}
