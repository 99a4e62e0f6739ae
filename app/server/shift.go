package server

import (
	"slices"

	"rondo/backend/dataset/profile"
	"rondo/backend/monitor/stat"
)

// How large an effect is by PSI, whose usual limits are 0.1 and 0.25; below 0.02 there is none.
const (
	psiSmall, psiMedium, psiLarge = 0.02, 0.1, 0.25
	significant                   = 0.05
	psiBins                       = 10
	drawnBins                     = 24 // of numbers, in a picture
	drawnValues                   = 8  // of anything else; what comes after is drawn as one
)

// compareSpreads judges columns of two snapshots as the monitors judge predictions: a test
// for each, corrected for their number, and an effect that does not grow with the rows.
func compareSpreads(list []profile.Spread) []profile.Shift {
	out := make([]profile.Shift, len(list))
	ps := make([]float64, len(list))
	for i, s := range list {
		out[i] = compareSpread(s)
		ps[i] = out[i].P
	}
	for i, p := range stat.BenjaminiHochberg(ps) {
		out[i].PAdjusted, out[i].Significant = p, p < significant
	}
	return out
}

func compareSpread(s profile.Spread) profile.Shift {
	d := profile.Shift{
		Column: s.Column, Type: s.Type, MissingFrom: s.MissingFrom, MissingTo: s.MissingTo, MeanFrom: s.MeanFrom, MeanTo: s.MeanTo, Approximate: s.Approximate,
	}
	was, now := s.Counts[0], s.Counts[1]
	if was == nil {
		a, b := stat.New(s.From), stat.New(s.To)
		t := stat.KS(a, b)
		d.Test, d.Statistic, d.P, d.Distance = "ks", t.Statistic, t.P, t.Statistic
		cuts := stat.QuantileEdges(a, psiBins)
		was, now = stat.Cut(a, cuts), stat.Cut(b, cuts)
		d.Bins = numberBins(a, b)
	} else {
		t := stat.Chi2(was, now)
		d.Test, d.Statistic, d.P, d.Distance = "chi2", t.Statistic, t.P, t.CramerV
		d.Bins = valueBins(s.Values, was, now)
	}
	d.PSI = stat.PSI(was, now)
	d.Effect = effectOf(d.PSI)
	return d
}

// numberBins counts both in equal steps from the least to the greatest of all.
func numberBins(a, b stat.Sample) (bins profile.Bins) {
	all := stat.New(slices.Concat(a, b))
	bins.Edges = stat.Even(all.Quantile(0), all.Quantile(1), drawnBins)
	bins.From, _, _ = stat.Histogram(a, bins.Edges)
	bins.To, _, _ = stat.Histogram(b, bins.Edges)
	return bins
}

// valueBins are the most frequent values of both, and the others together.
func valueBins(values []string, was, now []int) (bins profile.Bins) {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return was[j] + now[j] - was[i] - now[i] })
	for k, i := range order {
		if k < drawnValues {
			bins.Labels, bins.From, bins.To = append(bins.Labels, values[i]), append(bins.From, was[i]), append(bins.To, now[i])
			continue
		}
		if k == drawnValues {
			bins.Labels, bins.From, bins.To = append(bins.Labels, ""), append(bins.From, 0), append(bins.To, 0)
		}
		bins.From[drawnValues] += was[i]
		bins.To[drawnValues] += now[i]
	}
	return bins
}

func effectOf(psi float64) string {
	switch {
	case psi >= psiLarge:
		return profile.EffectLarge
	case psi >= psiMedium:
		return profile.EffectMedium
	case psi >= psiSmall:
		return profile.EffectSmall
	}
	return profile.EffectNone
}
