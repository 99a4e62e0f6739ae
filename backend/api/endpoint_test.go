package api_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	"rondo/backend/api"
	"rondo/backend/door/inference"
	"rondo/backend/serve"
	"rondo/backend/serve/servetest"
)

// asker speaks to the API as a client does.
type asker struct {
	t   *testing.T
	url string
}

func (a asker) do(method, path string, in any, status int, out any) string {
	a.t.Helper()
	b, err := json.Marshal(in)
	if err != nil {
		a.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(a.t.Context(), method, a.url+api.Prefix+path, bytes.NewReader(b))
	if err != nil {
		a.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		a.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != status {
		a.t.Fatalf("%s %s: %d %s %v", method, path, res.StatusCode, text, err)
	}
	if out != nil {
		if err := json.Unmarshal(text, out); err != nil {
			a.t.Fatalf("%s %s: %v in %s", method, path, err, text)
		}
	}
	return string(text)
}

func TestEndpointsOverHTTP(t *testing.T) {
	h := servetest.Open(t, t.TempDir())
	h.Shelf.Point("champion", 1)
	s := httptest.NewServer((&api.API{Events: h.Events, Ledger: h.Ledger, Serve: h.Service}).Handler())
	defer s.Close()
	ask := asker{t, s.URL}
	if got := ask.do("GET", "/endpoints", nil, 200, nil); got != "[]\n" {
		t.Errorf("no endpoints are %s", got)
	}
	var e serve.Endpoint
	ask.do("POST", "/endpoints", map[string]any{"name": "weather", "model": "weather"}, 200, &e)
	if e.Alias != "champion" || e.Capture != 1 || e.Deployment.State != serve.Ready || e.Deployment.Flavor != "onnx" || e.Signature == nil || e.Example == nil || e.Source != "api" {
		t.Errorf("created %+v", e)
	}
	ask.do("POST", "/endpoints", map[string]any{"name": "weather", "model": "weather"}, 409, nil)
	var p api.Predicted
	ask.do("POST", "/endpoints/weather/predict", map[string]any{"rows": []any{e.Example, e.Example}, "attributes": map[string]any{"city": "Ulm"}}, 200, &p)
	if p.ID == "" || p.Version != 1 || len(p.Predictions) != 2 || p.Predictions[0].Label == nil {
		t.Errorf("predicted %+v", p)
	}
	if got := ask.do("POST", "/endpoints/weather/predict", map[string]any{"rows": []any{map[string]any{"temp_max": 1}}}, 400, nil); !strings.Contains(got, `\"temp_min\" is missing`) {
		t.Errorf("refused with %s", got)
	}
	var told serve.Told
	ask.do("POST", "/endpoints/weather/truth", map[string]any{"rows": []any{
		map[string]any{"id": p.ID + ".0", "label": 1, "columns": map[string]any{"rain": 2.5}}, map[string]any{"id": "x", "label": 0},
	}}, 200, &told)
	if told.Matched != 1 || len(told.Unknown) != 1 || told.Unknown[0] != "x" {
		t.Errorf("told %+v", told)
	}
	ask.do("POST", "/endpoints/weather/truth", map[string]any{"rows": []any{}}, 400, nil)
	var list []serve.Capture
	ask.do("GET", "/endpoints/weather/captures?labelled=true", nil, 200, &list)
	if len(list) != 1 || list[0].ID != p.ID+".0" || list[0].Truth == nil || list[0].Truth.Columns["rain"] != 2.5 || list[0].Attributes["city"] != "Ulm" {
		t.Errorf("captures %+v", list)
	}
	ask.do("GET", "/endpoints/weather/captures?after="+list[0].Cursor, nil, 200, &list)
	if len(list) != 1 || list[0].ID != p.ID+".1" {
		t.Errorf("the rest %+v", list)
	}
	e = serve.Endpoint{}
	ask.do("POST", "/endpoints/weather/deploy", map[string]any{"version": 2}, 200, &e)
	if e.Deployment.Version != 2 || e.Alias != "" {
		t.Errorf("deployed %+v", e)
	}
	ask.do("POST", "/endpoints/weather/deploy", map[string]any{"version": 9}, 404, nil)
	ask.do("DELETE", "/endpoints/weather", nil, 200, nil)
	ask.do("GET", "/endpoints/weather", nil, 404, nil)
	ask.do("GET", "/endpoints/weather/captures", nil, 200, &list)
	if len(list) != 2 {
		t.Errorf("after the deletion %d captures are left", len(list))
	}
}

// TestSnippetsRunAsTheyAre runs every snippet of the playground.
func TestSnippetsRunAsTheyAre(t *testing.T) {
	h := servetest.Open(t, t.TempDir())
	servetest.Weather(t, h)
	s := httptest.NewServer((&api.API{Events: h.Events, Ledger: h.Ledger, Serve: h.Service}).Handler())
	defer s.Close()
	serving := httptest.NewServer(inference.New(inference.Options{Serve: h.Service}))
	defer serving.Close()
	var list []api.Snippet
	asker{t, s.URL}.do("GET", "/endpoints/weather/snippets", nil, 200, &list)
	if len(list) != 4 {
		t.Fatalf("%d snippets", len(list))
	}
	python := servetest.Python(t)
	for _, sn := range list {
		code := strings.ReplaceAll(sn.Code, "127.0.0.1:7718", strings.TrimPrefix(serving.URL, "http://"))
		cmd := exec.CommandContext(t.Context(), "sh", "-c", code)
		if sn.Language == "python" {
			cmd = exec.CommandContext(t.Context(), python, "-c", code)
		}
		cmd.Env = append(os.Environ(), "RONDO_TOKEN=none")
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "probability") {
			t.Errorf("%s: %v\n%s\n%s", sn.Name, err, out, code)
		}
	}
}
