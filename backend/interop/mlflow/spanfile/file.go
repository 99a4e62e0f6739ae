package spanfile

import (
	"encoding/json"
	"strings"

	"rondo/backend/trace"
)

// File returns the file of a trace's spans, {"spans": […]}, each as write gives it.
func File(spans []trace.Span, write func(trace.Span) ([]byte, error)) ([]byte, error) {
	out := struct {
		Spans []json.RawMessage `json:"spans"`
	}{[]json.RawMessage{}}
	for _, s := range spans {
		b, err := write(s)
		if err != nil {
			return nil, err
		}
		out.Spans = append(out.Spans, b)
	}
	return json.Marshal(out)
}

// WriteOld returns a span as clients before 3 read it; later ones read it as well, and
// ask for the file no more.
func WriteOld(s trace.Span) ([]byte, error) {
	out := map[string]any{
		"name": s.Name, "context": map[string]string{"trace_id": "0x" + s.TraceID, "span_id": "0x" + s.ID}, "parent_id": nil,
		"start_time": s.Start, "end_time": s.End, "status_code": strings.TrimPrefix(codeOf(s), "STATUS_CODE_"), "status_message": s.Status.Message,
	}
	if s.ParentID != "" {
		out["parent_id"] = "0x" + s.ParentID
	}
	events := []map[string]any{}
	for _, e := range s.Events {
		events = append(events, map[string]any{"name": e.Name, "timestamp": e.Time / 1000, "attributes": plain(e.Attributes)})
	}
	texts, err := textsOf(s)
	if err != nil {
		return nil, err
	}
	out["attributes"], out["events"] = texts, events
	return json.Marshal(out)
}
