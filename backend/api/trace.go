package api

import (
	"context"
	"encoding/json"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/run"
	"rondo/backend/trace"
)

func (a *API) traceRoutes(r *Router) {
	Get(r, "/traces", a.traces)
	Get(r, "/traces/{id}", a.trace)
}

// TraceQuery selects traces in MLflow's grammar; experiment takes ids.
type TraceQuery struct {
	Experiment []string `query:"experiment"` // none: all active ones
	Filter     string   `query:"filter"`
	OrderBy    []string `query:"order_by"`
	Limit      int      `query:"limit"` // 0 means 100, at most 500
	Page       string   `query:"page"`
}

// TracePage is one page of traces, newest first where nothing else is asked for.
type TracePage struct {
	Traces []trace.Trace `json:"traces"`
	Next   string        `json:"next,omitempty"` // page of the next one
}

func (a *API) traces(ctx context.Context, in TraceQuery) (TracePage, error) {
	if in.Limit < 0 || in.Limit > 500 {
		return TracePage{}, errs.New(errs.Invalid, "limit=%d: a page has 1 to 500 traces", in.Limit).WithHint("use next of the answer as page for more")
	}
	if in.Limit == 0 {
		in.Limit = 100
	}
	if len(in.Experiment) == 0 {
		list, _, err := a.Runs.SearchExperiments(ctx, run.Search{Limit: 10_000})
		if err != nil {
			return TracePage{}, err
		}
		for _, e := range list {
			in.Experiment = append(in.Experiment, e.ID)
		}
	}
	list, next, err := a.Traces.Search(ctx, trace.Search{ExperimentIDs: in.Experiment, Filter: in.Filter, OrderBy: in.OrderBy, Limit: in.Limit, Page: in.Page})
	if list == nil {
		list = []trace.Trace{}
	}
	return TracePage{list, next}, err
}

// TraceDetail is a trace with its spans.
type TraceDetail struct {
	Trace    trace.Trace `json:"trace"`
	Spans    []Span      `json:"spans"`    // the root first, then by their begin
	Complete bool        `json:"complete"` // as many spans as its maker has counted are here
}

// Span is one step of a trace. Its times count from the begin of the first one.
type Span struct {
	ID         string         `json:"id"`
	ParentID   string         `json:"parent_id,omitempty"`
	Name       string         `json:"name"`
	Type       string         `json:"type"`                  // such as LLM or TOOL
	Offset     int64          `json:"offset_ns"`             // ns
	Duration   *int64         `json:"duration_ns,omitempty"` // ns; nil while it goes on
	Inputs     any            `json:"inputs,omitempty"`
	Outputs    any            `json:"outputs,omitempty"`
	Attributes map[string]any `json:"attributes,omitempty"` // all others
	Events     []SpanEvent    `json:"events,omitempty"`
	Failed     bool           `json:"failed"`
	Message    string         `json:"message,omitempty"` // why it failed
}

// SpanEvent is something that happened during a span, such as an exception.
type SpanEvent struct {
	Name       string         `json:"name"`
	Offset     int64          `json:"offset_ns"` // ns since the begin of the first span
	Attributes map[string]any `json:"attributes,omitempty"`
}

func (a *API) trace(ctx context.Context, in struct {
	ID string `path:"id"`
},
) (out TraceDetail, err error) {
	if out.Trace, err = a.Traces.Get(ctx, in.ID); errs.Is(err, errs.NotFound) {
		return out, errs.New(errs.NotFound, "there is no trace %.80q", in.ID).WithHint("GET %s/traces lists the traces there are", Prefix)
	} else if err != nil {
		return out, err
	}
	spans, err := a.Traces.Spans(ctx, in.ID)
	if err != nil {
		return out, err
	}
	begin := beginOf(spans)
	out.Complete, out.Spans = out.Trace.Complete(len(spans)), make([]Span, len(spans))
	for i := range spans {
		out.Spans[i] = spanOf(&spans[i], begin)
	}
	return out, nil
}

func beginOf(spans []trace.Span) (begin int64) {
	for i, s := range spans {
		if i == 0 || s.Start < begin {
			begin = s.Start
		}
	}
	return begin
}

func spanOf(s *trace.Span, begin int64) Span {
	out := Span{
		ID: s.ID, ParentID: s.ParentID, Name: s.Name, Type: s.Type(), Offset: s.Start - begin,
		Attributes: map[string]any{}, Failed: s.Status.Code == 2, Message: s.Status.Message,
	}
	if s.End >= s.Start && s.End > 0 {
		d := s.End - s.Start
		out.Duration = &d
	}
	for _, at := range s.Attributes {
		out.say(at.Key, opened(at.Value.Plain()))
	}
	for _, e := range s.Events {
		out.Events = append(out.Events, SpanEvent{e.Name, e.Time - begin, attributesOf(e.Attributes)})
	}
	return out
}

// say puts an attribute where it belongs; what only repeats the span's own fields is left out.
func (s *Span) say(key string, value any) {
	switch key {
	case "mlflow.spanInputs", "input.value":
		s.Inputs = value
	case "mlflow.spanOutputs", "output.value":
		s.Outputs = value
	case "mlflow.spanType", "mlflow.traceRequestId":
	default:
		s.Attributes[key] = value
	}
}

func attributesOf(list []trace.Attribute) map[string]any {
	out := make(map[string]any, len(list))
	for _, a := range list {
		out[a.Key] = a.Value.Plain()
	}
	return out
}

// opened reads values that clients send as JSON in a text; other texts stay as they are.
func opened(v any) any {
	s, ok := v.(string)
	if !ok || s == "" || !strings.ContainsRune(`{["`, rune(s[0])) {
		return v
	}
	var inner any
	dec := json.NewDecoder(strings.NewReader(s))
	dec.UseNumber()
	if dec.Decode(&inner) != nil || dec.More() {
		return v
	}
	return inner
}
