package monitor

import (
	"math"
	"slices"

	"rondo/backend/monitor/stat"
)

const (
	psiBins   = 10 // baseline quantile bins of PSI and Jensen–Shannon, the banking custom
	drawBins  = 24 // bins of the histogram that is drawn
	drawTop   = 20 // categories that are drawn
	newValues = 10
)

// compare measures one column of a window against its baseline. What counts as
// drift is judged later, over all columns together.
func compare(c *column, cur *series, rule Config) Column {
	out := Column{
		Name: c.name, Parent: c.parent, Role: c.role, Kind: c.kind, Method: "exact", P: 1, PAdjusted: 1,
		Effects: []Effect{}, Baseline: c.ref.summary(c.kind), Window: cur.summary(c.kind),
	}
	if c.kind == KindNumeric {
		compareNumbers(&out, c.ref.sample, cur.sample)
	} else {
		compareCategories(&out, c.ref.counts, cur.counts)
	}
	for i := range out.Effects {
		e := &out.Effects[i]
		if e.Threshold = rule.Drift[e.Measure]; e.Threshold > 0 {
			e.Reached = e.Value >= e.Threshold
			e.Reason = reasons[e.Measure]
		}
	}
	if c.role != RoleText {
		out.Checks = checks(c, cur, rule)
	}
	return out
}

func compareNumbers(out *Column, ref, cur stat.Sample) {
	ks := stat.KS(ref, cur)
	out.Test, out.Statistic, out.P = MeasureKS, ks.Statistic, ks.P
	if !ks.Exact {
		out.Method = "asymptotic"
	}
	cuts := stat.QuantileEdges(ref, psiBins)
	a, b := stat.Cut(ref, cuts), stat.Cut(cur, cuts)
	out.Effects = append(out.Effects,
		Effect{Measure: MeasureKS, Value: ks.Statistic},
		Effect{Measure: MeasurePSI, Value: stat.PSI(a, b)},
		Effect{Measure: MeasureJS, Value: stat.JensenShannon(a, b)},
		Effect{Measure: MeasureWasserstein, Value: stat.WassersteinNormed(ref, cur)})
	out.Direction = direction(ref, cur)
	out.Histogram = drawNumbers(ref, cur)
}

func compareCategories(out *Column, ref, cur map[string]int) {
	keys := union(ref, cur)
	a, b := pick(ref, keys), pick(cur, keys)
	x := stat.Chi2(a, b)
	out.Test, out.Method, out.Statistic, out.P = MeasureChi2, "asymptotic", x.Statistic, x.P
	out.Effects = append(out.Effects,
		Effect{Measure: MeasureChi2, Value: x.CramerV},
		Effect{Measure: MeasurePSI, Value: stat.PSI(a, b)},
		Effect{Measure: MeasureJS, Value: stat.JensenShannon(a, b)})
	out.Histogram = drawCategories(ref, cur, keys)
	out.NewValues = unseen(ref, cur)
}

// union returns the keys of both, commonest first.
func union(a, b map[string]int) []string {
	both := make(map[string]int, len(a)+len(b))
	for _, m := range []map[string]int{a, b} {
		for k, n := range m {
			both[k] += n
		}
	}
	return commonest(both, len(both))
}

func pick(m map[string]int, keys []string) []int {
	out := make([]int, len(keys))
	for i, k := range keys {
		out[i] = m[k]
	}
	return out
}

func unseen(ref, cur map[string]int) []string {
	fresh := map[string]int{}
	for k, n := range cur {
		if ref[k] == 0 {
			fresh[k] = n
		}
	}
	return commonest(fresh, newValues)
}

// direction says in which way the window's numbers differ from the baseline's.
func direction(ref, cur stat.Sample) string {
	if len(ref) == 0 || len(cur) == 0 {
		return ""
	}
	std := math.Max(ref.Std(), 1e-12)
	shift := (cur.Mean() - ref.Mean()) / std
	switch ratio := cur.Std() / std; {
	case shift > 0.15:
		return "higher"
	case shift < -0.15:
		return "lower"
	case ratio > 1.2:
		return "wider"
	case ratio < 1/1.2:
		return "narrower"
	}
	return "shape"
}

// drawNumbers bins both sides alike. The outermost half per cent of each side goes
// into the edge bins, so that one stray value does not flatten the picture.
func drawNumbers(ref, cur stat.Sample) Histogram {
	if len(ref)+len(cur) == 0 {
		return Histogram{Baseline: []int{}, Window: []int{}}
	}
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, s := range []stat.Sample{ref, cur} {
		if len(s) > 0 {
			lo, hi = math.Min(lo, s.Quantile(0.005)), math.Max(hi, s.Quantile(0.995))
		}
	}
	edges := stat.Even(lo, hi, min(drawBins, max(1, stat.New(slices.Concat(ref, cur)).Distinct())))
	return Histogram{Edges: edges, Baseline: within(ref, edges), Window: within(cur, edges)}
}

func within(s stat.Sample, edges []float64) []int {
	counts, below, above := stat.Histogram(s, edges)
	counts[0] += below
	counts[len(counts)-1] += above
	return counts
}

// drawCategories keeps the commonest categories and gathers the others in the last one.
func drawCategories(ref, cur map[string]int, keys []string) Histogram {
	shown := keys[:min(drawTop, len(keys))]
	h := Histogram{Labels: slices.Clone(shown), Baseline: pick(ref, shown), Window: pick(cur, shown)}
	if len(keys) > len(shown) {
		var a, b int
		for _, k := range keys[len(shown):] {
			a, b = a+ref[k], b+cur[k]
		}
		h.Labels, h.Baseline, h.Window = append(h.Labels, "…"), append(h.Baseline, a), append(h.Window, b)
	}
	return h
}
