package server_test

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"testing"
)

// TestLargeArtifactsArriveWhole sends one of many pieces through the guard and back, whole
// and in ranges: a server that sends the wrong piece, or one of them twice, is found out.
func TestLargeArtifactsArriveWhole(t *testing.T) {
	s := serve(t, options(t, weather(t), t.TempDir()))
	bearer := "Authorization: Bearer " + s.Info().Token
	b := make([]byte, 20<<20+7)
	rnd := rand.NewChaCha8([32]byte{1})
	rnd.Read(b)
	_, text := ask(t, "POST", s.Info().URL+"/api/2.0/mlflow/runs/create", `{"experiment_id":"0"}`, bearer, "Content-Type: application/json")
	var made struct {
		Run struct {
			Info struct {
				RunID string `json:"run_id"`
			}
		}
	}
	if err := json.Unmarshal([]byte(text), &made); err != nil || made.Run.Info.RunID == "" {
		t.Fatal(text)
	}
	url := s.Info().URL + "/api/2.0/mlflow-artifacts/artifacts/0/" + made.Run.Info.RunID + "/artifacts/large.bin"
	if res, text := ask(t, "PUT", url, string(b), bearer); res.StatusCode != http.StatusOK {
		t.Fatalf("%s %s", res.Status, text)
	}
	for _, part := range []struct {
		asked    string
		from, to int
	}{{"", 0, len(b)}, {"bytes=700000-2999999", 700000, 3000000}, {"bytes=0-0", 0, 1}, {"bytes=20000000-", 20000000, len(b)}, {"bytes=-524289", len(b) - 524289, len(b)}} {
		headers := []string{bearer}
		if part.asked != "" {
			headers = append(headers, "Range: "+part.asked)
		}
		if _, got := ask(t, "GET", url, "", headers...); got != string(b[part.from:part.to]) {
			t.Errorf("%q: %d bytes that are not those that were sent, want %d", part.asked, len(got), part.to-part.from)
		}
	}
}
