package mlflow_test

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const anAttachment = "0f8fad5b-d9cb-469f-a165-70867728950e"

func TestTraceAttachments(t *testing.T) {
	h := open(t)
	h.sendSpans(t, otlpTrace)
	base := proxy + "/0/traces/" + traceID + "/artifacts/"
	h.ok(t, "PUT", base+"attachments/"+anAttachment, "a picture")
	for _, path := range []string{base + "attachments/" + anAttachment, "/ajax-api/3.0/mlflow/get-trace-artifact?request_id=" + traceID + "&path=" + anAttachment} {
		a := h.ok(t, "GET", path, "")
		if a.text != "a picture" || !strings.HasPrefix(a.header.Get("Content-Disposition"), "attachment") || a.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %q %v", path, a.text, a.header)
		}
	}
	if a := h.ok(t, "GET", proxy+"?path=0/traces/"+traceID+"/artifacts", ""); a.at("files.0.path") != "attachments" || a.at("files.1.path") != "traces.json" {
		t.Errorf("list: %s", a.text)
	}
	if a := h.ok(t, "GET", proxy+"?path=0/traces/"+traceID+"/artifacts/attachments", ""); a.at("files.0.path") != anAttachment || a.at("files.0.file_size") != "9" {
		t.Errorf("list of attachments: %s", a.text)
	}
	for path, status := range map[string]int{
		base + "attachments/" + strings.Replace(anAttachment, "0", "1", 1): 404, base + "attachments/x": 400, base + "attachments/..%2ftraces.json": 400,
		proxy + "/0/traces/tr-none/artifacts/attachments/" + anAttachment: 404, base + "attachments/" + strings.ToUpper(anAttachment): 400,
	} {
		if a := h.do(t, "GET", path, ""); a.status != status {
			t.Errorf("GET %s: %d %s", path, a.status, a.text)
		}
		if a := h.do(t, "PUT", path, "x"); a.status != status && a.status != 200 {
			t.Errorf("PUT %s: %d %s", path, a.status, a.text)
		}
	}
	second := strings.Replace(anAttachment, "f8", "f9", 1)
	if a := h.send(t, httptest.NewRequest("PUT", "http://127.0.0.1"+base+"attachments/"+second, &cutBody{"half of it"})); a.status != 400 {
		t.Errorf("cut: %d %s", a.status, a.text)
	}
	if a := h.do(t, "PUT", base+"attachments/"+second, strings.Repeat("x", 1<<20+1)); a.status != 413 {
		t.Errorf("too large: %d %s", a.status, a.text)
	}
	dir := filepath.Join(h.dir, ".rondo", "traces", traceID)
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 2 { // the folder, and the seals
		t.Errorf("what was cut stayed: %v %v", entries, err)
	}
	outside := t.TempDir()
	must(t, os.WriteFile(filepath.Join(outside, second), []byte("secret"), 0o600))
	must(t, os.Symlink(filepath.Join(outside, second), filepath.Join(dir, "attachments", second)))
	if a := h.do(t, "GET", base+"attachments/"+second, ""); a.status != 404 {
		t.Errorf("a link was followed: %d %s", a.status, a.text)
	}
	h.ok(t, "POST", v3+"/delete-traces", `{"experiment_id":"0","request_ids":["`+traceID+`"]}`)
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the files of a deleted trace stayed: %v", err)
	}
}

func TestTraceMetricMistakes(t *testing.T) {
	h := open(t)
	h.sendSpans(t, otlpTrace)
	ask := func(more string) answer {
		return h.do(t, "POST", v3+"/metrics", `{"experiment_ids":["0"],`+more+`}`)
	}
	count := `"view_type":"SPANS","metric_name":"span_count","aggregations":[{"aggregation_type":"COUNT"}]`
	if a := ask(count); a.status != 200 || a.at("data_points.0.values.COUNT") == "" || a.at("data_points.0.metric_name") != "span_count" {
		t.Fatalf("%d %s", a.status, a.text)
	}
	if a := ask(strings.Replace(count, `"SPANS"`, "2", 1)); a.status != 200 {
		t.Errorf("a view by its number: %d %s", a.status, a.text)
	}
	for name, body := range map[string]string{
		"view": `"view_type":"RUNS","metric_name":"x","aggregations":[{"aggregation_type":"COUNT"}]`, "metric": strings.Replace(count, "span_count", "spans", 1),
		"aggregation": strings.Replace(count, "COUNT", "SUM", 1), "dimension": count + `,"dimensions":["trace_name; DROP TABLE"]`, "none": `"view_type":"SPANS","metric_name":"span_count","aggregations":[]`,
		"percentile": `"view_type":"SPANS","metric_name":"latency","aggregations":[{"aggregation_type":"PERCENTILE","percentile_value":101}]`,
		"no number":  `"view_type":"SPANS","metric_name":"latency","aggregations":[{"aggregation_type":"PERCENTILE"}]`,
		"a number":   `"view_type":"SPANS","metric_name":"latency","aggregations":[{"aggregation_type":"MAX","percentile_value":1}]`,
		"no time":    count + `,"time_interval_seconds":60`, "negative": count + `,"time_interval_seconds":-60,"start_time_ms":0,"end_time_ms":1`, "most": count + `,"max_results":0`,
	} {
		if a := ask(body); a.status != 400 || a.at("error_code") != "INVALID_PARAMETER_VALUE" {
			t.Errorf("%s: %d %s", name, a.status, a.text)
		}
	}
	for _, filter := range []string{"", "span.name", "span.name > 'x'", "span.name = x", "span.name = 'a' AND span.name = 'b'", "assessment.name = 'x'", "span.color = 'x'", "trace.tag = 'x'", "trace.status.x = 'OK'", "run.x = 'y'", "'"} {
		if a := ask(count + `,"filters":["` + filter + `"]`); a.status != 400 {
			t.Errorf("filter %s: %d %s", filter, a.status, a.text)
		}
	}
}
