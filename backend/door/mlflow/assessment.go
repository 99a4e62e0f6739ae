package mlflow

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/trace"
)

func (d *Door) assessmentRoutes() []route {
	trace, id := need(text("trace_id")), need(text("assessment_id"))
	all := "/mlflow/traces/{trace_id}/assessments"
	body := need(object("assessment", assessmentFields()...))
	return []route{
		post(all, d.assess, trace, body),
		get(all+"/{assessment_id}", d.getAssessment, trace, id),
		patch(all+"/{assessment_id}", d.reassess, trace, id, need(object("assessment", patchFields()...)), need(anything("update_mask"))),
		remove(all+"/{assessment_id}", d.deleteAssessment, trace, id),
	}
}

var sources = []string{"SOURCE_TYPE_UNSPECIFIED", "HUMAN", "LLM_JUDGE", "CODE"}

func assessmentFields() []field {
	list := patchFields()
	list[0] = need(list[0])
	return list
}

func patchFields() []field {
	failure := object("error", text("error_code"), text("error_message"), text("stack_trace"))
	return []field{
		text("assessment_name"), text("assessment_id"), text("trace_id"), text("span_id"),
		object("source", choice("source_type", sources...), text("source_id")), text("create_time"), text("last_update_time"),
		object("feedback", anything("value"), failure), object("expectation", anything("value"), object("serialized_value", text("serialization_format"), text("value"))),
		object("issue", text("issue_name")), text("rationale"), dict("metadata"), text("overrides"), flag("valid"),
	}
}

type wireAssessment struct {
	ID          string            `json:"assessment_id"`
	Name        string            `json:"assessment_name"`
	TraceID     string            `json:"trace_id"`
	SpanID      string            `json:"span_id,omitempty"`
	Source      wireSource        `json:"source"`
	Created     string            `json:"create_time"`
	Updated     string            `json:"last_update_time"`
	Feedback    *wireFeedback     `json:"feedback,omitempty"`
	Expectation map[string]any    `json:"expectation,omitempty"`
	Issue       map[string]string `json:"issue,omitempty"`
	Rationale   *string           `json:"rationale,omitempty"`
	Metadata    map[string]string `json:"metadata,omitempty"`
	Overrides   string            `json:"overrides,omitempty"`
	Valid       bool              `json:"valid"`
}

type wireSource struct {
	Type string `json:"source_type"`
	ID   string `json:"source_id"`
}

type wireFeedback struct {
	Value json.RawMessage `json:"value"`
	Error json.RawMessage `json:"error,omitempty"`
}

func fromAssessment(a trace.Assessment) wireAssessment {
	out := wireAssessment{
		ID: a.ID, Name: a.Name, TraceID: a.TraceID, SpanID: a.SpanID, Source: wireSource(a.Source), Created: writeTime(a.Created), Updated: writeTime(a.Updated),
		Rationale: a.Rationale, Metadata: a.Metadata, Overrides: a.Overrides, Valid: a.Valid,
	}
	value := a.Value
	if len(value) == 0 {
		value = json.RawMessage("null")
	}
	switch a.Kind {
	case trace.Feedback:
		out.Feedback = &wireFeedback{value, a.Error}
	case trace.Issue:
		out.Issue = map[string]string{"issue_name": strings.Trim(string(a.Value), `"`)}
	default:
		if out.Expectation = map[string]any{"value": value}; value[0] == '{' || value[0] == '[' {
			out.Expectation = map[string]any{"serialized_value": map[string]string{"serialization_format": "JSON_FORMAT", "value": spaced(value)}}
		}
	}
	return out
}

func readAssessment(m message) (a trace.Assessment, err error) {
	source := m.object("source")
	a = trace.Assessment{
		ID: m.text("assessment_id"), SpanID: m.text("span_id"), Name: m.text("assessment_name"), Source: trace.Source{Type: source.text("source_type"), ID: source.text("source_id")},
		Rationale: m.optional("rationale"), Metadata: m.dict("metadata"), Overrides: m.text("overrides"),
	}
	if a.Created, err = readTime(m.text("create_time")); err != nil {
		return a, err
	}
	if a.Updated, err = readTime(m.text("last_update_time")); err != nil {
		return a, err
	}
	a.Kind, a.Value, a.Error, err = readValue(m)
	return a, err
}

// readValue reads what is judged: of which kind, and what is said.
func readValue(m message) (kind string, value, failure json.RawMessage, err error) {
	switch {
	case m.has("feedback"):
		f := m.object("feedback")
		if f.has("error") {
			failure = asJSON(f.object("error"))
		}
		return trace.Feedback, asJSON(f["value"]), failure, nil
	case m.has("expectation"):
		e := m.object("expectation")
		if !e.has("serialized_value") {
			return trace.Expectation, asJSON(e["value"]), nil, nil
		}
		var b bytes.Buffer
		if e.object("serialized_value").text("serialization_format") != "JSON_FORMAT" || json.Compact(&b, []byte(e.object("serialized_value").text("value"))) != nil {
			return "", nil, nil, errs.New(errs.Invalid, "Unknown serialization format: only JSON_FORMAT is supported.")
		}
		return trace.Expectation, b.Bytes(), nil, nil
	case m.has("issue"):
		return trace.Issue, asJSON(m.object("issue").text("issue_name")), nil, nil
	}
	return "", nil, nil, nil
}

func asJSON(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		return json.RawMessage("null")
	}
	return b
}

type assessmentAnswer struct {
	Assessment wireAssessment `json:"assessment"`
}

func (d *Door) assess(ctx context.Context, in message) (any, error) {
	a, err := readAssessment(in.object("assessment"))
	if err != nil {
		return nil, err
	}
	a.ID, a.TraceID = "", in.text("trace_id")
	a, err = d.opts.Traces.Assess(ctx, a)
	return assessmentAnswer{fromAssessment(a)}, err
}

func (d *Door) getAssessment(ctx context.Context, in message) (any, error) {
	a, err := d.opts.Traces.Assessment(ctx, in.text("trace_id"), in.text("assessment_id"))
	return assessmentAnswer{fromAssessment(a)}, err
}

// reassess changes the fields that the mask names.
func (d *Door) reassess(ctx context.Context, in message) (any, error) {
	m, c := in.object("assessment"), trace.Change{}
	var err error
	for _, path := range maskPaths(in["update_mask"]) {
		switch snake(path) {
		case "assessment_name":
			c.Name = m.optional("assessment_name")
		case "feedback", "expectation":
			if c.Kind, c.Value, c.Error, err = readValue(m); err != nil {
				return nil, err
			}
		case "rationale":
			c.Rationale = m.optional("rationale")
		case "metadata":
			c.Metadata = m.dict("metadata")
		}
	}
	a, err := d.opts.Traces.Reassess(ctx, in.text("trace_id"), in.text("assessment_id"), c)
	return assessmentAnswer{fromAssessment(a)}, err
}

// maskPaths reads a field mask, which is one text or an object with a list.
func maskPaths(mask any) (list []string) {
	switch x := mask.(type) {
	case string:
		return strings.Split(x, ",")
	case map[string]any:
		items, _ := x["paths"].([]any)
		for _, item := range items {
			if s, ok := item.(string); ok {
				list = append(list, s)
			}
		}
	}
	return list
}

func (d *Door) deleteAssessment(ctx context.Context, in message) (any, error) {
	return nothing{}, d.opts.Traces.DeleteAssessment(ctx, in.text("trace_id"), in.text("assessment_id"))
}
