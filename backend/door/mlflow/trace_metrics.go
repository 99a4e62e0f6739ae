package mlflow

import (
	"context"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/trace"
)

func (d *Door) traceMetricRoutes() []route {
	return []route{post("/mlflow/traces/metrics", d.measureTraces,
		need(texts("experiment_ids")), need(choice("view_type", "", "TRACES", "SPANS", "ASSESSMENTS")), need(text("metric_name")),
		need(list("aggregations", need(choice("aggregation_type", "", "COUNT", "SUM", "AVG", trace.Percentile, "MIN", "MAX")), number("percentile_value"))),
		texts("dimensions"), texts("filters"), whole("time_interval_seconds"), whole("start_time_ms"), whole("end_time_ms"), whole("max_results"), text("page_token"))}
}

type dataPoint struct {
	Metric     string                  `json:"metric_name"`
	Dimensions map[string]string       `json:"dimensions,omitempty"`
	Values     map[string]trace.Double `json:"values,omitempty"`
}

// maxPoints is how many points an answer has at most.
const maxPoints = 10_000

func (d *Door) measureTraces(ctx context.Context, in message) (any, error) {
	limit, err := in.limit(1000, maxPoints)
	if err != nil {
		return nil, err
	}
	m := trace.Measure{
		ExperimentIDs: in.texts("experiment_ids"), View: strings.ToLower(in.text("view_type")), Metric: in.text("metric_name"),
		Dimensions: in.texts("dimensions"), Filters: in.texts("filters"), Interval: in.whole("time_interval_seconds"),
		From: in.optionalWhole("start_time_ms"), To: in.optionalWhole("end_time_ms"), Limit: limit,
	}
	if len(in.list("aggregations")) == 0 {
		return nil, missing("aggregations")
	}
	for _, a := range in.list("aggregations") {
		kind := a.text("aggregation_type")
		if kind == trace.Percentile != a.has("percentile_value") {
			return nil, errs.New(errs.Invalid, "Percentile value is required for %s aggregation, and allowed for no other", trace.Percentile)
		}
		m.Aggregations = append(m.Aggregations, trace.Aggregation{Kind: kind, Percentile: a.number("percentile_value")})
	}
	points, err := d.opts.Traces.Measure(ctx, m)
	var out struct {
		Points []dataPoint `json:"data_points,omitempty"`
	}
	for _, p := range points {
		values := map[string]trace.Double{}
		for k, v := range p.Values {
			values[k] = trace.Double(v)
		}
		out.Points = append(out.Points, dataPoint{m.Metric, p.Dimensions, values})
	}
	return out, err
}
