package mlflow_test

import (
	"bytes"
	"strings"
	"testing"
)

const (
	v3        = "/api/3.0/mlflow/traces"
	traceID   = "tr-0102030405060708090a0b0c0d0e0f10"
	otlpTrace = `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},"scopeSpans":[{"spans":[
		{"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708","name":"ask","startTimeUnixNano":"1700000000000000000","endTimeUnixNano":"1700000001500000000",
		 "status":{"code":1},"attributes":[{"key":"mlflow.spanType","value":{"stringValue":"LLM"}},{"key":"mlflow.spanInputs","value":{"stringValue":"what is it?"}},
		 {"key":"mlflow.chat.tokenUsage","value":{"kvlistValue":{"values":[{"key":"input_tokens","value":{"intValue":"3"}},{"key":"total_tokens","value":{"intValue":"5"}}]}}}]},
		{"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"1102030405060708","parentSpanId":"0102030405060708","name":"look up","startTimeUnixNano":"1700000000100000000","endTimeUnixNano":"1700000000200000000",
		 "status":{"code":2,"message":"no"},"attributes":[{"key":"model","value":{"stringValue":"small"}},{"key":"mlflow.chat.tokenUsage","value":{"kvlistValue":{"values":[{"key":"input_tokens","value":{"intValue":"3"}}]}}}]}]}]}]}`
)

// sendSpans sends spans as an OpenTelemetry exporter does.
func (h *house) sendSpans(t testing.TB, body string) answer {
	t.Helper()
	req := newRequest("POST", "/v1/traces", body)
	req.Header.Set("X-Mlflow-Experiment-Id", "0")
	return h.send(t, req)
}

func TestSpansMakeATrace(t *testing.T) {
	h := open(t)
	if a := h.sendSpans(t, otlpTrace); a.status != 200 {
		t.Fatalf("%d %s", a.status, a.text)
	}
	a := h.ok(t, "GET", v3+"/get?trace_id="+traceID, "")
	for path, want := range map[string]string{
		"trace.trace_info.state": "OK", "trace.trace_info.request_time": "2023-11-14T22:13:20Z", "trace.trace_info.execution_duration": "1.500s",
		"trace.trace_info.request_preview": "what is it?", "trace.trace_info.trace_location.mlflow_experiment.experiment_id": "0",
		"trace.spans.0.name": "ask", "trace.spans.0.trace_id": "AQIDBAUGBwgJCgsMDQ4PEA==", "trace.spans.0.status.code": "STATUS_CODE_OK",
		"trace.spans.1.parent_span_id": "AQIDBAUGBwg=", "trace.spans.1.status.code": "STATUS_CODE_ERROR", "trace.spans.1.start_time_unix_nano": "1700000000100000000",
	} {
		if got := a.at(path); got != want {
			t.Errorf("%s is %q, not %q", path, got, want)
		}
	}
	if !strings.Contains(a.text, `"service.name":"shop"`) || !strings.Contains(a.text, `"mlflow.trace.tokenUsage":"{\"input_tokens\":3,\"total_tokens\":5}"`) {
		t.Errorf("the trace does not say what its spans do, or counts tokens twice: %s", a.text)
	}
}

func TestTraceFilters(t *testing.T) {
	h := open(t)
	h.sendSpans(t, otlpTrace)
	h.ok(t, "PATCH", v3+"/"+traceID+"/tags", `{"key":"team","value":"Red"}`)
	h.ok(t, "POST", v3+"/"+traceID+"/assessments", `{"assessment":{"assessment_name":"good","source":{"source_type":"HUMAN","source_id":"ann"},"feedback":{"value":0.75}}}`)
	for filter, want := range map[string]bool{
		"":                                            true,
		"status = 'OK'":                               true,
		"trace.status != 'OK'":                        false,
		"timestamp_ms >= 1700000000000":               true,
		"execution_time > 1500":                       false,
		"end_time_ms = 1700000001500":                 true,
		"tags.team = 'Red'":                           true,
		"tags.team LIKE 'r%'":                         false,
		"tags.team ILIKE 'r%'":                        true,
		"tags.team RLIKE '^R.d$'":                     true,
		"tags.none != 'x'":                            false,
		"tags.none IS NULL":                           true,
		"tag.`service.name` = 'shop'":                 true,
		"span.name = 'ask' AND span.type = 'LLM'":     true,
		"span.name = 'ask' AND span.status = 'ERROR'": false,
		"span.attributes.model = 'small'":             true,
		"span.attributes.model IN ('a', 'small')":     true,
		"text LIKE '%string_value%'":                  false,
		"text LIKE '%what is%'":                       true,
		"feedback.good > 0.5":                         true,
		"feedback.good = '0.75'":                      true,
		"feedback.good > 0.8":                         false,
		"expectation.good IS NOT NULL":                false,
		"request_id IN ('x', '" + traceID + "')":      true,
	} {
		a := h.ok(t, "POST", v3+"/search", `{"locations":[{"mlflow_experiment":{"experiment_id":"0"}}],"filter":"`+filter+`"}`)
		if got := a.at("traces.0.trace_id") == traceID; got != want {
			t.Errorf("%s: %v, not %v: %s", filter, got, want, a.text)
		}
	}
	for _, bad := range []string{"nonsense", "status = OK", "bogus.x = 'y'", "status > 'OK'", "timestamp = 'x'", "tags.a = 'b' OR tags.c = 'd'", "tags.a RLIKE '('", "status = 'x", "span.bogus = 'x'"} {
		if a := h.do(t, "POST", v3+"/search", `{"locations":[{"mlflow_experiment":{"experiment_id":"0"}}],"filter":"`+bad+`"}`); a.status != 400 {
			t.Errorf("%s: %d %s", bad, a.status, a.text)
		}
	}
}

func TestTracePagesStaySteady(t *testing.T) {
	h := open(t)
	start := func(id string) {
		h.ok(t, "POST", v3, `{"trace":{"trace_info":{"trace_id":"`+id+`","trace_location":{"mlflow_experiment":{"experiment_id":"0"}},"request_time":"2024-01-01T00:00:00Z","state":"OK"}}}`)
	}
	for _, id := range []string{"tr-a", "tr-b", "tr-c"} {
		start(id)
	}
	search := func(token string) answer {
		return h.ok(t, "POST", v3+"/search", `{"locations":[{"mlflow_experiment":{"experiment_id":"0"}}],"max_results":2,"page_token":"`+token+`"}`)
	}
	a := search("")
	if a.at("traces.1.trace_id") != "tr-b" || a.at("next_page_token") == "" {
		t.Fatalf("first page: %s", a.text)
	}
	if a = search(a.at("next_page_token")); a.at("traces.0.trace_id") != "tr-c" || a.at("next_page_token") != "" {
		t.Errorf("second page: %s", a.text)
	}
	if a := h.do(t, "POST", v3+"/search", `{"locations":[],"page_token":"no"}`); a.status != 400 {
		t.Errorf("a token that is none: %d", a.status)
	}
}

func TestAssessmentsReplaceEachOther(t *testing.T) {
	h := open(t)
	h.sendSpans(t, otlpTrace)
	all := v3 + "/" + traceID + "/assessments"
	body := `"assessment_name":"right","source":{"source_type":"CODE","source_id":"check"}`
	first := h.ok(t, "POST", all, `{"assessment":{`+body+`,"feedback":{"value":false},"rationale":"no"}}`).at("assessment.assessment_id")
	second := h.ok(t, "POST", all, `{"assessment":{`+body+`,"feedback":{"value":true},"overrides":"`+first+`"}}`).at("assessment.assessment_id")
	if a := h.ok(t, "GET", all+"/"+first, ""); a.at("assessment.valid") != "false" {
		t.Errorf("the replaced one still counts: %s", a.text)
	}
	a := h.ok(t, "PATCH", all+"/"+second, `{"assessment":{"feedback":{"value":"yes"},"metadata":{"k":"v"}},"update_mask":"feedback,metadata"}`)
	if a.at("assessment.feedback.value") != "yes" || a.at("assessment.metadata.k") != "v" {
		t.Errorf("changed: %s", a.text)
	}
	if a := h.do(t, "PATCH", all+"/"+second, `{"assessment":{"expectation":{"value":1}},"update_mask":"expectation"}`); a.status != 400 {
		t.Errorf("feedback became an expectation: %d", a.status)
	}
	h.ok(t, "DELETE", all+"/"+second, "")
	if a := h.ok(t, "GET", all+"/"+first, ""); a.at("assessment.valid") != "true" {
		t.Errorf("the replaced one does not count again: %s", a.text)
	}
	if a := h.do(t, "GET", all+"/"+second, ""); a.status != 404 {
		t.Errorf("deleted: %d", a.status)
	}
}

func TestTracesAreDeletedWhole(t *testing.T) {
	h := open(t)
	h.sendSpans(t, otlpTrace)
	for _, bad := range []string{`{"experiment_id":"0"}`, `{"experiment_id":"0","request_ids":["a"],"max_traces":1}`, `{"experiment_id":"0","max_timestamp_millis":1,"max_traces":0}`} {
		if a := h.do(t, "POST", v3+"/delete-traces", bad); a.status != 400 {
			t.Errorf("%s: %d", bad, a.status)
		}
	}
	if a := h.ok(t, "POST", v3+"/delete-traces", `{"experiment_id":"0","request_ids":["`+traceID+`"]}`); a.at("traces_deleted") != "1" {
		t.Errorf("deleted: %s", a.text)
	}
	if a := h.do(t, "GET", v3+"/"+traceID, ""); a.status != 404 {
		t.Errorf("still there: %d", a.status)
	}
}

// What spans say is in the journal: an index made from it anew shows the same.
func TestTracesSurviveTheIndex(t *testing.T) {
	h := open(t)
	h.sendSpans(t, otlpTrace)
	h.ok(t, "PATCH", v3+"/"+traceID+"/tags", `{"key":"team","value":"red"}`)
	id := h.run(t)
	h.ok(t, "POST", "mlflow/traces/link-to-run", `{"trace_ids":["`+traceID+`"],"run_id":"`+id+`"}`)
	h.ok(t, "POST", v3+"/link-prompts", `{"trace_id":"`+traceID+`","prompt_versions":[{"name":"p","version":"1"}]}`)
	h.ok(t, "POST", v3+"/"+traceID+"/assessments", `{"assessment":{"assessment_name":"good","source":{"source_type":"HUMAN","source_id":"ann"},"expectation":{"serialized_value":{"serialization_format":"JSON_FORMAT","value":"[1, 2]"}}}}`)
	if a := h.ok(t, "POST", v3+"/search", `{"locations":[{"mlflow_experiment":{"experiment_id":"0"}}],"filter":"run_id = '`+id+`' AND prompt = 'p/1'"}`); a.at("traces.0.trace_id") != traceID {
		t.Fatalf("linked: %s", a.text)
	}
	h.rebuilt(t)
}

func TestSpansThatAreNone(t *testing.T) {
	h := open(t)
	for _, body := range []string{"", "{", "{}", `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"01","spanId":"0102030405060708","name":"x"}]}]}]}`, `{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"x"}]}]}]}`} {
		if a := h.sendSpans(t, body); a.status != 400 {
			t.Errorf("%s: %d %s", body, a.status, a.text)
		}
	}
	proto := func(body string) answer {
		req := newRequest("POST", "/v1/traces", body)
		req.Header.Set("Content-Type", "application/x-protobuf")
		req.Header.Set("X-Mlflow-Experiment-Id", "0")
		return h.send(t, req)
	}
	deep := []byte{}
	for range 200 { // values inside values
		inner := append([]byte{0x0a, byte(len(deep) & 0x7f)}, deep...)
		deep = append([]byte{0x2a, byte(len(inner) & 0x7f)}, inner...)
	}
	for _, body := range []string{"\xff\xff\xff", "\x0a\xff\xff\xff\xff\x0f", "\x0a\x02\x12", "\x0b\x00", string(deep), string(bytes.Repeat([]byte{0x80}, 64))} {
		if a := proto(body); a.status != 400 {
			t.Errorf("%.20q: %d %s", body, a.status, a.text)
		}
	}
	req := newRequest("POST", "/v1/traces", otlpTrace)
	if a := h.send(t, req); a.status != 400 {
		t.Errorf("without an experiment: %d", a.status)
	}
	req = newRequest("POST", "/v1/traces", gzipped(t, strings.Repeat(" ", 64<<20)))
	req.Header.Set("X-Mlflow-Experiment-Id", "0")
	req.Header.Set("Content-Encoding", "gzip")
	if a := h.send(t, req); a.status != 413 {
		t.Errorf("64 MiB packed small: %d %s", a.status, a.text)
	}
}

// Clients before 3 send the spans of a trace as a file, and read them from it.
func TestSpansAsAFile(t *testing.T) {
	h := open(t)
	id := h.ok(t, "POST", "mlflow/traces", `{"experiment_id":"0","timestamp_ms":1000,"request_metadata":[{"key":"a","value":"b"}]}`).at("trace_info.request_id")
	file := proxy + "/0/traces/" + id + "/artifacts/traces.json"
	if a := h.do(t, "GET", file, ""); a.status != 404 {
		t.Errorf("before: %d", a.status)
	}
	h.ok(t, "PUT", file, `{"spans":[{"name":"ask","context":{"span_id":"0x102030405060708","trace_id":"0x102030405060708090a0b0c0d0e0f10"},"parent_id":null,"start_time":1000000000,"end_time":1500000000,
		"status_code":"OK","status_message":"","attributes":{"mlflow.traceRequestId":"\"`+id+`\"","mlflow.spanInputs":"{\"q\": NaN}"},"events":[{"name":"e","timestamp":5,"attributes":{"k":1}}]}],"request":"{}","response":"x"}`)
	h.ok(t, "PATCH", "mlflow/traces/"+id, `{"timestamp_ms":1500,"status":"OK"}`)
	a := h.ok(t, "GET", file, "")
	if a.at("spans.0.context.span_id") != "0x0102030405060708" || a.at("spans.0.status_code") != "OK" || a.at("spans.0.attributes.mlflow") != "" || a.at("spans.0.events.0.name") != "e" {
		t.Errorf("the file: %s", a.text)
	}
	if a = h.ok(t, "GET", v3+"/get?trace_id="+id, ""); a.at("trace.trace_info.execution_duration") != "0.500s" || a.at("trace.spans.0.name") != "ask" {
		t.Errorf("as a trace: %s", a.text)
	}
	h.ok(t, "PUT", file, `{"spans":[{"name":"child","context":{"span_id":"1102030405060708","trace_id":"0102030405060708090a0b0c0d0e0f10"},"parent_id":"0102030405060708","start_time":1,"end_time":2,"status_code":"UNSET","attributes":{}}]}`)
	if a = h.ok(t, "GET", file, ""); a.at("spans.1.parent_id") != "0x0102030405060708" {
		t.Errorf("with a second span: %s", a.text)
	}
	for _, bad := range []string{"", "{", "[]", `{"spans":[{"name":"x","context":{"span_id":"zz","trace_id":"1"}}]}`} {
		if a := h.do(t, "PUT", file, bad); a.status != 400 && bad != "" {
			t.Errorf("%s: %d %s", bad, a.status, a.text)
		}
	}
	h.rebuilt(t)
}
