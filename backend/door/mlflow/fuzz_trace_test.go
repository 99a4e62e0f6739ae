package mlflow_test

import (
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
)

// Spans come from any program: whatever the bytes, the answer is theirs to mend.
func FuzzSpans(f *testing.F) {
	for _, seed := range []string{"", "\x0a\x02\x12\x00", "\x0a\x80\x80\x01", "\x0a\x0a\x12\x08\x12\x06\x0a\x04abcd", otlpTrace} {
		f.Add([]byte(seed), strings.HasPrefix(seed, "{"))
	}
	h := open(f)
	f.Fuzz(func(t *testing.T, body []byte, asJSON bool) {
		req := httptest.NewRequest("POST", "/v1/traces", bytes.NewReader(body))
		req.Header.Set("X-Mlflow-Experiment-Id", "0")
		req.Header.Set("Content-Type", "application/x-protobuf")
		if asJSON {
			req.Header.Set("Content-Type", "application/json")
		}
		if a := h.send(t, req); a.status >= 500 {
			t.Errorf("%q: %d %s", body, a.status, a.text)
		}
	})
}

func FuzzTraceFilter(f *testing.F) {
	h := open(f)
	h.sendSpans(f, otlpTrace)
	for _, seed := range []string{"status = 'OK' AND tags.`a b` RLIKE '^x'", "span.attributes.a.b IN ('x', 'y')", "feedback.x >= 0.5", "tag.x IS NOT NULL", "a.b.c != \"d\" and", "timestamp>1e9", "text ILIKE '%[*?'"} {
		f.Add(seed, "tags.a DESC")
	}
	f.Fuzz(func(t *testing.T, filter, order string) {
		body, err := json.Marshal(map[string]any{"locations": []any{map[string]any{"mlflow_experiment": map[string]string{"experiment_id": "0"}}}, "filter": filter, "order_by": []string{order}})
		must(t, err)
		if a := h.do(t, "POST", v3+"/search", string(body)); a.status >= 500 {
			t.Errorf("%q %q: %d %s", filter, order, a.status, a.text)
		}
	})
}

func FuzzGraphQL(f *testing.F) {
	h := open(f)
	for _, seed := range []string{`{a}`, `query Q($i: X) { mlflowGetRun(input: {runId: $i}) { run { ...F } } } fragment F on R { info { runId } }`, `{ test(inputString: "\u0041") { output } }`, `mutation { mlflowSearchRuns(input: {experimentIds: ["0"], maxResults: 1e3}) { runs { experiment { name } } } }`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		body, err := json.Marshal(map[string]string{"query": query})
		must(t, err)
		if a := h.do(t, "POST", "/graphql", string(body)); a.status >= 500 {
			t.Errorf("%q: %d %s", query, a.status, a.text)
		}
	})
}
