package gate

import (
	"fmt"
	"strings"
)

// words says a verdict in one sentence with its figures.
func words(v Verdict, other int) string {
	switch {
	case v.Per != "":
		return partWords(v)
	case v.Over != "" && v.Reference == nil:
		return fmt.Sprintf("%s is not set yet, so there is nothing to compare with; %s is %s", v.Over, v.Metric, figure(v.Metric, v.Value))
	case v.Over != "":
		return overWords(v, other)
	}
	return fmt.Sprintf("%s is %s; asked for: %s", v.Metric, figure(v.Metric, v.Value), v.bounds())
}

func overWords(v Verdict, other int) string {
	against := "always answering the commonest class"
	if v.Over != Majority {
		against = fmt.Sprintf("%s (version %d)", v.Over, other)
	} else if lowerIsBetter(v.Metric) {
		against = "always answering the mean"
	}
	s := fmt.Sprintf("%s is %s against %s of %s: %s", v.Metric, figure(v.Metric, v.Value), figure(v.Metric, *v.Reference), against, signed(v.Metric, *v.Difference))
	if v.Interval != nil {
		s += fmt.Sprintf(", %g %% interval %s to %s", 100*v.Interval.Confidence, signed(v.Metric, v.Interval.Low), signed(v.Metric, v.Interval.High))
	}
	return s + fmt.Sprintf("; asked for: at least %s", signed(v.Metric, v.Least()))
}

func partWords(v Verdict) string {
	var low, all []string
	for _, p := range v.Parts {
		s := fmt.Sprintf("%s %s", p.Name, figure(v.Metric, p.Value))
		if all = append(all, s); !p.Passed {
			low = append(low, s)
		}
	}
	if len(low) > 0 {
		return fmt.Sprintf("%s fails for %s; asked for: %s", v.Metric, list(low), v.asked())
	}
	return fmt.Sprintf("%s per %s: %s; asked for: %s", v.Metric, v.Per, list(all), v.asked())
}

func (r Rule) asked() string {
	if r.Over != "" {
		return fmt.Sprintf("at least %s over %s", signed(r.Metric, r.Least()), r.Over)
	}
	return r.bounds()
}

func (r Rule) bounds() string {
	var parts []string
	if r.Min != nil {
		parts = append(parts, "at least "+figure(r.Metric, *r.Min))
	}
	if r.Max != nil {
		parts = append(parts, "at most "+figure(r.Metric, *r.Max))
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, " and ")
}

func list(parts []string) string {
	if len(parts) > 8 {
		parts = append(parts[:8:8], "…")
	}
	return strings.Join(parts, ", ")
}

// figure writes shares as per cent and errors as they are.
func figure(metric string, v float64) string {
	if lowerIsBetter(metric) {
		return fmt.Sprintf("%.4g", v)
	}
	return fmt.Sprintf("%.1f %%", 100*v)
}

// signed writes a gain: percentage points for shares.
func signed(metric string, v float64) string {
	if lowerIsBetter(metric) {
		return fmt.Sprintf("%+.4g", v)
	}
	return fmt.Sprintf("%+.1f points", 100*v)
}

func (c *Comparison) words() string {
	s := fmt.Sprintf("%s %s against %s of version %d on the same rows: %s (%g %% interval %s to %s)", c.Metric,
		figure(c.Metric, c.Value), figure(c.Metric, c.Reference), c.Version, signed(c.Metric, c.Difference),
		100*c.Interval.Confidence, signed(c.Metric, c.Interval.Low), signed(c.Metric, c.Interval.High))
	for _, p := range c.Segments {
		s += fmt.Sprintf("; %s %s → %s", p.Name, figure(c.Metric, p.Reference), figure(c.Metric, p.Value))
	}
	return s
}
