package mlflow

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"time"

	"rondo/backend/errs"
	"rondo/backend/interop/mlflow/spanfile"
	"rondo/backend/run"
	"rondo/backend/trace"
)

// A trace's spans as a file: what MLflow's pages read, and how clients send spans that
// do not speak OpenTelemetry, or that hear too late that the server does.

const spanFile = "traces.json"

var noAttachments = errs.New(errs.Invalid, "Rondo keeps the spans of traces and no attachments").WithHint("log the file as an artifact of a run")

func (d *Door) traceFile(w http.ResponseWriter, req *http.Request, in message) error {
	id := in.text("request_id")
	if id == "" {
		return &refusal{"BAD_REQUEST", http.StatusBadRequest, `Request must include the "request_id" query parameter.`}
	}
	if in.text("path") != "" {
		return noAttachments
	}
	out, err := d.fileOf(req.Context(), id)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Disposition", "attachment; filename="+spanFile)
	writeJSON(w, http.StatusOK, out)
	return nil
}

type spansFile struct {
	Spans []fileSpan `json:"spans"`
}

// fileSpan is a span whose attributes are a map with JSON as values.
type fileSpan struct {
	TraceID    string         `json:"trace_id"`
	ID         string         `json:"span_id"`
	ParentID   string         `json:"parent_span_id"`
	Name       string         `json:"name"`
	Start      int64          `json:"start_time_unix_nano"`
	End        int64          `json:"end_time_unix_nano"`
	Attributes map[string]any `json:"attributes"`
	Status     wireStatus     `json:"status"`
	Events     []fileEvent    `json:"events"`
}

type fileEvent struct {
	Name       string         `json:"name"`
	Time       int64          `json:"time_unix_nano"`
	Attributes map[string]any `json:"attributes"`
}

func (d *Door) fileOf(ctx context.Context, id string) (spansFile, error) {
	out := spansFile{[]fileSpan{}}
	spans, err := d.opts.Traces.Spans(ctx, id)
	for _, s := range spans {
		w := fromSpan(s)
		f := fileSpan{TraceID: w.TraceID, ID: w.ID, ParentID: w.ParentID, Name: s.Name, Start: s.Start, End: s.End, Status: w.Status, Attributes: map[string]any{}, Events: []fileEvent{}}
		for _, a := range s.Attributes {
			f.Attributes[a.Key] = string(asJSON(a.Value.Plain()))
		}
		for _, e := range s.Events {
			f.Events = append(f.Events, fileEvent{e.Name, e.Time, plainAttributes(e.Attributes)})
		}
		out.Spans = append(out.Spans, f)
	}
	return out, err
}

func plainAttributes(list []trace.Attribute) map[string]any {
	out := map[string]any{}
	for _, a := range list {
		out[a.Key] = a.Value.Plain()
	}
	return out
}

func (d *Door) listTrace(ctx context.Context, p place) ([]run.File, error) {
	spans, err := d.opts.Traces.Spans(ctx, p.trace)
	if err != nil || len(spans) == 0 || p.path != "" {
		return nil, nil //nolint:nilerr // what is not there is an empty folder
	}
	return []run.File{{Path: spanFile}}, nil
}

func (d *Door) sendTrace(w http.ResponseWriter, req *http.Request, p place) error {
	spans, err := d.opts.Traces.Spans(req.Context(), p.trace)
	if err == nil && (p.path != spanFile || len(spans) == 0) {
		err = errs.New(errs.NotFound, "trace %s has no file %s", short(p.trace, 128), short(p.path, 200))
	}
	if err != nil {
		return err
	}
	out := map[string][]oldSpan{}
	for _, s := range spans {
		out["spans"] = append(out["spans"], fromSpanOld(s))
	}
	send(w, req, spanFile, time.Time{}, bytes.NewReader(asJSON(out)))
	return nil
}

// oldSpan is a span as clients before 3 read it; later ones read it as well, and ask for the file no more.
type oldSpan struct {
	Name       string         `json:"name"`
	Context    oldContext     `json:"context"`
	ParentID   *string        `json:"parent_id"`
	Start      int64          `json:"start_time"`
	End        int64          `json:"end_time"`
	Status     string         `json:"status_code"`
	Message    string         `json:"status_message"`
	Attributes map[string]any `json:"attributes"`
	Events     []oldEvent     `json:"events"`
}

type oldContext struct {
	TraceID string `json:"trace_id"`
	ID      string `json:"span_id"`
}

type oldEvent struct {
	Name       string         `json:"name"`
	Time       int64          `json:"timestamp"`
	Attributes map[string]any `json:"attributes"`
}

func fromSpanOld(s trace.Span) oldSpan {
	out := oldSpan{
		Name: s.Name, Context: oldContext{"0x" + s.TraceID, "0x" + s.ID}, Start: s.Start, End: s.End, Status: "UNSET", Message: s.Status.Message,
		Attributes: map[string]any{}, Events: []oldEvent{},
	}
	if s.ParentID != "" {
		id := "0x" + s.ParentID
		out.ParentID = &id
	}
	if s.Status.Code > 0 {
		out.Status = strings.TrimPrefix(nameOf(statusCodes, s.Status.Code), "STATUS_CODE_")
	}
	for _, a := range s.Attributes {
		out.Attributes[a.Key] = string(asJSON(a.Value.Plain()))
	}
	for _, e := range s.Events {
		out.Events = append(out.Events, oldEvent{e.Name, e.Time / 1000, plainAttributes(e.Attributes)})
	}
	return out
}

// putTrace takes the file apart: the spans in it are kept like all others.
func (d *Door) putTrace(w http.ResponseWriter, req *http.Request, p place) error {
	if p.path != spanFile {
		return noAttachments
	}
	b, err := limited(http.MaxBytesReader(w, req.Body, maxSpans+1))
	if err != nil {
		return err
	}
	if _, err := d.opts.Traces.Get(req.Context(), p.trace); err != nil {
		return err
	}
	g := trace.Group{Trace: p.trace}
	if g.Spans, err = spanfile.Parse(b); err != nil {
		return err
	}
	if _, err := d.opts.Traces.LogSpans(req.Context(), p.experiment, []trace.Group{g}); err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, nothing{})
	return nil
}
