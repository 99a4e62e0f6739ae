package mlflow

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"rondo/backend/errs"
	"rondo/backend/run"
)

const (
	maxHistory  = 25000 // points of one page
	maxInterval = 2500  // points per run of a bulk request
	maxBulkRuns = 100
)

func (d *Door) metricRoutes() []route {
	key := need(text("metric_key"))
	return []route{
		get("/mlflow/metrics/get-history", d.getHistory, need(text("run_id")), key, whole("max_results"), text("page_token")),
		get("/mlflow/metrics/get-history-bulk", d.bulkHistory, texts("run_id"), text("metric_key"), whole("max_results")),
		get("/mlflow/metrics/get-history-bulk-interval", d.bulkInterval, need(texts("run_ids")), key,
			whole("start_step"), whole("end_step"), whole("max_results")),
	}
}

func (d *Door) getHistory(ctx context.Context, in message) (any, error) {
	limit, err := in.limit(maxHistory, 1<<30)
	if err != nil {
		return nil, err
	}
	from, err := parseToken(in.text("page_token"))
	if err != nil {
		return nil, err
	}
	points, total, err := d.opts.Runs.History(ctx, in.text("run_id"), in.text("metric_key"), from, min(limit, maxHistory))
	return historyAnswer{points, pageToken(from+len(points), total)}, err
}

func wirePoint(p run.Point, runID string) metric {
	return metric{
		Key: p.Key, Value: run.Float(p.Value), Time: p.Time, Step: p.Step, Dataset: p.Dataset.Name, Digest: p.Dataset.Digest, Model: p.Model, RunID: runID,
	}
}

type bulk struct {
	Metrics []metric `json:"metrics"`
}

func (d *Door) bulkHistory(ctx context.Context, in message) (any, error) {
	limit, err := in.limit(maxHistory, maxHistory)
	if err != nil {
		return nil, err
	}
	ids, out := in.texts("run_id"), bulk{[]metric{}}
	switch {
	case len(ids) == 0:
		return nil, errs.New(errs.Invalid, "GetMetricHistoryBulk request must specify at least one run_id.")
	case len(ids) > maxBulkRuns:
		return nil, errs.New(errs.Invalid, "GetMetricHistoryBulk request cannot specify more than %d run_ids. Received %d run_ids.", maxBulkRuns, len(ids))
	case in.text("metric_key") == "":
		return nil, errs.New(errs.Invalid, "GetMetricHistoryBulk request must specify a metric_key.")
	}
	for _, id := range ids {
		points, _, err := d.opts.Runs.History(ctx, id, in.text("metric_key"), 0, limit-len(out.Metrics))
		if err != nil {
			return nil, err
		}
		for _, p := range points {
			out.Metrics = append(out.Metrics, wirePoint(p, id))
		}
		if len(out.Metrics) >= limit {
			break
		}
	}
	return out, nil
}

// bulkInterval gives the lines of a chart: of all runs the points at the same steps.
func (d *Door) bulkInterval(ctx context.Context, in message) (any, error) {
	limit, ids := int64(320), in.texts("run_ids")
	if in.has("max_results") {
		limit = in.whole("max_results")
	}
	switch {
	case len(ids) > maxBulkRuns:
		return nil, errs.New(errs.Invalid, "GetMetricHistoryBulkInterval request must specify at most %d run_ids.", maxBulkRuns)
	case limit < 1 || limit > maxInterval:
		return nil, errs.New(errs.Invalid, "Invalid value %d for parameter 'max_results' supplied: max_results must be between 1 and %d", limit, maxInterval)
	case in.has("start_step") != in.has("end_step"):
		return nil, errs.New(errs.Invalid, "If either start step or end step are specified, both must be specified.")
	case in.whole("start_step") > in.whole("end_step"):
		return nil, errs.New(errs.Invalid, "end_step must be greater than start_step. Found start_step=%d and end_step=%d.", in.whole("start_step"), in.whole("end_step"))
	}
	lines := make([][]run.Point, len(ids))
	for i, id := range ids {
		var err error
		if lines[i], err = d.interval(ctx, id, in, int(limit)); err != nil {
			return nil, err
		}
	}
	var out metricsAnswer
	steps := chosenSteps(lines, int(limit))
	for i, line := range lines {
		for _, p := range line {
			if steps[p.Step] {
				out.Metrics = append(out.Metrics, wirePoint(p, ids[i]))
			}
		}
	}
	return out, nil
}

// maxLine is how many points of a run are looked at one by one; of longer lines a
// sample with its extremes stands for all.
const maxLine = 100_000

func (d *Door) interval(ctx context.Context, id string, in message, limit int) ([]run.Point, error) {
	key := in.text("metric_key")
	points, total, err := d.opts.Runs.History(ctx, id, key, 0, maxLine)
	if err == nil && total > maxLine && !in.has("start_step") {
		sample, err := d.opts.Runs.Sample(ctx, id, []string{key}, limit)
		return sample[key], err
	}
	if err == nil && total > maxLine {
		points, _, err = d.opts.Runs.History(ctx, id, key, 0, 1<<30)
	}
	if in.has("start_step") {
		points = slices.DeleteFunc(points, func(p run.Point) bool { return p.Step < in.whole("start_step") || p.Step > in.whole("end_step") })
	}
	slices.SortStableFunc(points, func(a, b run.Point) int {
		return cmp.Or(cmp.Compare(a.Step, b.Step), cmp.Compare(a.Time, b.Time))
	})
	return points, err
}

// chosenSteps are evenly spread over the steps of all lines, with the last of each.
func chosenSteps(lines [][]run.Point, limit int) map[int64]bool {
	seen, chosen := map[int64]bool{}, map[int64]bool{}
	for _, line := range lines {
		for _, p := range line {
			seen[p.Step] = true
		}
		if len(line) > 0 {
			chosen[line[len(line)-1].Step] = true
		}
	}
	if len(seen) <= limit {
		return seen
	}
	all := slices.Sorted(maps.Keys(seen))
	for i := 0; i < len(all); i += len(all) / limit {
		chosen[all[i]] = true
	}
	return chosen
}
