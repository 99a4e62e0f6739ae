// Package prometheus shows the program's figures as Prometheus and OpenMetrics
// scrapers read them. Which figures there are is said by collectors; what they
// mean, by the nouns that collect them.
package prometheus

import (
	"context"
	"log/slog"
	"net/http"
	"time"
)

// Kind is a metric's type.
type Kind string

// The kinds there are.
const (
	Counter   Kind = "counter" // its name ends in _total
	Gauge     Kind = "gauge"
	Histogram Kind = "histogram"
)

// Family is a metric with all its samples.
type Family struct {
	Name    string // in base units, such as rondo_endpoint_request_duration_seconds
	Kind    Kind
	Help    string
	Unit    string // the name's last word before _total, such as seconds or bytes; empty for plain numbers
	Samples []Sample
}

// Sample is one value, or one histogram.
type Sample struct {
	Labels  []Label
	Value   float64  // of a histogram: the sum of what was observed
	Buckets []Bucket // of a histogram, rising, each holding those before it
	Count   float64  // of a histogram: observations
}

// Label narrows a sample down.
type Label struct{ Name, Value string }

// Bucket counts observations of at most LE.
type Bucket struct{ LE, Count float64 }

// Collector brings families at the moment of a scrape.
type Collector func(ctx context.Context) ([]Family, error)

// Door answers GET /metrics.
type Door struct{ collectors []Collector }

// New returns the door over the collectors, in the order in which they are shown.
func New(collectors ...Collector) *Door { return &Door{collectors} }

// Route is one operation, for a test that walks them all.
type Route struct{ Method, Path string }

// Routes lists what is answered.
func (d *Door) Routes() []Route { return []Route{{http.MethodGet, "/metrics"}} }

const patience = 5 * time.Second // for all collectors together

// ServeHTTP implements http.Handler. A collector that fails is missing from the
// scrape, which says so; the others are shown.
func (d *Door) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if req.Method != http.MethodGet && req.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "only GET is answered here", http.StatusMethodNotAllowed)
		return
	}
	ctx, cancel := context.WithTimeout(req.Context(), patience)
	defer cancel()
	var all []Family
	failed := 0.0
	for _, collect := range d.collectors {
		list, err := collect(ctx)
		if err != nil {
			slog.Warn("figures are missing from a scrape", "err", err)
			failed++
			continue
		}
		all = append(all, list...)
	}
	all = append(all, Family{
		Name: "rondo_scrape_failed_collectors", Kind: Gauge, Help: "Parts of the program whose figures are missing from this scrape.",
		Samples: []Sample{{Value: failed}},
	})
	open := openMetrics(req.Header.Values("Accept"))
	w.Header().Set("Content-Type", contentTypes[open])
	w.Header().Set("Cache-Control", "no-store")
	w.Write(encode(all, open))
}

var contentTypes = map[bool]string{
	false: "text/plain; version=0.0.4; charset=utf-8",
	true:  "application/openmetrics-text; version=1.0.0; charset=utf-8",
}
