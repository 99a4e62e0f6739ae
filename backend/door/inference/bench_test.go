package inference_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"rondo/backend/door/inference"
	"rondo/backend/serve/servetest"
)

// writer throws an answer away.
type writer struct {
	head http.Header
	code int
}

func (w *writer) Header() http.Header         { return w.head }
func (w *writer) Write(b []byte) (int, error) { return len(b), nil }
func (w *writer) WriteHeader(code int)        { w.code = code }

// BenchmarkPrediction is one prediction through the door with everything captured:
// read, check, evaluate, answer, and hand over to the writer, which works beside it.
func BenchmarkPrediction(b *testing.B) {
	h := servetest.Open(b, b.TempDir())
	servetest.Weather(b, h)
	door := inference.New(inference.Options{Serve: h.Service})
	body := columns(nil)
	w := &writer{head: http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		req := httptest.NewRequest(http.MethodPost, "/v2/models/weather/infer", strings.NewReader(body))
		w.code = http.StatusOK
		door.ServeHTTP(w, req)
		if w.code != http.StatusOK {
			b.Fatal(w.code)
		}
	}
	b.StopTimer()
	st, _ := h.Stats("weather")
	b.ReportMetric(float64(st.Dropped)/float64(st.Requests), "dropped/op")
	b.ReportMetric(st.P50, "p50-µs")
	b.ReportMetric(st.P99, "p99-µs")
}
