package mlflow_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// The attacks that servers of this protocol have fallen to, by class. What stands in
// front of the door, and what a foreign page may send, is tested with the whole server
// in app/server: every route of Routes(), under both prefixes.

// Reading and writing outside, by every address that takes a path.
func TestAttackPaths(t *testing.T) {
	h := open(t)
	id := h.run(t)
	model := h.ok(t, "POST", "mlflow/logged-models", `{"experiment_id":"0","name":"net"}`).at("model.info.model_id")
	must(t, os.WriteFile(filepath.Join(h.dir, "secret"), []byte("secret"), 0o600))
	for _, a := range append(attacks, "C:%5cWindows", "c:/x", "..%c0%af..%c0%afetc", "%ef%bc%8e%ef%bc%8e/x%00", "%23/../x") {
		for _, c := range []struct{ method, path string }{
			{"GET", "/ajax-api/2.0/mlflow/logged-models/" + model + "/artifacts/files?artifact_file_path=" + a},
			{"GET", "/api/2.0/mlflow/logged-models/" + model + "/artifacts/directories?artifact_directory_path=" + a},
			{"GET", proxy + "/0/models/" + model + "/artifacts/" + a},
			{"PUT", proxy + "/0/models/" + model + "/artifacts/" + a},
			{"PUT", proxy + "/0/traces/tr-1/artifacts/" + a},
			{"PUT", proxy + "/registry/m/1/" + a},
			{"POST", "/ajax-api/2.0/mlflow/upload-artifact?run_uuid=" + id + "&path=" + a},
			{"GET", "/ajax-api/3.0/mlflow/get-trace-artifact?request_id=" + a},
			{"GET", "/get-artifact?run_uuid=" + a + "&path=x"},
		} {
			got := h.do(t, c.method, c.path, "x")
			wrote := got.status == 200 && c.method != "GET" && !strings.ContainsAny(a, `%`) // a plain name may be written
			if got.status >= 500 || strings.Contains(got.text, "secret\n") || got.status == 200 && !wrote && !strings.HasPrefix(strings.TrimSpace(got.text), "{}") {
				t.Errorf("%s %s: %d %.200s", c.method, c.path, got.status, got.text)
			}
		}
	}
	must(t, filepath.WalkDir(h.dir, func(path string, e os.DirEntry, err error) error {
		if err == nil && strings.Contains(e.Name(), "..") {
			t.Errorf("%s was made", path)
		}
		return err
	}))
}

// Content of a version from anywhere but the project, and the tag that made MLflow forget to look.
func TestAttackSources(t *testing.T) {
	h := open(t)
	var asked atomic.Int64
	outside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer outside.Close()
	h.ok(t, "POST", "mlflow/registered-models/create", `{"name":"m"}`)
	h.ok(t, "POST", "mlflow/registered-models/create", `{"name":"p","tags":[{"key":"mlflow.prompt.is_prompt","value":"true"}]}`)
	dir := filepath.Join(h.dir, "model")
	must(t, os.MkdirAll(dir, 0o755))
	must(t, os.WriteFile(filepath.Join(dir, "MLmodel"), []byte("secret"), 0o600))
	for _, source := range []string{
		"/etc", "//proc/self/root", dir, "file://" + dir, "file:" + dir, "file://./etc", "file://localhost" + dir, "./", "..", "../../model",
		"mlflow-artifacts:/1/../../etc", "mlflow-artifacts:/0/../" + dir, "mlflow-artifacts://host/0/x/artifacts", "mlflow-artifacts:/..%2f..%2fetc", "runs:/../../etc", "runs:/%2e%2e/x", "models:/../m/1",
		"models:/m%2f..%2f..", outside.URL + "/api/2.0/mlflow-artifacts/artifacts/x", outside.URL, "s3://bucket/x", "ftp://" + outside.Listener.Addr().String(), "x%00", "dbfs:/x", "MLFLOW-ARTIFACTS:/0/x",
	} {
		for _, tags := range []string{`[]`, `[{"key":"mlflow.prompt.is_prompt","value":"true"},{"key":"mlflow.prompt.text","value":"hi"}]`, `[{"key":"mlflow.prompt.is_prompt","value":"TRUE"}]`} {
			body, _ := json.Marshal(map[string]any{"name": "m", "source": source, "tags": json.RawMessage(tags)})
			if a := h.do(t, "POST", "mlflow/model-versions/create", string(body)); a.status < 400 || a.status >= 500 {
				t.Errorf("%s with %s: %d %s", source, tags, a.status, a.text)
			}
		}
		body, _ := json.Marshal(map[string]any{"name": "p", "source": source, "tags": json.RawMessage(`[{"key":"mlflow.prompt.text","value":"hi"}]`)})
		a := h.ok(t, "POST", "mlflow/model-versions/create", string(body))
		version := a.at("model_version.version")
		if a.at("model_version.source") != "prompt-template" {
			t.Errorf("the prompt says that it comes from %s", a.at("model_version.source"))
		}
		if a = h.ok(t, "GET", proxy+"?path=registry/p/"+version, ""); a.at("files.0.path") != "prompt.txt" || a.at("files.1") != "" {
			t.Errorf("%s: the prompt holds %s", source, a.text)
		}
	}
	if asked.Load() > 0 {
		t.Errorf("the server asked %d times elsewhere", asked.Load())
	}
}

// Places of experiments that lead elsewhere when they are put together with a path.
func TestAttackLocations(t *testing.T) {
	h := open(t)
	for i, place := range []string{
		"http://x/;params#/../../etc", "http://x/?a=/../../etc", "s3://b/x", "//host/share", "file://host/etc", "mlflow-artifacts://host/x", "javascript:alert(1)", "\\\\host\\share", "gs://b", "a\x00b",
	} {
		body, _ := json.Marshal(map[string]string{"name": fmt.Sprint("e", i), "artifact_location": place})
		if a := h.do(t, "POST", "mlflow/experiments/create", string(body)); a.status == 200 {
			if !strings.HasPrefix(place, `\\`) { // which is a file of an odd name to all but Windows
				t.Errorf("%q is accepted", place)
			}
			id := a.at("experiment_id")
			if got := h.ok(t, "GET", "mlflow/experiments/get?experiment_id="+id, "").at("experiment.artifact_location"); got != "mlflow-artifacts:/"+id {
				t.Errorf("%q is kept as %q", place, got)
			}
		} else if a.status != 400 {
			t.Errorf("%q: %d %s", place, a.status, a.text)
		}
	}
}

// What a run has logged never runs in a browser, whatever it is and however it is asked for.
func TestAttackPages(t *testing.T) {
	h := open(t)
	id := h.run(t)
	model := h.ok(t, "POST", "mlflow/logged-models", `{"experiment_id":"0","name":"net","source_run_id":"`+id+`"}`).at("model.info.model_id")
	for _, name := range []string{"x.html", "x.svg", "x.xhtml", "x.xml", "x.js", "MLmodel", "x"} {
		h.ok(t, "PUT", proxy+"/0/"+id+"/artifacts/"+name, "<script>alert(1)</script>")
		h.ok(t, "PUT", proxy+"/0/models/"+model+"/artifacts/"+name, "<script>alert(1)</script>")
	}
	h.ok(t, "POST", "mlflow/registered-models/create", `{"name":"m"}`)
	h.ok(t, "POST", "mlflow/model-versions/create", `{"name":"m","source":"models:/`+model+`"}`)
	for _, name := range []string{"x.html", "x.svg", "x.xhtml", "x.xml", "x.js", "MLmodel", "x"} {
		for _, path := range []string{
			proxy + "/0/" + id + "/artifacts/" + name, "/get-artifact?run_id=" + id + "&path=" + name, proxy + "/registry/m/1/" + name,
			"/model-versions/get-artifact?name=m&version=1&path=" + name, "/ajax-api/2.0/mlflow/logged-models/" + model + "/artifacts/files?artifact_file_path=" + name,
		} {
			a := h.ok(t, "GET", path, "")
			if !strings.HasPrefix(a.header.Get("Content-Disposition"), "attachment") || a.header.Get("X-Content-Type-Options") != "nosniff" || !strings.HasPrefix(a.header.Get("Content-Security-Policy"), "sandbox") {
				t.Errorf("%s may run: %v", path, a.header)
			}
		}
	}
	a := h.do(t, "GET", "mlflow/experiments/get-by-name?experiment_name=%3Cscript%3E", "")
	if !strings.HasPrefix(a.header.Get("Content-Type"), "application/json") || a.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("an error may be a page: %v", a.header)
	}
}

// A page of somebody else can send forms and plain text without being asked first.
func TestAttackForms(t *testing.T) {
	h := open(t)
	for _, kind := range []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "text/plain; a=application/json"} {
		for _, path := range []string{"/api/2.0/mlflow/experiments/create", "/ajax-api/2.0/mlflow/experiments/create", "/ajax-api/3.0/mlflow/webhooks", "/graphql", "/v1/traces", "/api/3.0/mlflow/traces"} {
			req := httptest.NewRequest("POST", "http://127.0.0.1"+path, strings.NewReader(`{"name":"x"}`))
			req.Header.Set("Content-Type", kind)
			req.Header.Set("X-Mlflow-Experiment-Id", "0")
			if a := h.send(t, req); a.status != 400 {
				t.Errorf("%s as %q: %d %s", path, kind, a.status, a.text)
			}
		}
	}
}

// Code that is sent along is not kept to be run.
func TestAttackCode(t *testing.T) {
	h := open(t)
	for _, scorer := range []string{`{"call_source":"import os"}`, `{"a":[{"b":{"call_source":"x"}}]}`, strings.Repeat(`{"a":`, 200) + "1" + strings.Repeat("}", 200), `{`} {
		body, _ := json.Marshal(map[string]string{"experiment_id": "0", "name": "s", "serialized_scorer": scorer})
		if a := h.do(t, "POST", "/api/3.0/mlflow/scorers/register", string(body)); a.status != 400 {
			t.Errorf("%.60s: %d %s", scorer, a.status, a.text)
		}
	}
}

// Little that makes much: each is refused or answered at once, and never with what is inside.
func TestAttackLoad(t *testing.T) {
	h := open(t)
	h.sendSpans(t, otlpTrace)
	h.run(t)
	clause := "params.a = 'b' AND "
	long := strings.Repeat("a", 100_000)
	for _, c := range []struct{ path, body string }{
		{"mlflow/runs/search", `{"experiment_ids":["0"],"filter":"` + strings.Repeat(clause, 5000) + `params.a = 'b'"}`},
		{"mlflow/runs/search", `{"experiment_ids":["0"],"filter":"` + strings.Repeat(clause, 150) + `params.a = 'b'"}`},
		{"mlflow/runs/search", `{"experiment_ids":["0"],"filter":"params.a LIKE '` + strings.Repeat("%a", 30_000) + `'"}`},
		{"mlflow/runs/search", `{"experiment_ids":["0"],"filter":"run_id IN (` + strings.Repeat("'a',", 100_000) + `'a')"}`},
		{"mlflow/runs/search", `{"experiment_ids":["0"],"max_results":1000000000}`},
		{"mlflow/runs/search", `{"experiment_ids":["0"],"order_by":[` + strings.Repeat(`"params.a",`, 5000) + `"params.b"]}`},
		{"mlflow/experiments/search", `{"max_results":-1}`},
		{"mlflow/experiments/search", `{"max_results":10,"filter":"` + strings.Repeat("(", 10_000) + `"}`},
		{v3 + "/search", `{"locations":[{"mlflow_experiment":{"experiment_id":"0"}}],"filter":"tags.a RLIKE '(a+)+$` + long + `'"}`},
		{v3 + "/search", `{"locations":[{"mlflow_experiment":{"experiment_id":"0"}}],"filter":"tags.a RLIKE '(a{1,1000}){1,1000}'"}`},
		{v3 + "/search", `{"locations":[{"mlflow_experiment":{"experiment_id":"0"}}],"filter":"` + strings.Repeat("tags.a = 'b' AND ", 2000) + `tags.a = 'b'"}`},
		{v3 + "/search", `{"locations":[{"mlflow_experiment":{"experiment_id":"0"}}],"max_results":501}`},
		{v3 + "/search", `{"locations":[{"mlflow_experiment":{"experiment_id":"0"}}],"filter":"text LIKE '` + strings.Repeat("%_", 20_000) + `'"}`},
		{"mlflow/experiments/create", `{"name":"Default"}`},
		{"mlflow/experiments/create", `{"name":"` + long + `"}`},
		{"mlflow/registered-models/create", `{"name":"` + long + `"}`},
	} {
		begin := time.Now()
		a := h.do(t, "POST", c.path, c.body)
		if took := time.Since(begin); a.status != 400 && !(a.status == 200 && strings.Contains(c.body, "%_")) || took > 10*time.Second {
			t.Errorf("%s %.80s: %d after %v %.200s", c.path, c.body, a.status, took, a.text)
		}
		if low := strings.ToLower(a.text); strings.Contains(low, "select ") || strings.Contains(low, "sqlite") || strings.Contains(low, "insert into") {
			t.Errorf("%s tells what is inside: %.300s", c.path, a.text)
		}
		if len(a.text) > 20_000 {
			t.Errorf("%s answers an error with %d bytes", c.path, len(a.text))
		}
	}
}
