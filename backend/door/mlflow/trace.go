package mlflow

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"time"

	"rondo/backend/errs"
	"rondo/backend/trace"
)

func (d *Door) traceRoutes() []route {
	id, one := need(text("trace_id")), "/mlflow/traces/{trace_id}"
	ids := need(texts("trace_ids"))
	search := []field{text("filter"), whole("max_results"), texts("order_by"), text("page_token")}
	location := []field{object("mlflow_experiment", text("experiment_id"))}
	return []route{
		post("/mlflow/traces", d.startTrace, object("trace", object("trace_info", traceFields(location)...)),
			text("experiment_id"), whole("timestamp_ms"), pairs("request_metadata"), pairs("tags")),
		post("/mlflow/traces/search", d.searchTraces, append(search, need(list("locations", location...)))...),
		get("/mlflow/traces", d.searchOldTraces, append(search, need(texts("experiment_ids")))...),
		get("/mlflow/traces/get", d.getTrace, id, flag("allow_partial")),
		get("/mlflow/traces/batchGet", d.getTraces, ids),
		post("/mlflow/traces/batchGetInfos", d.getTraceInfos, ids),
		get("/mlflow/traces/batchGetInfos", d.getTraceInfos, ids), // as it was before 3.9
		post("/mlflow/traces/delete-traces", d.deleteTraces, need(text("experiment_id")), whole("max_timestamp_millis"), whole("max_traces"), texts("request_ids")),
		post("/mlflow/traces/calculate-filter-correlation", d.correlate, need(texts("experiment_ids")), need(text("filter_string1")), need(text("filter_string2")), text("base_filter")),
		post("/mlflow/traces/link-to-run", d.linkTraces, ids, need(text("run_id"))),
		post("/mlflow/traces/link-prompts", d.linkPrompts, id, need(list("prompt_versions", need(text("name")), need(text("version"))))),
		get(one, d.getTraceInfo, id),
		get(one+"/info", d.getOldTrace, id),
		patch(one, d.endOldTrace, id, whole("timestamp_ms"), choice("status", "TRACE_STATUS_UNSPECIFIED", "OK", "ERROR", "IN_PROGRESS"), pairs("request_metadata"), pairs("tags")),
		patch(one+"/tags", d.tagTrace, id, need(text("key")), text("value")),
		remove(one+"/tags", d.untagTrace, id, need(text("key"))),
		file(http.MethodGet, "/mlflow/get-trace-artifact", d.traceFile, text("request_id"), text("path")),
	}
}

func traceFields(location []field) []field {
	return []field{
		need(text("trace_id")), text("client_request_id"), object("trace_location", location...), text("request_preview"), text("response_preview"),
		text("request_time"), text("execution_duration"), choice("state", trace.Unspecified, trace.OK, trace.Failed, trace.InProgress),
		dict("trace_metadata"), dict("tags"), list("assessments", assessmentFields()...),
	}
}

// startTrace takes what is known of a trace, in the form of version 3 of the protocol
// or in the one before, where the server makes the id.
func (d *Door) startTrace(ctx context.Context, in message) (any, error) {
	info := in.object("trace").object("trace_info")
	if info == nil {
		return d.startOldTrace(ctx, in)
	}
	t := trace.Trace{
		ID: info.text("trace_id"), ClientID: info.text("client_request_id"), ExperimentID: info.object("trace_location").object("mlflow_experiment").text("experiment_id"),
		State: info.text("state"), Request: info.optional("request_preview"), Response: info.optional("response_preview"),
		Metadata: info.dict("trace_metadata"), Tags: info.dict("tags"),
	}
	var err error
	if t.Time, err = readTime(info.text("request_time")); err != nil {
		return nil, err
	}
	if s := info.text("execution_duration"); s != "" {
		ms, err := readDuration(s)
		if err != nil {
			return nil, err
		}
		t.Duration = &ms
	}
	for _, m := range info.list("assessments") {
		a, err := readAssessment(m)
		if err != nil {
			return nil, err
		}
		t.Assessments = append(t.Assessments, a)
	}
	t, err = d.opts.Traces.Start(ctx, t)
	return traceAnswer{wireTrace{Info: fromTrace(t)}}, err
}

// readTime reads a moment as protobuf writes it in JSON, in ms.
func readTime(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil || t.Year() < 1970 || t.Year() > 9999 {
		return 0, errs.New(errs.Invalid, "Invalid value %q for a time: want 2006-01-02T15:04:05.999Z", short(s, 80))
	}
	return t.UnixMilli(), nil
}

func readDuration(s string) (int64, error) {
	t, err := time.ParseDuration(s)
	if err != nil || t < 0 {
		return 0, errs.New(errs.Invalid, "Invalid value %q for a duration: want seconds, as in 1.5s", short(s, 80))
	}
	return t.Milliseconds(), nil
}

// writeTime writes ms as protobuf does: no fraction, or three digits.
func writeTime(ms int64) string {
	t := time.UnixMilli(ms).UTC()
	if ms%1000 == 0 {
		return t.Format("2006-01-02T15:04:05Z")
	}
	return t.Format("2006-01-02T15:04:05.000Z")
}

func writeDuration(ms int64) string {
	if ms%1000 == 0 {
		return fmt.Sprintf("%ds", ms/1000)
	}
	return fmt.Sprintf("%d.%03ds", ms/1000, ms%1000)
}

type tracePage struct {
	Traces []traceInfo `json:"traces,omitempty"`
	Next   string      `json:"next_page_token,omitempty"`
}

const maxTraces = 500

func (d *Door) findTraces(ctx context.Context, in message, experiments []string) ([]trace.Trace, string, error) {
	if in.has("max_results") && in.whole("max_results") > maxTraces {
		return nil, "", errs.New(errs.Invalid, "Invalid value %d for parameter 'max_results' supplied. Hint: must be less than or equal to %d.%s", in.whole("max_results"), maxTraces, seeDocs)
	}
	limit, err := in.limit(100, maxTraces)
	if err != nil {
		return nil, "", err
	}
	return d.opts.Traces.Search(ctx, trace.Search{
		ExperimentIDs: experiments, Filter: in.text("filter"), OrderBy: in.texts("order_by"), Limit: limit, Page: in.text("page_token"),
	})
}

func (d *Door) searchTraces(ctx context.Context, in message) (any, error) {
	var experiments []string
	for _, l := range in.list("locations") {
		if id := l.object("mlflow_experiment").text("experiment_id"); id != "" {
			experiments = append(experiments, id)
		}
	}
	list, next, err := d.findTraces(ctx, in, experiments)
	out := tracePage{Next: next}
	for _, t := range list {
		out.Traces = append(out.Traces, fromTrace(t))
	}
	return out, err
}

func (d *Door) getTraceInfo(ctx context.Context, in message) (any, error) {
	t, err := d.opts.Traces.Get(ctx, in.text("trace_id"))
	if errs.Is(err, errs.NotFound) {
		err = errs.New(errs.NotFound, "Trace with ID '%s' not found.", short(in.text("trace_id"), 128))
	}
	return traceAnswer{wireTrace{Info: fromTrace(t)}}, err
}

// getTrace answers with the spans. Clients send them a moment later than what they say
// of the trace, so it waits a little for those that are still on their way.
func (d *Door) getTrace(ctx context.Context, in message) (any, error) {
	id := in.text("trace_id")
	for wait := 100 * time.Millisecond; ; wait *= 2 {
		t, whole, err := d.whole(ctx, id)
		if err != nil || whole || in.flag("allow_partial") {
			return traceAnswer{t}, err
		}
		if wait > 2*time.Second {
			return nil, errs.New(errs.NotFound, "Trace with ID %s is not fully exported yet, please try again later.", short(id, 128))
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(wait):
		}
	}
}

// whole returns a trace with its spans, and whether all of them are here.
func (d *Door) whole(ctx context.Context, id string) (out wireTrace, whole bool, err error) {
	t, err := d.opts.Traces.Get(ctx, id)
	if err != nil {
		return out, false, err
	}
	spans, err := d.opts.Traces.Spans(ctx, id)
	if err != nil {
		return out, false, err
	}
	return wireTrace{Info: fromTrace(t), Spans: fromSpans(spans)}, len(spans) > 0 && t.Complete(len(spans)), nil
}

func (d *Door) getTraces(ctx context.Context, in message) (any, error) {
	var out struct {
		Traces []wireTrace `json:"traces,omitempty"`
	}
	for _, id := range firstOf(in.texts("trace_ids"), maxTraces) {
		t, whole, err := d.whole(ctx, id)
		if err != nil && !errs.Is(err, errs.NotFound) {
			return nil, err
		}
		if err == nil && whole {
			out.Traces = append(out.Traces, t)
		}
	}
	return out, nil
}

func firstOf(list []string, n int) []string { return list[:min(n, len(list))] }

func (d *Door) getTraceInfos(ctx context.Context, in message) (any, error) {
	list, err := d.opts.Traces.GetMany(ctx, firstOf(in.texts("trace_ids"), maxTraces))
	var out struct {
		Infos []traceInfo `json:"trace_infos,omitempty"`
	}
	for _, t := range list {
		out.Infos = append(out.Infos, fromTrace(t))
	}
	return out, err
}

func (d *Door) deleteTraces(ctx context.Context, in message) (any, error) {
	c := trace.Delete{ExperimentID: in.text("experiment_id"), IDs: in.texts("request_ids")}
	c.Before, c.Most = in.optionalWhole("max_timestamp_millis"), in.optionalWhole("max_traces")
	n, err := d.opts.Traces.Delete(ctx, c)
	return map[string]int{"traces_deleted": n}, err
}

func (d *Door) linkTraces(ctx context.Context, in message) (any, error) {
	return nothing{}, d.opts.Traces.LinkRun(ctx, in.texts("trace_ids"), in.text("run_id"))
}

func (d *Door) linkPrompts(ctx context.Context, in message) (any, error) {
	var prompts []string
	for _, p := range in.list("prompt_versions") {
		prompts = append(prompts, p.text("name")+"/"+p.text("version"))
	}
	return nothing{}, d.opts.Traces.LinkPrompts(ctx, in.text("trace_id"), prompts)
}

func (d *Door) tagTrace(ctx context.Context, in message) (any, error) {
	if err := changeable(in.text("key")); err != nil {
		return nil, err
	}
	return nothing{}, d.opts.Traces.SetTag(ctx, in.text("trace_id"), in.text("key"), in.text("value"))
}

func (d *Door) untagTrace(ctx context.Context, in message) (any, error) {
	if err := changeable(in.text("key")); err != nil {
		return nil, err
	}
	return nothing{}, d.opts.Traces.DeleteTag(ctx, in.text("trace_id"), in.text("key"))
}

// changeable protects the tags that say where the parts of a trace are.
func changeable(key string) error {
	if key == trace.SpansTag || key == trace.PlaceTag {
		return errs.New(errs.Invalid, "The trace tag '%s' is kept by the server and cannot be changed", key)
	}
	return nil
}

// correlate says how much two filters go together: the normalised pointwise mutual
// information of matching, as counted and with half a case added to each cell.
func (d *Door) correlate(ctx context.Context, in message) (any, error) {
	n, err := d.opts.Traces.Count(ctx, in.texts("experiment_ids"), in.text("base_filter"), in.text("filter_string1"), in.text("filter_string2"))
	if err != nil {
		return nil, err
	}
	plain, smooth := math.NaN(), math.NaN()
	if n.First > 0 && n.Second > 0 {
		if smooth = npmi(n, 0.5); n.Both == 0 {
			plain = -1
		} else {
			plain = npmi(n, 0)
		}
	}
	return struct {
		Plain  trace.Double `json:"npmi"`
		Smooth trace.Double `json:"npmi_smoothed"`
		First  int          `json:"filter1_count"`
		Second int          `json:"filter2_count"`
		Both   int          `json:"joint_count"`
		All    int          `json:"total_count"`
	}{trace.Double(plain), trace.Double(smooth), n.First, n.Second, n.Both, n.All}, nil
}

func npmi(n trace.Counts, add float64) float64 {
	both := float64(n.Both) + add
	first, second, all := float64(n.First)+2*add, float64(n.Second)+2*add, float64(n.All)+4*add
	if both == all {
		return 1
	}
	return max(-1, min(1, math.Log(both*all/(first*second))/-math.Log(both/all)))
}
