package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rondo/backend/api"
	"rondo/backend/event"
	"rondo/backend/index"
	"rondo/backend/ledger"
	"rondo/backend/monitor"
	"rondo/backend/store"
)

// hot is an endpoint that was trained on 0…99 and asked about 50…149.
type hot struct{}

var hotVersion = monitor.VersionRef{Model: "oven", Version: 1}

func (hot) Versions(context.Context, string) ([]monitor.VersionRef, error) {
	return []monitor.VersionRef{hotVersion}, nil
}
func (hot) Live(context.Context, string) (monitor.VersionRef, error) { return hotVersion, nil }
func (hot) Captures(_ context.Context, q monitor.CaptureQuery) (list []monitor.Capture, err error) {
	for i := range 100 {
		id := fmt.Sprintf("c%03d", i)
		if id > q.After && (q.Until == "" || id <= q.Until) {
			list = append(list, monitor.Capture{
				ID: id, Cursor: id, Model: "oven", Version: 1, Time: time.Unix(int64(i), 0), OK: true,
				Inputs: map[string]any{"heat": float64(50 + i)}, Prediction: 1, Labelled: true, Label: i % 2,
			})
		}
	}
	return list, nil
}

func (hot) Trained(context.Context, monitor.VersionRef) (monitor.Trained, error) {
	var b strings.Builder
	b.WriteString("heat\n")
	for i := range 100 {
		fmt.Fprintln(&b, i)
	}
	return monitor.Trained{Digest: "d", Inputs: []monitor.Field{{Name: "heat", Type: "double"}}, Task: "classification", Rows: io.NopCloser(strings.NewReader(b.String()))}, nil
}

func monitored(t *testing.T) http.Handler {
	t.Helper()
	dir := t.TempDir()
	l, err := ledger.Open(context.Background(), ledger.Options{JournalDir: filepath.Join(dir, "j"), Device: "d", IndexPath: filepath.Join(dir, "i.db"), Nouns: []index.Noun{monitor.Index()}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	objects, err := store.Open(filepath.Join(dir, "o"))
	if err != nil {
		t.Fatal(err)
	}
	s := monitor.New(monitor.Options{Ledger: l, Store: objects, Captures: hot{}, Baselines: hot{}})
	if err := s.Sync([]monitor.Config{{Name: "oven", Endpoint: "oven", Rows: 100}}); err != nil {
		t.Fatal(err)
	}
	return (&api.API{Events: event.NewBus(), Ledger: l, Monitors: s}).Handler()
}

func ask(t *testing.T, h http.Handler, method, path, body string, want int, out any) *httptest.ResponseRecorder {
	t.Helper()
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequest(method, "/api/v1"+path, strings.NewReader(body)))
	if rec.Code != want {
		t.Fatalf("%s %s answered %d: %s", method, path, rec.Code, rec.Body)
	}
	if out != nil {
		if err := json.Unmarshal(rec.Body.Bytes(), out); err != nil {
			t.Fatalf("%s %s: %v in %s", method, path, err, rec.Body)
		}
	}
	return rec
}

func TestMonitorsOverHTTP(t *testing.T) {
	h := monitored(t)
	if rec := ask(t, h, "GET", "/monitors/oven/windows", "", 200, nil); strings.TrimSpace(rec.Body.String()) != "[]" {
		t.Errorf("no windows are %s", rec.Body)
	}
	var e monitor.Evaluation
	ask(t, h, "POST", "/monitors/oven/evaluate", "{}", 200, &e)
	if len(e.Windows) != 1 || e.Windows[0].Status != monitor.StatusDrift || len(e.Quality) != 1 {
		t.Fatalf("%+v", e)
	}
	var w monitor.Window
	path := "/monitors/oven/windows/" + e.Windows[0].ID
	ask(t, h, "GET", path, "", 200, &w)
	if len(w.Columns) != 1 || len(w.Columns[0].Histogram.Window) == 0 || len(w.Columns[0].Histogram.Baseline) == 0 || w.Quality == nil {
		t.Errorf("the window lacks histograms or quality: %+v", w)
	}
	var m []monitor.Monitor
	ask(t, h, "GET", "/monitors", "", 200, &m)
	if len(m) != 1 || m[0].Windows != 1 || m[0].OpenAlerts == 0 || m[0].Quality == nil {
		t.Errorf("%+v", m)
	}
	checkDocuments(t, h, path)
	for _, c := range []struct {
		path   string
		status int
	}{
		{"/monitors/none", 404},
		{"/monitors/none/windows", 404},
		{"/monitors/oven/windows/none", 404},
		{"/monitors/oven/windows/none/report", 404},
		{path + "/plot?column=none", 404},
		{path + "/plot?column=heat&format=gif", 400},
		{path + "/plot?column=heat&theme=pink", 400},
		{"/monitors/oven/windows?limit=x", 400},
		{"/alerts?status=loud", 400},
	} {
		ask(t, h, "GET", c.path, "", c.status, nil)
	}
}

func checkDocuments(t *testing.T, h http.Handler, path string) {
	t.Helper()
	page := ask(t, h, "GET", path+"/report", "", 200, nil)
	if !strings.Contains(page.Body.String(), "heat") || !strings.Contains(page.Header().Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("the report is not what it should be: %v", page.Header())
	}
	for _, p := range []string{path + "/plot?column=heat&format=png&theme=dark", "/monitors/oven/quality/plot?format=png"} {
		if _, err := png.Decode(bytes.NewReader(ask(t, h, "GET", p, "", 200, nil).Body.Bytes())); err != nil {
			t.Errorf("%s: %v", p, err)
		}
	}
	if svg := ask(t, h, "GET", path+"/plot?column=heat", "", 200, nil); svg.Header().Get("Content-Type") != "image/svg+xml" || !strings.Contains(svg.Body.String(), "<svg") {
		t.Errorf("no SVG: %v", svg.Header())
	}
}

func TestAlertsOverHTTP(t *testing.T) {
	h := monitored(t)
	ask(t, h, "POST", "/monitors/oven/evaluate", "{}", 200, nil)
	var list []monitor.Alert
	ask(t, h, "GET", "/alerts?status=active&monitor=oven", "", 200, &list)
	if len(list) == 0 {
		t.Fatal("no alert")
	}
	var a monitor.Alert
	ask(t, h, "POST", "/alerts/"+list[0].ID+"/acknowledge", `{"note":"on it"}`, 200, &a)
	if a.Status != monitor.AlertAcknowledged || a.History[1].Note != "on it" || a.History[1].By != "api" {
		t.Errorf("%+v", a)
	}
	ask(t, h, "POST", "/alerts/"+list[0].ID+"/acknowledge", `{}`, 412, nil)
	ask(t, h, "POST", "/alerts/"+list[0].ID+"/resolve", `{}`, 200, &a)
	if a.Status != monitor.AlertResolved {
		t.Errorf("%+v", a)
	}
	ask(t, h, "POST", "/alerts/"+list[0].ID+"/resolve", `{}`, 412, nil)
	ask(t, h, "POST", "/alerts/nobody/resolve", `{}`, 404, nil)
	ask(t, h, "POST", "/alerts/nobody/resolve", `{"nte":"x"}`, 400, nil)
}
