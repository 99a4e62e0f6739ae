package registry

import (
	"context"
	"fmt"

	"rondo/backend/errs"
	"rondo/backend/registry/gate"
)

// judgeRecorded judges on the metrics that came with the versions, where no hold-out
// is known. There is no interval then, and nothing per class or segment.
func (s *Service) judgeRecorded(ctx context.Context, v Version, rules []gate.Rule, others map[string]int) (gate.Result, error) {
	r := gate.Result{Passed: true, Task: v.Task, Verdicts: []gate.Verdict{}}
	for _, rule := range rules {
		verdict, err := s.recorded(ctx, v, rule, others)
		if err != nil {
			return r, err
		}
		r.Passed = r.Passed && verdict.Passed
		r.Verdicts = append(r.Verdicts, verdict)
	}
	return r, nil
}

func (s *Service) recorded(ctx context.Context, v Version, rule gate.Rule, others map[string]int) (gate.Verdict, error) {
	out := gate.Verdict{Rule: rule}
	value, ok := v.Metrics[rule.Metric]
	if !ok || rule.Per != "" || rule.Over == gate.Majority || rule.Confidence > 0 {
		return out, errs.New(errs.Precondition, "gate %s needs rows to judge on, and %s names no hold-out", rule.Name, v.Model).
			WithHint("set holdout: and label: of the model in rondo.yaml, or let the pipeline write the metric %q", rule.Metric)
	}
	out.Value = value
	n, ok := others[rule.Over]
	if !ok {
		out.Passed = rule.Holds(value)
		out.Text = fmt.Sprintf("recorded %s is %.4g", rule.Metric, value)
		return out, nil
	}
	other, err := s.Version(ctx, v.Model, n)
	if err != nil {
		return out, err
	}
	reference, ok := other.Metrics[rule.Metric]
	if !ok {
		return out, errs.New(errs.Precondition, "version %d of %s recorded no %s to compare with", n, v.Model, rule.Metric)
	}
	diff := gate.Gain(rule.Metric, value, reference)
	out.Reference, out.Difference = &reference, &diff
	out.Passed = diff >= rule.Least() && rule.Holds(value)
	out.Text = fmt.Sprintf("recorded %s is %.4g against %.4g of version %d", rule.Metric, value, reference, n)
	return out, nil
}
