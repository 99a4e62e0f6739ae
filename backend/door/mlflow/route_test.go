package mlflow_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Every route answers a request with nothing in it, without a fault of its own and in MLflow's form.
func TestEveryRouteAnswers(t *testing.T) {
	h := open(t)
	routes := h.door.Routes()
	if len(routes) < 100 {
		t.Fatalf("only %d routes", len(routes))
	}
	for _, r := range routes {
		method, path, _ := strings.Cut(r, " ")
		path = strings.NewReplacer("{model_id}", "m-0", "{tag_key}", "k", "{path...}", "0/none/artifacts/x").Replace(path)
		body := ""
		if method != http.MethodGet {
			body = "{}"
		}
		a := h.do(t, method, path, body)
		if a.status >= 500 || a.status == http.StatusMethodNotAllowed || a.at("error_code") == "ENDPOINT_NOT_FOUND" {
			t.Errorf("%s: %d %s", r, a.status, a.text)
		}
		if a.status >= 400 && (a.at("error_code") == "" || a.at("message") == "") {
			t.Errorf("%s: %d without a reason: %s", r, a.status, a.text)
		}
	}
}

func TestRoutesOutside(t *testing.T) {
	h := open(t)
	for _, c := range []struct {
		method, path string
		status       int
		code, part   string
	}{
		{"GET", "/api/2.0/mlflow/what", 404, "ENDPOINT_NOT_FOUND", "/what"},
		{"GET", "/api/1.0/mlflow/runs/get", 404, "ENDPOINT_NOT_FOUND", "1.0"},
		{"DELETE", "/api/2.0/mlflow/runs/get", 405, "ENDPOINT_NOT_FOUND", "DELETE"},
		{"POST", "/api/3.0/mlflow/issues", 404, "ENDPOINT_NOT_FOUND", "issues"},
		{"POST", "/api/3.0/mlflow/prompt-optimization/jobs", 404, "ENDPOINT_NOT_FOUND", "prompts"},
		{"POST", "/api/3.0/mlflow/label-schemas/create", 404, "ENDPOINT_NOT_FOUND", "label schemas"},
		{"POST", "/ajax-api/2.0/mlflow/gateway-proxy", 404, "ENDPOINT_NOT_FOUND", "gateway"},
	} {
		a := h.do(t, c.method, c.path, "{}")
		if a.status != c.status || a.at("error_code") != c.code || !strings.Contains(a.at("message"), c.part) {
			t.Errorf("%s %s: %d %s", c.method, c.path, a.status, a.text)
		}
	}
}

func TestAbout(t *testing.T) {
	h := open(t)
	if a := h.ok(t, "GET", "/health", ""); a.text != "OK" {
		t.Errorf("health: %q", a.text)
	}
	if a := h.ok(t, "GET", "/version", ""); a.text != "3.17.2" {
		t.Errorf("version: %q", a.text)
	}
	if a := h.ok(t, "GET", "/api/3.0/mlflow/server-info", ""); a.at("workspaces_enabled") != "false" {
		t.Errorf("server-info: %s", a.text)
	}
}

// A request may be large, of another type, or not JSON: each is refused as what it is.
func TestBodies(t *testing.T) {
	h := open(t)
	id := h.run(t)
	send := func(kind, body string) answer {
		req := httptest.NewRequest("POST", "/api/2.0/mlflow/runs/set-tag", strings.NewReader(body))
		if kind != "" {
			req.Header.Set("Content-Type", kind)
		}
		return h.send(t, req)
	}
	good := `{"run_id":"` + id + `","key":"k","value":"v"}`
	for _, c := range []struct {
		name, kind, body string
		status           int
	}{
		{"plain", "application/json", good, 200},
		{"with charset", "application/json; charset=utf-8", good, 200},
		{"run_uuid", "application/json", strings.Replace(good, "run_id", "run_uuid", 1), 200},
		{"encoded twice", "application/json", `"{\"run_id\":\"` + id + `\",\"key\":\"k\"}"`, 200},
		{"unknown fields", "application/json", strings.Replace(good, "{", `{"new":[1,{"x":null}],`, 1), 200},
		{"form", "application/x-www-form-urlencoded", good, 400},
		{"text", "text/plain", good, 400},
		{"no type", "", good, 400},
		{"broken", "application/json", good[:20], 400},
		{"two values", "application/json", good + good, 400},
		{"a list", "application/json", "[]", 400},
		{"nothing", "application/json", "", 400},
		{"wrong type", "application/json", `{"run_id":7,"key":"k"}`, 400},
		{"too large", "application/json", `{"run_id":"` + strings.Repeat("x", 33<<20) + `"}`, 413},
		{"deep", "application/json", strings.Repeat(`{"a":`, 100_000), 400},
	} {
		if a := send(c.kind, c.body); a.status != c.status || c.status != 200 && a.at("error_code") != "INVALID_PARAMETER_VALUE" {
			t.Errorf("%s: %d %.300s", c.name, a.status, a.text)
		}
	}
}

func TestMissingAndMisfit(t *testing.T) {
	h := open(t)
	for body, part := range map[string]string{
		`{}`: "Missing value for required parameter 'run_id'. See the API docs for more information about request parameters.",
		`{"run_id":"r","metrics":[{"value":1,"timestamp":1}]}`:                      "Missing value for required parameter 'metrics[0].key'.",
		`{"run_id":"r","metrics":[{"key":"k","timestamp":1}]}`:                      "Missing value for required parameter 'metrics[0].value'.",
		`{"run_id":"r","metrics":[{"key":"k","value":"one","timestamp":1}]}`:        `Invalid value "one" for parameter 'metrics[0].value' supplied: Hint: Value was of type 'str'.`,
		`{"run_id":"r","metrics":[{"key":"k","value":1,"timestamp":1.5}]}`:          `Invalid value 1.5 for parameter 'metrics[0].timestamp' supplied: Hint: Value was of type 'float'.`,
		`{"run_id":"r","metrics":{"key":"k"}}`:                                      `Invalid value {"key":"k"} for parameter 'metrics' supplied: Hint: Value was of type 'dict'.`,
		`{"run_id":"r","params":[{"key":"p","value":1}]}`:                           `Invalid value 1 for parameter 'params[0].value' supplied: Hint: Value was of type 'int'.`,
		`{"run_id":"r","params":[{"key":"p","value":"1"},{"key":"p","value":"2"}]}`: "Changing param values is not allowed",
	} {
		a := h.do(t, "POST", "mlflow/runs/log-batch", body)
		if a.status != 400 || !strings.Contains(a.at("message"), part) {
			t.Errorf("%s: %d %s", body, a.status, a.text)
		}
	}
	many := `{"run_id":"r","params":[` + strings.Repeat(`{"key":"a","value":"b"},`, 100) + `{"key":"a","value":"b"}]}`
	if a := h.do(t, "POST", "mlflow/runs/log-batch", many); a.status != 400 || !strings.Contains(a.text, "at most 100 params. Got 101") {
		t.Errorf("too many params: %s", a.text)
	}
}
