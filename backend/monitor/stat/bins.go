package stat

import (
	"math"
	"sort"
)

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
