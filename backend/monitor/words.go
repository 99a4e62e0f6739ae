package monitor

import (
	"fmt"
	"strings"
)

// reasons say why each threshold is where it is.
var reasons = map[string]string{
	MeasureKS:          "D is the largest difference between the two cumulative shares: from here on at least this share of the values would have to move; smaller shifts rarely change a model's answers",
	MeasureChi2:        "Cramér's V of 0.1 is by convention the smallest association worth naming",
	MeasurePSI:         "by the custom of credit scoring 0.1 asks for a look and 0.2 for action",
	MeasureJS:          "distance in base 2, where 0 is equal and 1 shares nothing; 0.1 is the usual default of monitoring tools",
	MeasureWasserstein: "how many standard deviations of the training data the values moved on average; 0.1 is the usual default of monitoring tools",
	CheckMissing:       "the share of missing values may grow by this much before answers rest on guesses",
	CheckOutOfRange:    "outside the range of training the model extrapolates; this share of such values is more than stray readings",
	CheckNewCategory:   "the model has never seen these values; this share of them is more than typing errors",
}

var symbols = map[string]string{MeasureKS: "D", MeasureChi2: "V", MeasurePSI: "PSI", MeasureJS: "JS", MeasureWasserstein: "W"}

var directions = map[string]string{
	"higher": "values are higher than in training", "lower": "values are lower than in training",
	"wider": "values are more spread out than in training", "narrower": "values are less spread out than in training",
	"shape": "the shape of the distribution changed",
}

func says(code string, values map[string]any, format string, args ...any) Verdict {
	return Verdict{Code: code, Text: fmt.Sprintf(format, args...), Values: values}
}

func tooSmallColumn(c Column, needed int) Verdict {
	have := min(c.Window.Rows-c.Window.Missing, c.Baseline.Rows-c.Baseline.Missing)
	return says("column.not_enough_data", map[string]any{"column": c.Name, "have": have, "needed": needed},
		"%s: not enough data: %d values, %d needed", c.Name, have, needed)
}

func columnVerdict(c Column, rule Config) Verdict {
	e := lead(c)
	values := map[string]any{
		"column": c.Name, "measure": e.Measure, "effect": e.Value, "threshold": e.Threshold,
		"p": c.PAdjusted, "alpha": rule.Alpha, "direction": c.Direction,
	}
	what := effectText(c)
	switch {
	case c.Drifted:
		return says("column.drift", values, "%s drifted: %s, adjusted p %s%s", c.Name, what, pText(c.PAdjusted), directionText(c))
	case e.Value >= e.Threshold && e.Threshold > 0:
		return says("column.chance", values, "%s may differ by chance: %s, but adjusted p %s is above %v", c.Name, what, pText(c.PAdjusted), rule.Alpha)
	case c.PAdjusted <= rule.Alpha:
		return says("column.small", values, "%s differs by little: %s (no chance: adjusted p %s)", c.Name, what, pText(c.PAdjusted))
	}
	return says("column.quiet", values, "%s is quiet: %s", c.Name, what)
}

func directionText(c Column) string {
	if t := directions[c.Direction]; t != "" {
		return "; " + t
	}
	return ""
}

// effectText is "D=0.41, at or above 0.15".
func effectText(c Column) string {
	e := lead(c)
	side := "below"
	if e.Value >= e.Threshold {
		side = "at or above"
	}
	return fmt.Sprintf("%s=%.2f, %s %v", symbols[e.Measure], e.Value, side, e.Threshold)
}

func pText(p float64) string {
	if p < 0.001 {
		return "< 0.001"
	}
	return fmt.Sprintf("%.3f", p)
}

func windowVerdict(w Window) Verdict {
	values := map[string]any{"rows": w.Rows, "columns": len(w.Columns), "drifted": len(w.Drifted), "faults": len(w.Faults)}
	if w.Status == StatusTooSmall {
		values["needed"] = w.Needed
		return says("window.not_enough_data", values, "Not enough data: %d rows in the window and %d in the baseline, %d needed on each side", w.Rows, w.BaselineRows, w.Needed)
	}
	ordered := byEffect(w.Columns)
	if len(ordered) > 0 {
		e := lead(ordered[0])
		values["column"], values["measure"], values["effect"], values["threshold"], values["p"] = ordered[0].Name, e.Measure, e.Value, e.Threshold, ordered[0].PAdjusted
	}
	if w.Status == StatusDrift {
		return says("window.drift", values, "Drift in %d of %d columns: %s%s", len(w.Drifted), len(w.Columns), driftList(ordered), faultText(w))
	}
	return quietVerdict(w, ordered, values)
}

func quietVerdict(w Window, ordered []Column, values map[string]any) Verdict {
	if len(ordered) == 0 {
		return says("window.quiet", values, "Quiet: there is no column to compare")
	}
	top := ordered[0]
	if e := lead(top); e.Value >= e.Threshold {
		return says("window.chance", values, "Quiet: %s, which happens by chance in %d rows (adjusted p %s)%s",
			largest(ordered), w.Rows, pText(top.PAdjusted), faultText(w))
	}
	return says("window.quiet", values, "Quiet: largest effects %s%s", largest(ordered), faultText(w))
}

// largest names the three columns that come closest to their thresholds.
func largest(ordered []Column) string {
	var parts []string
	for _, c := range ordered[:min(3, len(ordered))] {
		e := lead(c)
		parts = append(parts, fmt.Sprintf("%s %s=%.2f (threshold %v)", c.Name, symbols[e.Measure], e.Value, e.Threshold))
	}
	return strings.Join(parts, ", ")
}

func driftList(ordered []Column) string {
	var parts []string
	for _, c := range ordered {
		if c.Drifted {
			e := lead(c)
			parts = append(parts, fmt.Sprintf("%s %s=%.2f (threshold %v)", c.Name, symbols[e.Measure], e.Value, e.Threshold))
		}
	}
	return strings.Join(parts, ", ")
}

func faultText(w Window) string {
	if len(w.Faults) == 0 {
		return ""
	}
	return "; " + faultList(w)
}

func waitingVerdict(m Monitor) Verdict {
	values := map[string]any{"pending": m.Pending, "rows": m.Rows}
	if m.Rows > 0 {
		return says("monitor.waiting", values, "Waiting for the first window: %d of %d answers", m.Pending, m.Rows)
	}
	return says("monitor.waiting", values, "Waiting for the first window of %s: %d answers so far", m.Every, m.Pending)
}

func noBasisVerdict(reason error) Verdict {
	return says("window.no_baseline", map[string]any{"reason": reason.Error()}, "There is nothing to compare with: %s", reason)
}

func faultList(w Window) string { return "data checks fail in " + strings.Join(w.Faults, ", ") }

// Reason says why a measure's or check's usual threshold is where it is.
func Reason(code string) string { return reasons[code] }
