// Package spanfile knows the forms in which MLflow keeps spans: the file traces.json of
// a trace's artifacts, from version 2 on, and the content of a row in a database.
package spanfile

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/trace"
)

// span is one in any of the forms: ids in base64 or as 0x…, times in nanoseconds, the
// attributes a map with JSON as values.
type span struct {
	TraceID    string         `json:"trace_id"`
	ID         string         `json:"span_id"`
	ParentID   string         `json:"parent_span_id"`
	Name       string         `json:"name"`
	Start      int64          `json:"start_time_unix_nano"`
	End        int64          `json:"end_time_unix_nano"`
	Attributes map[string]any `json:"attributes"`
	Status     status         `json:"status"`
	Events     []happening    `json:"events"`
	Links      []link         `json:"links"`
	before3
}

// before3 are the names that versions before 3 have.
type before3 struct {
	Context struct {
		TraceID string `json:"trace_id"`
		ID      string `json:"span_id"`
	} `json:"context"`
	OldParent  string `json:"parent_id"`
	OldStart   int64  `json:"start_time"`
	OldEnd     int64  `json:"end_time"`
	OldStatus  string `json:"status_code"`
	OldMessage string `json:"status_message"`
}

type status struct {
	Message string `json:"message"`
	Code    string `json:"code"`
}

type happening struct {
	Name       string         `json:"name"`
	Time       int64          `json:"time_unix_nano"`
	Micros     int64          `json:"timestamp"` // before version 3
	Attributes map[string]any `json:"attributes"`
}

type link struct {
	TraceID    string         `json:"trace_id"`
	SpanID     string         `json:"span_id"`
	Attributes map[string]any `json:"attributes"`
}

var errNoSpans = errs.New(errs.Invalid, "the file is not one of spans")

// Parse reads a whole file, {"spans": […]}, of any version.
func Parse(b []byte) (list []trace.Span, err error) {
	var in struct {
		Spans []span `json:"spans"`
	}
	if err := into(b, &in); err != nil {
		return nil, err
	}
	for _, f := range in.Spans {
		list = append(list, f.span())
	}
	return list, nil
}

// ParseOne reads one span, as a row of a database has it.
func ParseOne(b []byte) (trace.Span, error) {
	var in span
	err := into(b, &in)
	return in.span(), err
}

func into(b []byte, to any) error {
	v, err := Decode(b)
	if err != nil {
		return errNoSpans
	}
	clean, err := json.Marshal(v) // quotes NaN and the infinities
	if err != nil {
		return errNoSpans
	}
	dec := json.NewDecoder(bytes.NewReader(clean))
	dec.UseNumber()
	if dec.Decode(to) != nil {
		return errNoSpans
	}
	return nil
}

func (f *span) span() trace.Span {
	s := trace.Span{
		TraceID: digitsOf(f.TraceID, f.Context.TraceID, 32), ID: digitsOf(f.ID, f.Context.ID, 16), ParentID: digitsOf(f.ParentID, f.OldParent, 16), Name: f.Name,
		Start: max(f.Start, f.OldStart), End: max(f.End, f.OldEnd), Status: trace.Status{Message: f.Status.Message + f.OldMessage, Code: statusOf(f.Status.Code + f.OldStatus)},
		Attributes: attributes(f.Attributes, attribute),
	}
	for _, e := range f.Events {
		s.Events = append(s.Events, trace.Event{Name: e.Name, Time: max(e.Time, e.Micros*1000), Attributes: attributes(e.Attributes, asValue)})
	}
	for _, l := range f.Links {
		s.Links = append(s.Links, trace.Link{TraceID: digitsOf(strings.TrimPrefix(l.TraceID, "tr-"), "", 32), SpanID: digitsOf(l.SpanID, "", 16), Attributes: attributes(l.Attributes, asValue)})
	}
	return s
}

// attributes are in the order of their keys, so that the same file gives the same spans.
func attributes(all map[string]any, value func(any) trace.Value) (list []trace.Attribute) {
	for _, k := range slices.Sorted(maps.Keys(all)) {
		list = append(list, trace.Attribute{Key: k, Value: value(all[k])})
	}
	return list
}

// digitsOf returns an id in hex: the newer form has base64, older ones digits, or 0x…
// without zeros in front.
func digitsOf(base, old string, size int) string {
	if base == "" {
		base = old
	}
	if rest, ok := strings.CutPrefix(base, "0x"); ok {
		return strings.Repeat("0", max(0, size-len(rest))) + rest
	}
	b, err := base64.StdEncoding.DecodeString(base)
	if err != nil || len(base) == size { // as long as hex, and longer than base64
		return base
	}
	return hex.EncodeToString(b)
}

func statusOf(name string) int64 {
	switch strings.TrimPrefix(name, "STATUS_CODE_") {
	case "OK":
		return 1
	case "ERROR":
		return 2
	}
	return 0
}

// attribute reads an attribute, whose value is JSON in a text.
func attribute(v any) trace.Value {
	s, ok := v.(string)
	if !ok {
		return asValue(v)
	}
	if inner, err := Decode([]byte(s)); err == nil {
		return asValue(inner)
	}
	return asValue(s)
}

// asValue turns JSON into one of OTLP's values.
func asValue(v any) (out trace.Value) {
	switch x := v.(type) {
	case string:
		out.String = &x
	case bool:
		out.Bool = &x
	case json.Number:
		if n, err := x.Int64(); err == nil {
			out.Int = &n
		} else if f, err := x.Float64(); err == nil {
			d := trace.Double(f)
			out.Double = &d
		}
	case []any:
		out.Array = &trace.Array{}
		for _, item := range x {
			out.Array.Values = append(out.Array.Values, asValue(item))
		}
	case map[string]any:
		out.Map = &trace.Map{}
		out.Map.Values = attributes(x, asValue)
	}
	return out
}
