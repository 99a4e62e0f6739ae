package trace

import (
	"bytes"
	"encoding/hex"
	"encoding/json"

	"rondo/backend/errs"
	"rondo/backend/number"
)

// Span is OpenTelemetry's span. Its JSON names the fields as OTLP's messages do; ids
// are hex digits.
type Span struct {
	TraceID    string      `json:"trace_id"`
	ID         string      `json:"span_id"`
	State      string      `json:"trace_state,omitempty"`
	ParentID   string      `json:"parent_span_id,omitempty"`
	Name       string      `json:"name"`
	Kind       int64       `json:"kind,omitempty"`
	Start      int64       `json:"start_time_unix_nano"`
	End        int64       `json:"end_time_unix_nano,omitempty"`
	Attributes []Attribute `json:"attributes,omitempty"`
	Events     []Event     `json:"events,omitempty"`
	Links      []Link      `json:"links,omitempty"`
	Status     Status      `json:"status"`
}

// Attribute is a key with its value.
type Attribute struct {
	Key   string `json:"key"`
	Value Value  `json:"value,omitzero"`
}

// Event is something that happened at a moment of a span.
type Event struct {
	Time       int64       `json:"time_unix_nano"`
	Name       string      `json:"name"`
	Attributes []Attribute `json:"attributes,omitempty"`
}

// Link points to a span of another trace.
type Link struct {
	TraceID    string      `json:"trace_id"`
	SpanID     string      `json:"span_id"`
	Attributes []Attribute `json:"attributes,omitempty"`
}

// Status is how a span ended: 0 unset, 1 OK, 2 error.
type Status struct {
	Message string `json:"message,omitempty"`
	Code    int64  `json:"code,omitempty"`
}

// Value is one of OTLP's values; none of the fields is a value that is nothing.
type Value struct {
	String *string `json:"string_value,omitempty"`
	Bool   *bool   `json:"bool_value,omitempty"`
	Int    *int64  `json:"int_value,omitempty"`
	Double *Double `json:"double_value,omitempty"`
	Array  *Array  `json:"array_value,omitempty"`
	Map    *Map    `json:"kvlist_value,omitempty"`
	Bytes  []byte  `json:"bytes_value,omitempty"`
}

// Array is a list of values.
type Array struct {
	Values []Value `json:"values,omitempty"`
}

// Map is a list of keys with values.
type Map struct {
	Values []Attribute `json:"values,omitempty"`
}

// Double is a float64 whose NaN and infinities survive JSON.
type Double = number.Float

// Plain returns the value as JSON knows it.
func (v Value) Plain() any {
	switch {
	case v.String != nil:
		return *v.String
	case v.Bool != nil:
		return *v.Bool
	case v.Int != nil:
		return *v.Int
	case v.Double != nil:
		return *v.Double
	case v.Array != nil:
		list := make([]any, len(v.Array.Values))
		for i, item := range v.Array.Values {
			list[i] = item.Plain()
		}
		return list
	case v.Map != nil:
		return plain(v.Map.Values)
	case v.Bytes != nil:
		return v.Bytes
	}
	return nil
}

func plain(list []Attribute) map[string]any {
	out := make(map[string]any, len(list))
	for _, a := range list {
		out[a.Key] = a.Value.Plain()
	}
	return out
}

// Text returns the value as text: a string as it is, all else as JSON.
func (v Value) Text() string {
	if v.String != nil {
		return *v.String
	}
	b, err := json.Marshal(v.Plain())
	if err != nil {
		return ""
	}
	return string(b)
}

// get returns the value of a key.
func (s *Span) get(key string) (Value, bool) {
	for _, a := range s.Attributes {
		if a.Key == key {
			return a.Value, true
		}
	}
	return Value{}, false
}

// Type is what MLflow calls the kind of a span, such as LLM or TOOL.
func (s *Span) Type() string {
	v, ok := s.get("mlflow.spanType")
	if !ok {
		return "UNKNOWN"
	}
	return unquoted(v.Text())
}

// unquoted takes off the quotes of clients that send every value as JSON.
func unquoted(text string) string {
	var s string
	if json.Unmarshal([]byte(text), &s) == nil {
		return s
	}
	return text
}

// words is what a span says in words: its name, and the names and values of what was noted.
func (s *Span) words() string {
	events := make([]map[string]any, len(s.Events))
	for i, e := range s.Events {
		events[i] = map[string]any{"name": e.Name, "attributes": plain(e.Attributes)}
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(map[string]any{"name": s.Name, "attributes": plain(s.Attributes), "events": events, "message": s.Status.Message}) != nil {
		return s.Name
	}
	return b.String()
}

func (s *Span) check() error {
	for _, id := range []struct {
		text string
		size int
		may  bool
	}{{s.TraceID, 16, false}, {s.ID, 8, false}, {s.ParentID, 8, true}} {
		b, err := hex.DecodeString(id.text)
		if err != nil || len(b) != id.size && (!id.may || len(b) > 0) {
			return errs.New(errs.Invalid, "a span has the id %.64q: want %d bytes", id.text, id.size)
		}
	}
	if s.Start < 0 || s.End < 0 {
		return errs.New(errs.Invalid, "span %s has a time before 1970", s.ID)
	}
	return nil
}

// own makes the span say which trace it is of; what the sender said of it is not trusted.
func (s *Span) own(id string) {
	for i := range s.Attributes {
		if s.Attributes[i].Key == requestIDKey {
			s.Attributes[i].Value = Value{String: &id}
			return
		}
	}
	s.Attributes = append(s.Attributes, Attribute{requestIDKey, Value{String: &id}})
}
