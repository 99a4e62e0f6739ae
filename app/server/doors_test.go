package server_test

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestScrapersSeeRunsQueueAndHost(t *testing.T) {
	s := serve(t, options(t, weather(t), t.TempDir()))
	token := "Authorization: Bearer " + s.Info().Token
	if res, body := ask(t, "POST", s.Info().URL+"/api/2.0/mlflow/runs/create", `{"experiment_id": "0"}`, token, "Content-Type: application/json"); res.StatusCode != 200 {
		t.Fatal(res.Status, body)
	}
	res, body := ask(t, "GET", s.Info().ServingURL+"/metrics", "", token)
	if res.StatusCode != 200 {
		t.Fatal(res.Status, body)
	}
	for _, want := range []string{
		`rondo_runs{status="running"} 1`, `rondo_runs{status="failed"} 0`,
		`rondo_queue_runs{state="running"} 0`, `rondo_queue_runs{state="waiting"} 0`,
		"rondo_host_memory_used_bytes ", "rondo_host_disk_free_bytes ", "rondo_scrape_failed_collectors 0",
	} {
		if !strings.Contains(body, "\n"+want) {
			t.Errorf("the scrape lacks %s:\n%s", want, body)
		}
	}
}

// TestWhatMlflowDoesNotAnswerIsRefusedInItsWords: a client never gets a page for data.
func TestWhatMlflowDoesNotAnswerIsRefusedInItsWords(t *testing.T) {
	s := serve(t, options(t, weather(t), t.TempDir()))
	token := "Authorization: Bearer " + s.Info().Token
	for _, path := range []string{"/api/2.0/mlflow/nothing", "/api/3.0/mlflow/nothing", "/ajax-api/2.0/mlflow/nothing", "/gateway/nothing"} {
		res, body := ask(t, "GET", s.Info().URL+path, "", token)
		var e struct {
			Code string `json:"error_code"`
		}
		if err := json.Unmarshal([]byte(body), &e); res.StatusCode != 404 || err != nil || e.Code != "ENDPOINT_NOT_FOUND" {
			t.Errorf("%s: %s %s", path, res.Status, body)
		}
	}
}
