package spanfile

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"

	"rondo/backend/trace"
)

var codes = []string{"STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR"}

// Write returns a span as a row of a database has it.
func Write(s trace.Span) ([]byte, error) {
	out := map[string]any{
		"trace_id": base(s.TraceID), "span_id": base(s.ID), "parent_span_id": nil, "name": s.Name,
		"start_time_unix_nano": s.Start, "end_time_unix_nano": nil,
		"status": map[string]string{"code": codeOf(s), "message": s.Status.Message},
	}
	if s.ParentID != "" {
		out["parent_span_id"] = base(s.ParentID)
	}
	if s.End > 0 {
		out["end_time_unix_nano"] = s.End
	}
	texts, err := textsOf(s)
	if err != nil {
		return nil, err
	}
	events := []map[string]any{}
	for _, e := range s.Events {
		events = append(events, map[string]any{"name": e.Name, "time_unix_nano": e.Time, "attributes": plain(e.Attributes)})
	}
	links := []map[string]any{}
	for _, l := range s.Links {
		links = append(links, map[string]any{"trace_id": "tr-" + l.TraceID, "span_id": l.SpanID, "attributes": plain(l.Attributes)})
	}
	out["attributes"], out["events"], out["links"] = texts, events, links
	return json.Marshal(out)
}

func codeOf(s trace.Span) string { return codes[max(0, min(int(s.Status.Code), 2))] }

// textsOf returns the attributes with JSON as values.
func textsOf(s trace.Span) (map[string]string, error) {
	texts := map[string]string{}
	for _, a := range s.Attributes {
		text, err := jsonOf(a.Value)
		if err != nil {
			return nil, err
		}
		texts[a.Key] = text
	}
	return texts, nil
}

func plain(list []trace.Attribute) map[string]any {
	out := map[string]any{}
	for _, a := range list {
		out[a.Key] = a.Value.Plain()
	}
	return out
}

func base(digits string) string {
	b, err := hex.DecodeString(digits)
	if err != nil {
		return digits
	}
	return base64.StdEncoding.EncodeToString(b)
}

// jsonOf writes a value as clients do.
func jsonOf(v trace.Value) (string, error) {
	b, err := json.Marshal(v.Plain())
	if err != nil {
		return "", err
	}
	plain, err := Decode(b)
	return Dump(plain, false), err
}
