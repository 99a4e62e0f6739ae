package dvc

import (
	"context"

	figure "rondo/backend/number"
)

// ExperimentRow is an experiment with metrics that may be no numbers, such as NaN.
type ExperimentRow struct {
	Experiment
	Metrics map[string]figure.Float `json:"metrics"`
}

// Experiments lists those that git has, the newest first; none where DVC works without git.
func (v *Inventory) Experiments(ctx context.Context) ([]ExperimentRow, error) {
	out := []ExperimentRow{}
	p, err := v.open()
	if err != nil || p == nil {
		return out, err
	}
	defer p.Close()
	list, err := p.Experiments(ctx)
	for _, e := range list {
		row := ExperimentRow{e, map[string]figure.Float{}}
		for k, m := range e.Metrics {
			row.Metrics[k] = figure.Float(m)
		}
		out = append(out, row)
	}
	return out, err
}
