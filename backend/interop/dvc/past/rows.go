package past

import (
	"context"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
	"rondo/backend/number"
)

// ExperimentRow is an experiment with metrics that may be no numbers, such as NaN.
type ExperimentRow struct {
	Experiment
	Metrics map[string]number.Float `json:"metrics"`
}

// RowsOf lists the experiments that git has, the newest first; none where DVC works without git, or
// not at all.
func RowsOf(ctx context.Context, v *dvc.Inventory) ([]ExperimentRow, error) {
	out := []ExperimentRow{}
	p, err := v.Project()
	if errs.Is(err, errs.NotFound) {
		return out, nil
	}
	if err != nil {
		return out, err
	}
	defer p.Close()
	list, err := Experiments(ctx, p)
	for _, e := range list {
		row := ExperimentRow{e, map[string]number.Float{}}
		for k, m := range e.Metrics {
			row.Metrics[k] = number.Float(m)
		}
		out = append(out, row)
	}
	return out, err
}
