// Package trace keeps traces of calls through a program that answers: spans as
// OpenTelemetry has them, what was asked and answered, and what people or judges
// thought of it. Traces belong to an experiment, which this package knows by id.
package trace

import (
	"encoding/json"
	"regexp"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"rondo/backend/errs"
)

// States of a trace.
const (
	Unspecified = "STATE_UNSPECIFIED"
	OK          = "OK"
	Failed      = "ERROR"
	InProgress  = "IN_PROGRESS"
)

// Trace is one call from its first span to its last.
type Trace struct {
	ID           string            `json:"id"` // tr- and the 32 hex digits of OpenTelemetry
	ExperimentID string            `json:"experiment_id"`
	ClientID     string            `json:"client_id,omitempty"` // the caller's own id of the request
	Time         int64             `json:"time"`                // ms since 1970
	Duration     *int64            `json:"duration,omitempty"`  // ms; nil while it goes on
	State        string            `json:"state"`
	Request      *string           `json:"request,omitempty"` // preview
	Response     *string           `json:"response,omitempty"`
	Metadata     map[string]string `json:"metadata,omitempty"` // set by who made the trace
	Tags         map[string]string `json:"tags,omitempty"`     // changed at will
	Assessments  []Assessment      `json:"assessments,omitempty"`
}

// Assessment is a judgement about a trace or one of its spans.
type Assessment struct {
	ID        string            `json:"id"`
	TraceID   string            `json:"trace_id"`
	SpanID    string            `json:"span_id,omitempty"`
	Name      string            `json:"name"`
	Kind      string            `json:"kind"` // feedback, expectation or issue
	Source    Source            `json:"source"`
	Value     json.RawMessage   `json:"value,omitempty"`
	Error     json.RawMessage   `json:"error,omitempty"` // why there is no value
	Rationale *string           `json:"rationale,omitempty"`
	Metadata  map[string]string `json:"metadata,omitempty"`
	Overrides string            `json:"overrides,omitempty"` // id of the one that it replaces
	Valid     bool              `json:"valid"`
	Created   int64             `json:"created"` // ms since 1970
	Updated   int64             `json:"updated"`
}

// Kinds of assessments.
const (
	Feedback    = "feedback"
	Expectation = "expectation"
	Issue       = "issue"
)

// Source says who judged.
type Source struct {
	Type string `json:"type"` // HUMAN, LLM_JUDGE or CODE
	ID   string `json:"id"`
}

// Keys that mean something here.
const (
	NameTag      = "mlflow.traceName"
	PlaceTag     = "mlflow.artifactLocation"
	SpansTag     = "mlflow.trace.spansLocation"
	PromptsTag   = "mlflow.linkedPrompts"
	RunKey       = "mlflow.sourceRun"
	SessionKey   = "mlflow.trace.session"
	UserKey      = "mlflow.trace.user"
	UsageKey     = "mlflow.trace.tokenUsage"
	CostKey      = "mlflow.trace.cost"
	SizeKey      = "mlflow.trace.sizeStats"
	SpansHere    = "TRACKING_STORE"
	idPrefix     = "tr-"
	requestIDKey = "mlflow.traceRequestId"
)

// Limits of what one call may bring.
const (
	maxText    = 8000 // characters of a tag's or metadatum's value; longer ones are cut, as clients expect
	maxPairs   = 1000
	maxSpans   = 10_000
	maxPreview = 10_000
)

var idShape = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-zA-Z0-9][\w\-.:/]{0,127}$`) })

func checkID(id string) error {
	if !idShape().MatchString(id) || strings.Contains(id, "..") {
		return errs.New(errs.Invalid, "%.80q is not the id of a trace", id)
	}
	return nil
}

func (t *Trace) check() error {
	if err := checkID(t.ID); err != nil {
		return err
	}
	switch t.State {
	case OK, Failed, InProgress, Unspecified:
	case "":
		t.State = Unspecified
	default:
		return errs.New(errs.Invalid, "%.40q is not the state of a trace", t.State)
	}
	if err := checkPairs(t.Metadata); err != nil {
		return err
	}
	if err := checkPairs(t.Tags); err != nil {
		return err
	}
	for _, text := range []*string{t.Request, t.Response} {
		if text != nil {
			*text = cut(*text, maxPreview)
		}
	}
	return nil
}

// checkPairs refuses what cannot be kept, and cuts values that are too long.
func checkPairs(pairs map[string]string) error {
	if len(pairs) > maxPairs {
		return errs.New(errs.TooLarge, "a trace has at most %d tags, not %d", maxPairs, len(pairs))
	}
	for key, value := range pairs {
		if err := checkKey(key); err != nil {
			return err
		}
		pairs[key] = cut(value, maxText)
	}
	return nil
}

func checkKey(key string) error {
	if key == "" || utf8.RuneCountInString(key) > 250 || strings.ContainsAny(key, "\x00\n") {
		return errs.New(errs.Invalid, "%.80q is not the key of a tag: want 1 to 250 characters on one line", key)
	}
	return nil
}

func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	if r := []rune(s); len(r) > limit {
		return string(r[:limit])
	}
	return s
}

func notFound(id string) error {
	return errs.New(errs.NotFound, "Trace with ID '%.128s' is not found.", id)
}

func millis(t time.Time) int64 { return t.UnixMilli() }
