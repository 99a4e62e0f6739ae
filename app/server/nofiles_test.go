package server_test

import (
	"encoding/json"
	"strings"
	"testing"

	"rondo/backend/api"
	"rondo/backend/registry"
)

// TestVersionsWithoutFiles registers what is not there, as MLflow lets, and wants every
// part that needs a version's files to say that it holds none.
func TestVersionsWithoutFiles(t *testing.T) {
	s := serve(t, options(t, weather(t), t.TempDir()))
	token := "Authorization: Bearer " + s.Info().Token
	send := func(method, path, body string, status int) string {
		t.Helper()
		res, text := ask(t, method, s.Info().URL+path, body, token, "Content-Type: application/json")
		if res.StatusCode != status {
			t.Fatalf("%s %s: %s %s", method, path, res.Status, text)
		}
		return text
	}
	var made struct {
		Run struct {
			Info struct {
				RunID string `json:"run_id"`
			}
		}
	}
	if err := json.Unmarshal([]byte(send("POST", "/api/2.0/mlflow/runs/create", `{"experiment_id":"0"}`, 200)), &made); err != nil {
		t.Fatal(err)
	}
	send("POST", "/api/2.0/mlflow/runs/log-metric", `{"run_id":"`+made.Run.Info.RunID+`","key":"accuracy","value":0.9,"timestamp":1}`, 200)
	send("POST", "/api/2.0/mlflow/registered-models/create", `{"name":"m"}`, 200)
	send("POST", "/api/2.0/mlflow/model-versions/create", `{"name":"m","source":"runs:/`+made.Run.Info.RunID+`/later"}`, 200)
	var v registry.Version
	if err := json.Unmarshal([]byte(send("GET", api.Prefix+"/models/m/versions/1", "", 200)), &v); err != nil || !v.Empty || v.Size != 0 || v.Metrics["accuracy"] != 0.9 {
		t.Errorf("%+v, %v", v, err)
	}
	for _, c := range []struct{ method, path, body string }{
		{"PUT", "/models/m/aliases/champion", `{"version":1}`},
		{"POST", "/endpoints", `{"name":"e","model":"m","version":1}`},
	} {
		res, text := ask(t, c.method, s.Info().URL+api.Prefix+c.path, c.body, token, "Content-Type: application/json")
		if res.StatusCode != 412 || !strings.Contains(text, "version 1 of model \\\"m\\\" holds no files") || !strings.Contains(text, "register them again") {
			t.Errorf("%s %s: %s %s", c.method, c.path, res.Status, text)
		}
	}
	send("POST", api.Prefix+"/objects/collect", `{"grace_ns":1}`, 200)
	var whole struct {
		OK bool `json:"ok"`
	}
	if text := send("POST", api.Prefix+"/fsck", "{}", 200); json.Unmarshal([]byte(text), &whole) != nil || !whole.OK {
		t.Errorf("the check: %s", text)
	}
}
