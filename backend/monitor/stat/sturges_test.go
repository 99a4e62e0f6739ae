package stat_test

import (
	"math"

	"rondo/backend/monitor/stat"
)

// sturges are equal bins over both samples, as many as NumPy's histogram_bin_edges(concat(a, b), "sturges")
// makes, with which the golden numbers were computed.
func sturges(a, b stat.Sample) []float64 {
	if len(a)+len(b) == 0 {
		return nil
	}
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, s := range []stat.Sample{a, b} {
		if len(s) > 0 {
			lo, hi = math.Min(lo, s[0]), math.Max(hi, s[len(s)-1])
		}
	}
	return stat.Even(lo, hi, int(math.Ceil(math.Log2(float64(len(a)+len(b)))+1-1e-12)))
}
