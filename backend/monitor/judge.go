package monitor

import (
	"cmp"
	"slices"

	"rondo/backend/monitor/stat"
)

// judge decides, over all columns of a window together, which of them drifted:
// those whose effect reaches a threshold and whose p, adjusted for the number of
// questions asked, is at most alpha. The data checks are judged the same way.
func judge(w *Window) {
	rule := w.Rule
	if w.Rows < rule.MinRows || w.BaselineRows < rule.MinRows {
		w.Status, w.Needed = StatusTooSmall, rule.MinRows
		for i := range w.Columns {
			w.Columns[i].Verdict = tooSmallColumn(w.Columns[i], rule.MinRows)
		}
		w.Verdict = windowVerdict(*w)
		return
	}
	judgeColumns(w.Columns, rule)
	judgeChecks(w.Columns, rule)
	w.Status = StatusQuiet
	for _, c := range byEffect(w.Columns) {
		if c.Drifted {
			w.Status, w.Drifted = StatusDrift, append(w.Drifted, c.Name)
		}
		if slices.ContainsFunc(c.Checks, func(k Check) bool { return k.Failed }) {
			w.Faults = append(w.Faults, c.Name)
		}
	}
	w.Verdict = windowVerdict(*w)
}

func judgeColumns(columns []Column, rule Config) {
	var asked []int
	var ps []float64
	for i, c := range columns {
		if enough(c, rule) {
			asked, ps = append(asked, i), append(ps, c.P)
		} else {
			columns[i].Verdict = tooSmallColumn(c, rule.MinRows)
		}
	}
	for i, p := range stat.BenjaminiHochberg(ps) {
		c := &columns[asked[i]]
		c.PAdjusted = p
		reached := slices.ContainsFunc(c.Effects, func(e Effect) bool { return e.Reached })
		c.Drifted = reached && p <= rule.Alpha
		c.Verdict = columnVerdict(*c, rule)
	}
}

func judgeChecks(columns []Column, rule Config) {
	var asked []*Check
	var ps []float64
	for i := range columns {
		for j := range columns[i].Checks {
			asked = append(asked, &columns[i].Checks[j])
			ps = append(ps, columns[i].Checks[j].P)
		}
	}
	for i, p := range stat.BenjaminiHochberg(ps) {
		k := asked[i]
		k.P = p
		k.Failed = k.Window-k.Baseline >= k.Threshold && p <= rule.Alpha
	}
}

// enough reports whether a column has the values to be judged on.
func enough(c Column, rule Config) bool {
	return c.Window.Rows-c.Window.Missing >= rule.MinRows && c.Baseline.Rows-c.Baseline.Missing >= rule.MinRows
}

// lead is the measure a column is spoken of by: the one that reached most over its
// threshold, or else the one that comes closest to it.
func lead(c Column) Effect {
	best := Effect{}
	for _, e := range c.Effects {
		if e.Threshold > 0 && (best.Threshold == 0 || e.Value/e.Threshold > best.Value/best.Threshold) {
			best = e
		}
	}
	return best
}

// byEffect orders columns by how far their effect goes towards the threshold.
func byEffect(columns []Column) []Column {
	out := slices.Clone(columns)
	strength := func(c Column) float64 {
		e := lead(c)
		if e.Threshold == 0 {
			return 0
		}
		return e.Value / e.Threshold
	}
	slices.SortStableFunc(out, func(a, b Column) int { return cmp.Compare(strength(b), strength(a)) })
	return out
}
