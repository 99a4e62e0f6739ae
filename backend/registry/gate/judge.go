package gate

import (
	"slices"

	"rondo/backend/errs"
)

// DefaultConfidence is that of intervals which are shown and not judged.
const DefaultConfidence = 0.95

// Judge applies the rules. A version that no rule speaks against has passed.
func Judge(rules []Rule, d Data) (Result, error) {
	if err := d.check(rules); err != nil {
		return Result{}, err
	}
	r := Result{Passed: true, Rows: len(d.Labels), Task: d.Task, Scores: Score(d.Task, d.Labels, d.Answers), Verdicts: []Verdict{}}
	simple := Score(d.Task, d.Labels, d.simple())
	r.Majority = &simple
	for _, rule := range rules {
		v := d.judge(rule)
		r.Passed = r.Passed && v.Passed
		r.Verdicts = append(r.Verdicts, v)
		if r.Comparison == nil && rule.Over != "" && rule.Over != Majority {
			if o, ok := d.Others[rule.Over]; ok {
				r.Comparison = d.Compare(rule.Over, rule.Metric, o, rule.Confidence)
			}
		}
	}
	return r, nil
}

func (d *Data) check(rules []Rule) error {
	if d.Task == "" {
		d.Task = Classification
	}
	if len(d.Labels) == 0 {
		return errs.New(errs.Precondition, "the hold-out has no rows to judge on").
			WithHint("let the pipeline keep some rows aside, and name the file as holdout: in rondo.yaml")
	}
	if len(d.Answers) != len(d.Labels) {
		return errs.New(errs.Internal, "%d answers for %d rows of the hold-out", len(d.Answers), len(d.Labels))
	}
	for _, r := range rules {
		if err := r.check(d.Task); err != nil {
			return err
		}
	}
	return nil
}

var metrics = map[string][]string{
	Classification: {"accuracy", "recall", "precision", "f1"},
	Regression:     {"mae", "rmse"},
}

func (r Rule) check(task string) error {
	switch {
	case !slices.Contains(metrics[task], r.Metric):
		return errs.New(errs.Invalid, "gate %s: %q is no metric of a %s", r.Name, r.Metric, task).WithHint("use one of %v", metrics[task])
	case r.Per != "" && r.Per != "class" && r.Per != "segment":
		return errs.New(errs.Invalid, "gate %s: per must be class or segment, not %q", r.Name, r.Per)
	case r.Per == "class" && (r.Metric == "accuracy" || task == Regression):
		return errs.New(errs.Invalid, "gate %s: %s cannot be judged per class", r.Name, r.Metric).WithHint("use recall, precision or f1")
	case r.Per == "class" && r.Over != "":
		return errs.New(errs.Invalid, "gate %s: per class has absolute bounds only", r.Name).WithHint("use min or max, or per: segment")
	}
	return nil
}

// simple returns the answers of one who always says the commonest label, or the mean.
func (d *Data) simple() []string {
	answer := ""
	if d.Task == Regression {
		sum := 0.0
		for _, l := range d.Labels {
			sum += value(l)
		}
		answer = number(sum / float64(len(d.Labels)))
	} else {
		answer = commonest(d.Labels)
	}
	return slices.Repeat([]string{answer}, len(d.Labels))
}

func commonest(labels []string) (best string) {
	count := map[string]int{}
	for _, l := range labels {
		count[l]++
	}
	for l, n := range count {
		if n > count[best] || n == count[best] && l < best {
			best = l
		}
	}
	return best
}

func (d *Data) judge(r Rule) Verdict {
	v := Verdict{Rule: r, Passed: true}
	v.Value, _ = Score(d.Task, d.Labels, d.Answers).Get(r.Metric)
	switch {
	case r.Per != "":
		d.judgeParts(&v)
	case r.Over != "":
		d.judgeOver(&v)
	default:
		v.Passed = r.Holds(v.Value)
	}
	v.Text = words(v, d.Others[r.Over].Version)
	return v
}

// Holds reports whether the absolute bounds hold.
func (r Rule) Holds(value float64) bool {
	return (r.Min == nil || value >= *r.Min) && (r.Max == nil || value <= *r.Max)
}

// other returns what the rule compares with; false where the alias is not set yet.
func (d *Data) other(r Rule) ([]string, bool) {
	if r.Over == Majority {
		return d.simple(), true
	}
	o, ok := d.Others[r.Over]
	return o.Answers, ok
}

func (d *Data) judgeOver(v *Verdict) {
	other, ok := d.other(v.Rule)
	if !ok {
		v.Passed = v.Holds(v.Value) // nothing to be better than
		return
	}
	reference, _ := Score(d.Task, d.Labels, other).Get(v.Metric)
	diff := Gain(v.Metric, v.Value, reference)
	v.Reference, v.Difference = &reference, &diff
	worst := diff
	if v.Confidence > 0 {
		iv := better(v.Metric, paired(v.Metric, d.Labels, d.Answers, other, v.Confidence, d.Seed))
		v.Interval, worst = &iv, iv.Low
	}
	v.Passed = worst >= v.Least() && v.Holds(v.Value)
}

// Least is the difference that a rule with Over asks for.
func (r Rule) Least() float64 {
	if r.Margin == nil {
		return 0
	}
	return *r.Margin
}

// Gain is how much better value is than reference; positive is better for every metric.
func Gain(metric string, value, reference float64) float64 {
	if lowerIsBetter(metric) {
		return reference - value
	}
	return value - reference
}

// better turns an interval of a difference so that positive is better.
func better(metric string, iv Interval) Interval {
	if lowerIsBetter(metric) {
		iv.Low, iv.High = -iv.High, -iv.Low
	}
	return iv
}
