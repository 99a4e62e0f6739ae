package api_test

import (
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/api"
	"rondo/backend/host"
	"rondo/backend/index"
	"rondo/backend/ledger"
	"rondo/backend/run"
)

// tracked is an API over a project with nothing but runs.
func tracked(t *testing.T) (asker, *run.Service) {
	t.Helper()
	dir := t.TempDir()
	l, err := ledger.Open(t.Context(), ledger.Options{
		JournalDir: filepath.Join(dir, "journal"), Device: "laptop", IndexPath: filepath.Join(dir, "index.db"), Nouns: []index.Noun{run.Index(dir)},
	})
	if err != nil {
		t.Fatal(err)
	}
	runs, err := run.Open(t.Context(), run.Options{Ledger: l, Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer((&api.API{Ledger: l, Runs: runs, Host: host.New(host.Options{Dir: dir})}).Handler())
	t.Cleanup(func() { s.Close(); runs.Close(); l.Close() })
	return asker{t, s.URL}, runs
}

func logged(t *testing.T, runs *run.Service, name string, b run.Batch) run.Run {
	t.Helper()
	r, err := runs.Create(t.Context(), run.Create{Name: name})
	if err == nil {
		err = runs.Log(t.Context(), r.ID, b)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestDamagedPointsAreToldAndTheRestIsShown(t *testing.T) {
	ask, runs := tracked(t)
	r := logged(t, runs, "a", run.Batch{Points: []run.Point{{Key: "loss", Value: 1, Step: 1}}})
	for step := range 2 {
		if err := runs.Log(t.Context(), r.ID, run.Batch{Points: []run.Point{{Key: "loss", Value: 2, Step: int64(step + 2)}}}); err != nil {
			t.Fatal(err)
		}
	}
	var whole, rest api.MetricSeries
	if ask.do("GET", "/runs/"+r.ID+"/metrics?keys=loss", nil, 200, &whole); len(whole.Metrics["loss"]) != 3 || len(whole.Damage) != 0 {
		t.Fatalf("before: %+v", whole)
	}
	files, err := filepath.Glob(filepath.Join(runs.Dir(r.ID), "*", "*.points"))
	if more, _ := filepath.Glob(filepath.Join(runs.Dir(r.ID), "*.points")); err != nil || len(files)+len(more) != 1 {
		t.Fatal(files, more, err)
	} else {
		files = append(files, more...)
	}
	b, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if err := os.WriteFile(files[0], b, 0o644); err != nil {
		t.Fatal(err)
	}
	ask.do("GET", "/runs/"+r.ID+"/metrics?keys=loss", nil, 200, &rest)
	if n := len(rest.Metrics["loss"]); n != 2 || len(rest.Damage) != 1 || !strings.Contains(rest.Damage[0], "are not what was written") {
		t.Errorf("after: %+v", rest)
	}
}

func TestRunsOverHTTP(t *testing.T) {
	ask, runs := tracked(t)
	if got := ask.do("GET", "/runs", nil, 200, nil); got != `{"runs":[],"total":0}`+"\n" {
		t.Errorf("no runs are %s", got)
	}
	a := logged(t, runs, "a", run.Batch{Params: map[string]string{"lr": "1"}, Points: []run.Point{{Key: "loss", Value: 2, Step: 1}, {Key: "loss", Value: math.NaN(), Step: 2}}})
	b := logged(t, runs, "b", run.Batch{Params: map[string]string{"lr": "2", "same": "x"}})
	var page api.RunPage
	ask.do("GET", "/runs?limit=1&order_by=attributes.run_name&filter="+url.QueryEscape("params.lr != '9'"), nil, 200, &page)
	if len(page.Runs) != 1 || page.Runs[0].Name != "a" || page.Total != 2 || page.Next == "" {
		t.Errorf("page %+v", page)
	}
	if got := ask.do("GET", "/runs/"+a.ID+"/metrics?keys=loss", nil, 200, nil); got != `{"metrics":{"loss":[{"value":2,"step":1,"time":0},{"value":"NaN","step":2,"time":0}]},"damage":[]}`+"\n" {
		t.Errorf("metrics %s", got)
	}
	var c run.Comparison
	ask.do("GET", "/runs/compare?ids="+a.ID+","+b.ID, nil, 200, &c)
	differ := ""
	for _, row := range c.Rows {
		if !row.Same && row.Group == "param" {
			differ += row.Key + " "
		}
	}
	if differ != "lr same " {
		t.Errorf("different params: %s", differ)
	}
	var changed run.Run
	ask.do("PATCH", "/runs/"+a.ID, map[string]any{"name": "c", "tags": map[string]any{"note": "x"}}, 200, &changed)
	if changed.Name != "c" || changed.Tags["note"] != "x" {
		t.Errorf("changed %+v", changed)
	}
	ask.do("PATCH", "/runs/"+a.ID, map[string]any{"tags": map[string]any{"note": nil}}, 200, &changed)
	ask.do("DELETE", "/runs/"+a.ID, nil, 200, nil)
	ask.do("GET", "/runs?view=deleted", nil, 200, &page)
	if changed = page.Runs[0]; page.Total != 1 || changed.Name != "c" || len(changed.Tags) > 0 {
		t.Errorf("deleted %+v", page)
	}
	ask.do("POST", "/runs/"+a.ID+"/restore", nil, 200, nil)
	var e run.Experiment
	ask.do("POST", "/experiments", map[string]any{"name": "weather"}, 200, &e)
	ask.do("PATCH", "/experiments/"+e.ID, map[string]any{"name": "climate"}, 200, &e)
	ask.do("GET", "/runs?experiment=climate,Default", nil, 200, &page)
	if e.Name != "climate" || page.Total != 2 {
		t.Errorf("experiment %+v, %d runs", e, page.Total)
	}
}

func TestRunsRefuseWhatCannotBe(t *testing.T) {
	ask, runs := tracked(t)
	r := logged(t, runs, "a", run.Batch{})
	for _, c := range []struct {
		method, path string
		in           any
		status       int
		words        string
	}{
		{"GET", "/runs/nothing", nil, 404, "not found"},
		{"GET", "/runs/..%2f..%2fjournal", nil, 404, "not found"},
		{"GET", "/runs?filter=metrics.a", nil, 400, "character 10"},
		{"GET", "/runs?limit=x", nil, 400, "whole number"},
		{"GET", "/runs?view=some", nil, 400, "active, deleted or all"},
		{"GET", "/runs?experiment=none", nil, 404, "no experiment"},
		{"GET", "/runs/compare?ids=" + r.ID, nil, 400, "2 to 50 runs"},
		{"GET", "/runs/" + r.ID + "/log?stream=../x", nil, 400, "stdout or stderr"},
		{"GET", "/runs/" + r.ID + "/code", nil, 404, "not recorded"},
		{"GET", "/runs/" + r.ID + "/environment", nil, 404, "not recorded"},
		{"GET", "/runs/" + r.ID + "/artifacts?path=../..", nil, 400, "Invalid path"},
		{"GET", "/runs/" + r.ID + "/artifacts/file?path=..%2f..%2findex.db", nil, 400, "Invalid path"},
		{"POST", "/runs", map[string]any{"command": []string{"true"}}, 503, "starts no runs"},
		{"POST", "/runs/" + r.ID + "/stop", nil, 503, "stops no runs"},
	} {
		if got := ask.do(c.method, c.path, c.in, c.status, nil); !strings.Contains(got, c.words) {
			t.Errorf("%s %s: %s, want %q", c.method, c.path, got, c.words)
		}
	}
}

func TestARunsFilesOverHTTP(t *testing.T) {
	ask, runs := tracked(t)
	r := logged(t, runs, "a", run.Batch{})
	if _, err := runs.PutArtifact(t.Context(), r.ID, "plots/evil.html", strings.NewReader("<script>alert(1)</script>")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(runs.Dir(r.ID), "stdout.log"), []byte("größe\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var part api.RunLog
	ask.do("GET", "/runs/"+r.ID+"/log?limit=3", nil, 200, &part)
	if part.Text != "gr" || part.Next != 2 || part.End { // ö is not cut in two
		t.Errorf("log %+v", part)
	}
	done := run.Finished
	if _, err := runs.Update(t.Context(), r.ID, run.Change{Status: &done}); err != nil {
		t.Fatal(err)
	}
	ask.do("GET", "/runs/"+r.ID+"/log?offset=2", nil, 200, &part)
	if part.Text != "öße\n" || !part.End || part.Size != 8 {
		t.Errorf("log %+v", part)
	}
	var files []run.File
	ask.do("GET", "/runs/"+r.ID+"/artifacts?path=plots", nil, 200, &files)
	if len(files) != 1 || files[0].Path != "plots/evil.html" || files[0].Size != 25 {
		t.Errorf("files %+v", files)
	}
	for _, inline := range []string{"", "&inline=1"} {
		res, err := http.Get(ask.url + api.Prefix + "/runs/" + r.ID + "/artifacts/file?path=plots/evil.html" + inline)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(res.Body)
		res.Body.Close()
		h := res.Header
		if string(b) != "<script>alert(1)</script>" || !strings.HasPrefix(h.Get("Content-Security-Policy"), "sandbox;") || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s with %v", b, h)
		}
		if inline == "" && h.Get("Content-Disposition") != `attachment; filename=evil.html` {
			t.Errorf("disposition %q", h.Get("Content-Disposition"))
		}
	}
}

func TestTheMachineOverHTTP(t *testing.T) {
	ask, _ := tracked(t)
	var h api.HostState
	ask.do("GET", "/host", nil, 200, &h)
	if h.Threads < 1 || h.Now.Available <= 0 || h.DiskFree <= 0 || h.Hints == nil {
		t.Errorf("host %+v", h)
	}
	var list []host.Sample
	ask.do("GET", "/host/history?limit=1", nil, 200, &list)
	if len(list) != 1 {
		t.Errorf("history %+v", list)
	}
}
