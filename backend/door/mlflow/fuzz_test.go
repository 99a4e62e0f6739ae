package mlflow_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// answered fails when an answer is our fault, or no answer in MLflow's form.
func (h *house) answered(t *testing.T, req *http.Request) {
	t.Helper()
	a := h.send(t, req)
	if a.status >= 500 || a.status >= 400 && a.at("error_code") == "" {
		t.Fatalf("%s %s: %d %s", req.Method, req.URL, a.status, a.text)
	}
}

func FuzzBody(f *testing.F) {
	h := open(f)
	id := h.run(f)
	paths := []string{"runs/log-batch", "runs/search", "runs/log-inputs", "experiments/search", "logged-models/search", "model-versions/create", "runs/update"}
	for i, body := range []string{
		`{"run_id":"` + id + `","metrics":[{"key":"k","value":NaN,"timestamp":1,"step":"2"}],"params":[{"key":"a","value":"b"}]}`,
		`{"experiment_ids":["0"],"filter":"metrics.a > 1 AND tags.b = 'c'","order_by":["metrics.a DESC"],"max_results":5}`,
		`{"run_id":"` + id + `","datasets":[{"dataset":{"name":"n","digest":"d","source_type":"s","source":"x"},"tags":[{"key":"a"}]}]}`,
		`{"max_results":10,"view_type":3,"filter":"name LIKE '%a'"}`, `"{\"experiment_ids\":[\"0\"]}"`, `{"name":"m","source":"runs:/x"}`,
		`{"run_uuid":"` + id + `","status":3,"end_time":1e3}`, `-Infinity`, `{"a":"\u0000NaN\"`, `[[[[`,
	} {
		f.Add(uint8(i), body)
	}
	f.Fuzz(func(t *testing.T, which uint8, body string) {
		req := httptest.NewRequest("POST", "/api/2.0/mlflow/"+paths[int(which)%len(paths)], strings.NewReader(body))
		req.Header.Set("Content-Type", "application/json")
		h.answered(t, req)
	})
}

func FuzzPath(f *testing.F) {
	h := open(f)
	id := h.run(f)
	for _, a := range append(attacks, "0/"+id+"/artifacts/x", "registry/m/1/x", "0/models/m-1/artifacts/y", "registry/%zz/1/x") {
		f.Add(a)
	}
	f.Fuzz(func(t *testing.T, path string) {
		for _, method := range []string{"GET", "PUT", "DELETE"} {
			req := httptest.NewRequest(method, "/", nil)
			req.URL = &url.URL{Path: "/api/2.0/mlflow-artifacts/artifacts/" + path}
			h.answered(t, req)
		}
	})
}

func FuzzFilter(f *testing.F) {
	h := open(f)
	h.ok(f, "POST", "mlflow/registered-models/create", `{"name":"m","tags":[{"key":"a","value":"b"}]}`)
	for _, s := range []string{"name = 'm'", "tags.`a` ILIKE '%b_'", "name NOT IN ('a','b') AND name != \"x\"", "version_number >= 1", "a.b.c=", "((", "'"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, filter string) {
		for _, what := range []string{"registered-models", "model-versions"} {
			h.answered(t, httptest.NewRequest("GET", "/api/2.0/mlflow/"+what+"/search?filter="+url.QueryEscape(filter), nil))
		}
	})
}
