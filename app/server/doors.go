package server

import (
	"context"
	"net/http"

	"rondo/backend/door/inference"
	"rondo/backend/door/mlflow"
	"rondo/backend/door/prometheus"
)

// doors answer other tools in their own words.
type doors struct {
	mlflow     *mlflow.Door
	inference  *inference.Door
	prometheus *prometheus.Door
}

func (h *house) openDoors() doors {
	s := h.server
	return doors{
		mlflow:    mlflow.New(mlflow.Options{Runs: h.runs, Registry: h.registry, Store: h.store}),
		inference: inference.New(inference.Options{Serve: h.serve, Version: s.opts.Version}),
		prometheus: prometheus.New(
			prometheus.Process(s.started, s.opts.Version), prometheus.Serving(h.serve), prometheus.Monitors(h.monitors),
			prometheus.Gauges("rondo_model_versions", "Registered versions of a model.", "model", h.versionCounts),
		),
	}
}

func (h *house) versionCounts(ctx context.Context) (map[string]float64, error) {
	models, err := h.registry.Models(ctx)
	counts := map[string]float64{}
	for _, m := range models {
		counts[m.Name] = float64(m.Versions)
	}
	return counts, err
}

// controlRoutes adds the protocols of the control listener.
func (d doors) controlRoutes(mux *http.ServeMux) {
	for _, prefix := range []string{"/api/2.0/", "/api/3.0/", "/ajax-api/", "/health", "/version", "/get-artifact", "/upload-artifact", "/model-versions/"} {
		mux.Handle(prefix, d.mlflow)
	}
}

// servingRoutes adds the protocols of the serving listener.
func (d doors) servingRoutes(mux *http.ServeMux) {
	mux.Handle("/metrics", d.prometheus)
	mux.Handle("/", d.inference)
}
