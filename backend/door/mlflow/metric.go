package mlflow

import (
	"context"
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
		get("/mlflow/metrics/get-history-bulk", d.bulkHistory, need(texts("run_id")), key, whole("max_results")),
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
	var out struct {
		Metrics []metric `json:"metrics,omitempty"`
		Next    string   `json:"next_page_token,omitempty"`
	}
	for _, p := range points {
		out.Metrics = append(out.Metrics, wirePoint(p, ""))
	}
	out.Next = pageToken(from+len(points), total)
	return out, err
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
	if err := checkBulk(ids); err != nil {
		return nil, err
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

func checkBulk(ids []string) error {
	if len(ids) > maxBulkRuns {
		return errs.New(errs.Invalid, "at most %d runs can be asked for at once, not %d", maxBulkRuns, len(ids))
	}
	return nil
}

// bulkInterval gives the lines of a chart: per run a sample with its extremes, of all steps or some.
func (d *Door) bulkInterval(ctx context.Context, in message) (any, error) {
	limit, err := in.limit(320, maxInterval)
	if err != nil {
		return nil, err
	}
	if in.has("start_step") != in.has("end_step") {
		return nil, errs.New(errs.Invalid, "If either start step or end step are specified, both must be specified.")
	}
	if in.whole("start_step") > in.whole("end_step") {
		return nil, errs.New(errs.Invalid, "end_step must be greater than start_step.")
	}
	ids := in.texts("run_ids")
	if err := checkBulk(ids); err != nil {
		return nil, err
	}
	var out struct {
		Metrics []metric `json:"metrics,omitempty"`
	}
	for _, id := range ids {
		points, err := d.interval(ctx, id, in, limit)
		if err != nil {
			return nil, err
		}
		for _, p := range points {
			out.Metrics = append(out.Metrics, wirePoint(p, id))
		}
	}
	return out, nil
}

func (d *Door) interval(ctx context.Context, id string, in message, limit int) ([]run.Point, error) {
	key := in.text("metric_key")
	if !in.has("start_step") {
		sample, err := d.opts.Runs.Sample(ctx, id, []string{key}, limit)
		return sample[key], err
	}
	points, _, err := d.opts.Runs.History(ctx, id, key, 0, 1<<30)
	points = slices.DeleteFunc(points, func(p run.Point) bool { return p.Step < in.whole("start_step") || p.Step > in.whole("end_step") })
	return thin(points, limit), err
}

// thin keeps limit points, evenly, with the first and the last.
func thin(points []run.Point, limit int) []run.Point {
	if len(points) <= limit {
		return points
	}
	if limit == 1 {
		return points[len(points)-1:]
	}
	out := make([]run.Point, limit)
	for i := range out {
		out[i] = points[i*(len(points)-1)/(limit-1)]
	}
	return out
}
