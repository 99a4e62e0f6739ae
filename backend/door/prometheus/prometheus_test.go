package prometheus_test

import (
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"

	"rondo/backend/door/prometheus"
	"rondo/backend/serve/servetest"
)

func scrape(t *testing.T, accept string, collectors ...prometheus.Collector) (string, string) {
	t.Helper()
	s := httptest.NewServer(prometheus.New(collectors...))
	defer s.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	if accept != "" {
		req.Header.Set("Accept", accept)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatal(res.Status, err)
	}
	return string(b), res.Header.Get("Content-Type")
}

func nasty(context.Context) ([]prometheus.Family, error) {
	return []prometheus.Family{
		{Name: "a_total", Kind: prometheus.Counter, Help: "line\nback\\slash \"q\"", Samples: []prometheus.Sample{
			{Labels: []prometheus.Label{{Name: "x", Value: "q\"n\nb\\ü"}, {Name: "y", Value: ""}}, Value: 1e15},
		}},
		{Name: "b_seconds", Kind: prometheus.Histogram, Unit: "seconds", Help: "h", Samples: []prometheus.Sample{
			{Value: 1.5, Count: 3, Buckets: []prometheus.Bucket{{LE: 0.001, Count: 1}, {LE: 1, Count: 2}}},
		}},
		{Name: "c", Kind: prometheus.Gauge, Help: "h", Samples: []prometheus.Sample{{Value: math.NaN()}, {Labels: []prometheus.Label{{Name: "x", Value: "1"}}, Value: math.Inf(-1)}}},
		{Name: "none", Kind: prometheus.Gauge, Help: "h"},
	}, nil
}

func TestTheTextFormat(t *testing.T) {
	got, kind := scrape(t, "", nasty, func(context.Context) ([]prometheus.Family, error) { return nil, errors.New("away") })
	want := `# HELP a_total line\nback\\slash "q"
# TYPE a_total counter
a_total{x="q\"n\nb\\ü",y=""} 1000000000000000
# HELP b_seconds h
# TYPE b_seconds histogram
b_seconds_bucket{le="0.001"} 1
b_seconds_bucket{le="1.0"} 2
b_seconds_bucket{le="+Inf"} 3
b_seconds_sum 1.5
b_seconds_count 3
# HELP c h
# TYPE c gauge
c NaN
c{x="1"} -Inf
# HELP rondo_scrape_failed_collectors Parts of the program whose figures are missing from this scrape.
# TYPE rondo_scrape_failed_collectors gauge
rondo_scrape_failed_collectors 1
`
	if got != want || kind != "text/plain; version=0.0.4; charset=utf-8" {
		t.Errorf("%s\n%s", kind, got)
	}
}

func TestOpenMetricsWhereItIsLiked(t *testing.T) {
	for accept, open := range map[string]bool{
		"application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1": true,
		"text/plain;q=0.9, application/openmetrics-text;q=0.5":                                false,
		"*/*": false, "text/html": false, "application/openmetrics-text": true, "application/openmetrics-text; version=9": false, "%%%": false,
	} {
		got, kind := scrape(t, accept, nasty)
		if strings.HasSuffix(got, "# EOF\n") != open || strings.Contains(kind, "openmetrics") != open {
			t.Errorf("%q: %s", accept, kind)
		}
		if open && (!strings.Contains(got, "# TYPE a counter\n") || !strings.Contains(got, "# UNIT b_seconds seconds\n")) {
			t.Errorf("%q:\n%s", accept, got)
		}
	}
}

// TestServingsFiguresCanBeParsed lets OpenMetrics' own rules be checked by a parser
// that is not ours.
func TestServingsFiguresCanBeParsed(t *testing.T) {
	h := servetest.Open(t, t.TempDir())
	servetest.Weather(t, h)
	for range 3 {
		if _, err := h.Infer(t.Context(), "weather", servetest.Day("", 8)); err != nil {
			t.Fatal(err)
		}
	}
	bad := servetest.Day("", 8)
	bad.Inputs = bad.Inputs[1:]
	if _, err := h.Infer(t.Context(), "weather", bad); err == nil {
		t.Fatal("answered without a column")
	}
	if err := h.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	runs := prometheus.Gauges("rondo_runs", "Runs by state.", "state", func(context.Context) (map[string]float64, error) {
		return map[string]float64{"RUNNING": 1, "FINISHED": 4}, nil
	})
	collectors := []prometheus.Collector{prometheus.Serving(h.Service), runs, prometheus.Process(time.Now(), "test")}
	text, _ := scrape(t, "", collectors...)
	for _, line := range []string{
		`rondo_endpoint_requests_total{endpoint="weather",outcome="ok"} 3`, `rondo_endpoint_requests_total{endpoint="weather",outcome="refused"} 1`,
		`rondo_endpoint_request_duration_seconds_count{endpoint="weather"} 4`, `rondo_endpoint_request_duration_seconds_bucket{endpoint="weather",le="+Inf"} 4`,
		`rondo_endpoint_version_requests_total{endpoint="weather",model="weather",version="1"} 4`, `rondo_capture_rows_total{endpoint="weather"} 3`,
		`rondo_capture_dropped_rows_total{endpoint="weather"} 0`, `rondo_endpoint_ready{endpoint="weather"} 1`, `rondo_runs{state="RUNNING"} 1`,
	} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("no %s in\n%s", line, text)
		}
	}
	open, _ := scrape(t, "application/openmetrics-text", collectors...)
	for module, text := range map[string]string{"parser": text, "openmetrics.parser": open} {
		cmd := exec.CommandContext(t.Context(), servetest.Python(t), "-c", "import sys\nfrom prometheus_client."+module+" import text_string_to_metric_families as p\nprint(len(list(p(sys.stdin.read()))))")
		cmd.Stdin = strings.NewReader(text)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", module, err, out)
		}
		t.Logf("%s: %s", module, out)
	}
}
