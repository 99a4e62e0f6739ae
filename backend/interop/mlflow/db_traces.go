package mlflow

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/interop/mlflow/spanfile"
	"rondo/backend/trace"
)

const maxSpanFile = 256 << 20 // bytes of a traces.json that is read

// Traces implements Source.
func (d *database) Traces(ctx context.Context, experiment string, fn func(Trace) error) error {
	if d.tables["trace_info"] == nil {
		return nil
	}
	after := ""
	for {
		list, err := d.tracePage(ctx, experiment, after)
		if err != nil || len(list) == 0 {
			return err
		}
		after = list[len(list)-1].ID
		for i := range list {
			list[i].learnPrompts()
			if err := fn(list[i]); err != nil {
				return err
			}
		}
	}
}

// analytics are columns that newer versions have instead of metadata with JSON in it.
var analytics = []struct {
	key     string
	columns []string
}{
	{trace.UsageKey, []string{"input_tokens", "output_tokens", "total_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "cache_creation_input_tokens_above_1hr"}},
	{trace.CostKey, []string{"input_cost", "output_cost", "total_cost"}},
}

func (d *database) tracePage(ctx context.Context, experiment, after string) (list []Trace, err error) {
	extra := []string{"client_request_id", "request_preview", "response_preview", "trace_name", "session_id"}
	for _, a := range analytics {
		extra = append(extra, a.columns...)
	}
	query := "SELECT t.request_id, t.timestamp_ms, t.execution_time_ms, t.status, " + d.columns("trace_info", "t", extra...) +
		fmt.Sprintf(" FROM trace_info t WHERE t.experiment_id=CAST(? AS INTEGER) AND t.request_id>? ORDER BY t.request_id LIMIT %d", page)
	at := map[string]int{}
	var ids []string
	err = d.each(ctx, query, []any{experiment, after}, func(r *sql.Rows) error {
		t, err := scanTrace(r, experiment)
		at[t.ID], ids = len(list), append(ids, t.ID)
		list = append(list, t)
		return err
	})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	of := func(id string) *Trace { return &list[at[id]] }
	if err := d.traceParts(ctx, ids, of); err != nil {
		return nil, err
	}
	for i := range list {
		t := &list[i]
		uri := t.Tags[trace.PlaceTag]
		t.Spans = func(ctx context.Context) ([]trace.Span, error) { return d.spans(ctx, t.ID, experiment, uri) }
	}
	return list, nil
}

func scanTrace(r *sql.Rows, experiment string) (Trace, error) {
	t := Trace{Trace: trace.Trace{ExperimentID: experiment, Metadata: map[string]string{}, Tags: map[string]string{}}}
	var duration sql.NullInt64
	var client, request, response, name, session sql.NullString
	var tokens [6]sql.NullInt64
	var costs [3]sql.NullFloat64
	err := r.Scan(&t.ID, &t.Time, &duration, &t.State, &client, &request, &response, &name, &session,
		&tokens[0], &tokens[1], &tokens[2], &tokens[3], &tokens[4], &tokens[5], &costs[0], &costs[1], &costs[2])
	if duration.Valid {
		t.Duration = &duration.Int64
	}
	t.State, t.ClientID, t.Request, t.Response = stateOf(t.State), client.String, textOf(request), textOf(response)
	if name.Valid {
		t.Tags[trace.NameTag] = name.String
	}
	if session.Valid {
		t.Metadata[trace.SessionKey] = session.String
	}
	usage, cost := map[string]any{}, map[string]any{}
	for i, n := range tokens {
		if n.Valid {
			usage[analytics[0].columns[i]] = n.Int64
		}
	}
	for i, x := range costs {
		if x.Valid {
			cost[analytics[1].columns[i]] = x.Float64
		}
	}
	for key, all := range map[string]map[string]any{trace.UsageKey: usage, trace.CostKey: cost} {
		if b, e := json.Marshal(all); e == nil && len(all) > 0 {
			t.Metadata[key] = string(b)
		}
	}
	return t, err
}

func textOf(s sql.NullString) *string {
	if !s.Valid {
		return nil
	}
	return &s.String
}

func stateOf(s string) string {
	switch s {
	case trace.OK, trace.Failed, trace.InProgress:
		return s
	}
	return trace.Unspecified
}

func (d *database) traceParts(ctx context.Context, ids []string, of func(string) *Trace) error {
	err := d.pairs(ctx, "trace_tags", "request_id", "key", "value", ids, func(id string) map[string]string { return of(id).Tags })
	if err == nil {
		err = d.pairs(ctx, "trace_request_metadata", "request_id", "key", "value", ids, func(id string) map[string]string { return of(id).Metadata })
	}
	in, args := among(ids)
	if err == nil && d.tables["assessments"] != nil {
		err = d.each(ctx, "SELECT a.assessment_id, a.trace_id, a.name, a.assessment_type, a.value, a.error, a.created_timestamp, a.last_updated_timestamp, a.source_type, a.source_id, a.span_id, a.rationale, a.overrides, a.valid, a.assessment_metadata FROM assessments a WHERE a.trace_id"+in+" ORDER BY a.created_timestamp, a.assessment_id", args,
			func(r *sql.Rows) error { return d.scanAssessment(r, of) })
	}
	if err == nil && d.tables["entity_associations"] != nil {
		err = d.each(ctx, "SELECT source_id, destination_type, destination_id FROM entity_associations WHERE source_type='trace' AND source_id"+in+" ORDER BY destination_id", args,
			func(r *sql.Rows) error {
				var id, kind, to string
				err := r.Scan(&id, &kind, &to)
				switch kind {
				case "run":
					of(id).Runs = append(of(id).Runs, to)
				case "prompt_version":
					of(id).Prompts = append(of(id).Prompts, to)
				}
				return err
			})
	}
	if err == nil && d.tables["spans"] != nil {
		err = d.each(ctx, "SELECT trace_id, count(*), max(end_time_unix_nano) FROM spans WHERE trace_id"+in+" GROUP BY trace_id", args, func(r *sql.Rows) error {
			var id string
			var n int64
			var end sql.NullInt64
			err := r.Scan(&id, &n, &end)
			of(id).Mark = fmt.Sprintf("%d spans until %d", n, end.Int64)
			return err
		})
	}
	return err
}

func (d *database) scanAssessment(r *sql.Rows, of func(string) *Trace) error {
	var a trace.Assessment
	var value, failure, source, span, rationale, overrides, metadata sql.NullString
	if err := r.Scan(&a.ID, &a.TraceID, &a.Name, &a.Kind, &value, &failure, &a.Created, &a.Updated, &a.Source.Type, &source, &span, &rationale, &overrides, &a.Valid, &metadata); err != nil {
		return err
	}
	a.Value, a.Error, a.Source.ID, a.SpanID, a.Rationale, a.Overrides = asRaw(value), asRaw(failure), source.String, span.String, textOf(rationale), overrides.String
	if metadata.Valid && json.Unmarshal([]byte(metadata.String), &a.Metadata) != nil {
		d.opts.Left("assessment", a.ID, "its metadata are not of the form that MLflow writes")
	}
	if a.Error != nil && string(a.Value) == "null" {
		a.Value = nil
	}
	of(a.TraceID).Assessments = append(of(a.TraceID).Assessments, a)
	return nil
}

// learnPrompts reads the prompts that a tag says a trace used.
func (t *Trace) learnPrompts() {
	var list []struct{ Name, Version string }
	if json.Unmarshal([]byte(t.Tags[trace.PromptsTag]), &list) != nil {
		return
	}
	have := strings.Join(t.Prompts, "\n")
	for _, p := range list {
		if id := p.Name + "/" + p.Version; !strings.Contains("\n"+have+"\n", "\n"+id+"\n") {
			t.Prompts = append(t.Prompts, id)
		}
	}
}

// spans are in the database or, of older versions, a file among the trace's artifacts.
func (d *database) spans(ctx context.Context, id, experiment, uri string) (list []trace.Span, err error) {
	if d.tables["spans"] != nil {
		err = d.each(ctx, "SELECT content FROM spans WHERE trace_id=? ORDER BY start_time_unix_nano, span_id", []any{id}, func(r *sql.Rows) error {
			var content string
			if err := r.Scan(&content); err != nil {
				return err
			}
			if content == "" {
				return errs.New(errs.NotFound, "its spans were moved to an archive")
			}
			s, err := spanfile.ParseOne([]byte(content))
			list = append(list, s)
			return err
		})
	}
	if err != nil || len(list) > 0 {
		return list, err
	}
	return spansIn(ctx, d, Owner{"trace", id, experiment, uri})
}

// spansIn reads the file of spans among a trace's artifacts.
func spansIn(ctx context.Context, s Source, o Owner) ([]trace.Span, error) {
	t, err := s.Files(ctx, o)
	if err != nil || t == nil {
		return nil, err
	}
	defer t.Close()
	f, err := t.Open(ctx, "traces.json")
	if err != nil {
		return nil, nil //nolint:nilerr // a trace without spans
	}
	defer f.Close()
	b, err := readAll(f, maxSpanFile)
	if err != nil {
		return nil, err
	}
	return spanfile.Parse(b)
}
