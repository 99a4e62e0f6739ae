package profile

import (
	"context"
	"slices"

	"rondo/backend/dataset/table"
)

// Spread is how the values of one column lie in two snapshots: numbers, or how often each
// value is there, over the same values.
type Spread struct {
	Column      string
	Type        string
	From, To    []float64 // of numbers: at most 2,000 that stand for all, sorted
	Counts      [2][]int  // of anything else
	Values      []string  // that these count
	Approximate bool
	MissingFrom float64 // shares
	MissingTo   float64
	MeanFrom    *float64
	MeanTo      *float64
}

// Shift says how far the values of a column have moved. Effect is how much that is, and
// Significant whether it is more than chance: with many rows a small effect is sure, with
// few a large one is not.
type Shift struct {
	Column      string   `json:"column"`
	Type        string   `json:"type"`
	Test        string   `json:"test"`      // ks (Kolmogorov–Smirnov) or chi2
	Statistic   float64  `json:"statistic"` // of the test
	P           float64  `json:"p"`
	PAdjusted   float64  `json:"p_adjusted"` // by Benjamini and Hochberg over all columns of the table
	Significant bool     `json:"significant"`
	PSI         float64  `json:"psi"`      // population stability index
	Distance    float64  `json:"distance"` // KS distance, or Cramér's V: 0 to 1
	Effect      string   `json:"effect"`   // none, small, medium or large
	MissingFrom float64  `json:"missing_from"`
	MissingTo   float64  `json:"missing_to"`
	MeanFrom    *float64 `json:"mean_from,omitempty"`
	MeanTo      *float64 `json:"mean_to,omitempty"`
	Approximate bool     `json:"approximate,omitempty"` // judged by a part of the values that stands for all
	Bins        Bins     `json:"bins"`
}

// Bins hold how the values lie now and were before, over the same bins: Edges, one more than
// counts, for numbers, Labels for anything else, of which the last is empty where it stands for
// all other values.
type Bins struct {
	Edges  []float64 `json:"edges,omitempty"`
	Labels []string  `json:"labels,omitempty"`
	From   []int     `json:"from"`
	To     []int     `json:"to"`
}

// The sizes of an effect.
const (
	EffectNone   = "none"
	EffectSmall  = "small"
	EffectMedium = "medium"
	EffectLarge  = "large"
)

const maxSpread = 2_000 // numbers of one side that are compared

// Spreads compares the columns that both forms of a table have, each of which has a row at least.
// Columns with too many different texts, such as ids, have no spread to compare.
func Spreads(ctx context.Context, f table.File, from, to table.Opener) ([]Spread, error) {
	a, was, rowsA, err := gather(ctx, f, from, nil)
	if err != nil {
		return nil, err
	}
	b, now, rowsB, err := gather(ctx, f, to, nil)
	if err != nil {
		return nil, err
	}
	var list []Spread
	for i, column := range b.Columns {
		j := slices.Index(a.Columns, column)
		if j < 0 || rowsA == 0 || rowsB == 0 {
			continue
		}
		if sp, ok := spread(column, was[j], now[i], rowsA, rowsB); ok {
			list = append(list, sp)
		}
	}
	return list, nil
}

func spread(name string, was, now *summary, rowsA, rowsB int64) (Spread, bool) {
	sp := Spread{
		Column: name, Type: now.kind(),
		MissingFrom: float64(was.missing) / float64(rowsA), MissingTo: float64(now.missing) / float64(rowsB),
	}
	if was.present == 0 || now.present == 0 {
		return sp, false
	}
	if was.numbers == was.present && now.numbers == now.present {
		sp.From, sp.To = was.sketch.some(was.numbers), now.sketch.some(now.numbers)
		sp.Approximate = was.numbers > int64(len(sp.From)) || now.numbers > int64(len(sp.To))
		sp.MeanFrom, sp.MeanTo = finite(was.origin+was.mean), finite(now.origin+now.mean)
		return sp, true
	}
	unique := func(s *summary) bool { return s.more || !s.repeated && s.present > maxCategories }
	if unique(was) || unique(now) {
		return sp, false
	}
	sp.Values, sp.Counts = countsOf(was.values, now.values)
	return sp, true
}

// countsOf lays the counts of both over the same values, in their order.
func countsOf(a, b map[string]int64) (names []string, out [2][]int) {
	for v := range a {
		names = append(names, v)
	}
	for v := range b {
		if _, both := a[v]; !both {
			names = append(names, v)
		}
	}
	slices.Sort(names)
	for _, v := range names {
		out[0], out[1] = append(out[0], int(a[v])), append(out[1], int(b[v]))
	}
	return names, out
}

// some returns all values while they are few, else equally many from every part.
func (s *sketch) some(total int64) []float64 {
	all := s.sorted()
	n := min(total, maxSpread)
	out := make([]float64, 0, n)
	var before int64
	for _, w := range all {
		before += w.weight
		for int64(len(out)) < n && (2*int64(len(out))+1)*total < 2*n*before {
			out = append(out, w.value)
		}
	}
	return out
}
