package server_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"rondo/backend/api"
)

const sentSpans = `{"resourceSpans":[{"scopeSpans":[{"spans":[
 {"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0000000000000002","parentSpanId":"0000000000000001","name":"llm","startTimeUnixNano":"1700000000250000000","endTimeUnixNano":"1700000000900000000",
  "attributes":[{"key":"mlflow.spanType","value":{"stringValue":"\"LLM\""}},{"key":"model","value":{"stringValue":"small"}},{"key":"mlflow.spanInputs","value":{"stringValue":"{\"n\": 12345678901234567}"}}],
  "status":{"code":2,"message":"no answer"},"events":[{"timeUnixNano":"1700000000800000000","name":"exception","attributes":[{"key":"exception.type","value":{"stringValue":"ValueError"}}]}]},
 {"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0000000000000001","name":"answer","startTimeUnixNano":"1700000000000000000","endTimeUnixNano":"1700000001000000000",
  "attributes":[{"key":"mlflow.spanInputs","value":{"stringValue":"why?"}},{"key":"mlflow.spanOutputs","value":{"stringValue":"[1, 2]"}}],"status":{"code":1}}]}]}]}`

// TestTracesAreReadAsPagesShowThem sends spans as OpenTelemetry's programs do.
func TestTracesAreReadAsPagesShowThem(t *testing.T) {
	s := serve(t, options(t, weather(t), t.TempDir()))
	token := "Authorization: Bearer " + s.Info().Token
	if res, body := ask(t, "POST", s.Info().URL+"/v1/traces", sentSpans, token, "Content-Type: application/json", "X-Mlflow-Experiment-Id: 0"); res.StatusCode != 200 {
		t.Fatal(res.Status, body)
	}
	get := func(path string, status int, out any) string {
		t.Helper()
		res, body := ask(t, "GET", s.Info().URL+api.Prefix+path, "", token)
		if err := json.Unmarshal([]byte(body), out); res.StatusCode != status || err != nil {
			t.Fatalf("%s: %s %s %v", path, res.Status, body, err)
		}
		return body
	}
	var page api.TracePage
	get("/traces", 200, &page)
	if len(page.Traces) != 1 || page.Traces[0].Duration == nil || *page.Traces[0].Duration != 1000 {
		t.Fatalf("%+v", page)
	}
	id := page.Traces[0].ID
	get("/traces?filter="+url.QueryEscape("trace.status = 'IN_PROGRESS'"), 200, &page)
	if len(page.Traces) != 0 {
		t.Errorf("the filter lets %+v pass", page)
	}
	var one api.TraceDetail
	body := get("/traces/"+id, 200, &one)
	if len(one.Spans) != 2 || one.Spans[0].Name != "answer" || one.Spans[0].Inputs != "why?" || len(one.Spans[0].Outputs.([]any)) != 2 {
		t.Fatalf("%+v", one)
	}
	llm := one.Spans[1]
	if llm.Type != "LLM" || llm.Offset != 250e6 || *llm.Duration != 650e6 || !llm.Failed || llm.Message != "no answer" || llm.Attributes["model"] != "small" || llm.Events[0].Offset != 800e6 {
		t.Errorf("%+v", llm)
	}
	if !strings.Contains(body, `"inputs":{"n":12345678901234567}`) {
		t.Errorf("a large number is not what it was: %s", body)
	}
	var f struct{ Error api.Failure }
	get("/traces/tr-nobody", 404, &f)
	get("/traces?limit=501", 400, &f)
	get("/traces?filter="+url.QueryEscape("trace.status ="), 400, &f)
}
