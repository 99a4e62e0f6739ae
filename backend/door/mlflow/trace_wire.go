package mlflow

import (
	"encoding/base64"
	"encoding/hex"

	"rondo/backend/trace"
)

type traceAnswer struct {
	Trace wireTrace `json:"trace"`
}

type wireTrace struct {
	Info  traceInfo  `json:"trace_info"`
	Spans []wireSpan `json:"spans,omitempty"`
}

type traceInfo struct {
	ID          string            `json:"trace_id"`
	ClientID    string            `json:"client_request_id,omitempty"`
	Location    traceLocation     `json:"trace_location"`
	Time        string            `json:"request_time"`
	Duration    string            `json:"execution_duration,omitempty"`
	State       string            `json:"state"`
	Metadata    map[string]string `json:"trace_metadata,omitempty"`
	Assessments []wireAssessment  `json:"assessments,omitempty"`
	Tags        map[string]string `json:"tags,omitempty"`
	Request     *string           `json:"request_preview,omitempty"`
	Response    *string           `json:"response_preview,omitempty"`
}

type traceLocation struct {
	Type       string `json:"type"`
	Experiment struct {
		ID string `json:"experiment_id"`
	} `json:"mlflow_experiment"`
}

func fromTrace(t trace.Trace) traceInfo {
	out := traceInfo{
		ID: t.ID, ClientID: t.ClientID, Time: writeTime(t.Time), State: t.State, Metadata: t.Metadata, Tags: t.Tags, Request: t.Request, Response: t.Response,
	}
	out.Location.Type, out.Location.Experiment.ID = "MLFLOW_EXPERIMENT", t.ExperimentID
	if t.Duration != nil {
		out.Duration = writeDuration(*t.Duration)
	}
	for _, a := range t.Assessments {
		out.Assessments = append(out.Assessments, fromAssessment(a))
	}
	return out
}

// wireSpan is a span whose ids are bytes, as protobuf's JSON writes them.
type wireSpan struct {
	trace.Span
	TraceID  string     `json:"trace_id"`
	ID       string     `json:"span_id"`
	ParentID string     `json:"parent_span_id,omitempty"`
	Links    []wireLink `json:"links,omitempty"`
	Status   wireStatus `json:"status"`
	Kind     string     `json:"kind,omitempty"`
}

type wireLink struct {
	TraceID    string            `json:"trace_id"`
	SpanID     string            `json:"span_id"`
	Attributes []trace.Attribute `json:"attributes,omitempty"`
}

type wireStatus struct {
	Message string `json:"message,omitempty"`
	Code    string `json:"code,omitempty"`
}

var (
	statusCodes = []string{"", "STATUS_CODE_OK", "STATUS_CODE_ERROR"}
	spanKinds   = []string{"", "SPAN_KIND_INTERNAL", "SPAN_KIND_SERVER", "SPAN_KIND_CLIENT", "SPAN_KIND_PRODUCER", "SPAN_KIND_CONSUMER"}
)

func fromSpan(s trace.Span) wireSpan {
	w := wireSpan{
		Span: s, TraceID: asBytes(s.TraceID), ID: asBytes(s.ID), ParentID: asBytes(s.ParentID),
		Status: wireStatus{s.Status.Message, nameOf(statusCodes, s.Status.Code)}, Kind: nameOf(spanKinds, s.Kind),
	}
	for _, l := range s.Links {
		w.Links = append(w.Links, wireLink{asBytes(l.TraceID), asBytes(l.SpanID), l.Attributes})
	}
	return w
}

func fromSpans(list []trace.Span) (out []wireSpan) {
	for _, s := range list {
		out = append(out, fromSpan(s))
	}
	return out
}

func nameOf(names []string, n int64) string {
	if n < 0 || n >= int64(len(names)) {
		return ""
	}
	return names[n]
}

func asBytes(digits string) string {
	b, err := hex.DecodeString(digits)
	if err != nil {
		return ""
	}
	return base64.StdEncoding.EncodeToString(b)
}
