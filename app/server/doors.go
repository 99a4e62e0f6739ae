package server

import (
	"context"
	"net/http"
	"strings"

	"rondo/backend/door/inference"
	"rondo/backend/door/mlflow"
	"rondo/backend/door/prometheus"
	"rondo/backend/host"
	"rondo/backend/webhook"
)

// doors answer other tools in their own words.
type doors struct {
	mlflow     *mlflow.Door
	inference  *inference.Door
	prometheus *prometheus.Door
	webhooks   *webhook.Service
}

func (h *house) openDoors() doors {
	s := h.server
	webhooks := mlflow.Webhooks(h.ledger, h.registry, s.path("webhooks.json"))
	return doors{
		webhooks: webhooks,
		mlflow: mlflow.New(mlflow.Options{
			Runs: h.runs, Registry: h.registry, Store: h.store,
			Traces: h.traces, Evaluation: mlflow.Evaluation(h.ledger, h.runs), Webhooks: webhooks, Explain: h.explain,
		}),
		inference: inference.New(inference.Options{Serve: h.serve, Version: s.opts.Version}),
		prometheus: prometheus.New(
			prometheus.Process(s.started, s.opts.Version), prometheus.Serving(h.serve), prometheus.Monitors(h.monitors),
			prometheus.Gauges("rondo_model_versions", "Registered versions of a model.", "model", h.versionCounts),
			prometheus.Gauges("rondo_runs", "Active runs by status.", "status", h.runCounts),
			prometheus.Gauges("rondo_queue_runs", "Runs of this device's queue.", "state", h.queueCounts),
			prometheus.Host(func() host.Sample { return h.host.Latest() }), // opened after the doors
		),
	}
}

func (h *house) runCounts(ctx context.Context) (map[string]float64, error) {
	all, err := h.runs.CountByStatus(ctx)
	counts := map[string]float64{}
	for status, n := range all {
		counts[strings.ToLower(status)] = float64(n)
	}
	return counts, err
}

func (h *house) queueCounts(context.Context) (map[string]float64, error) {
	if h.launcher == nil {
		return nil, nil // nothing runs
	}
	running, waiting := h.launcher.Uses()
	return map[string]float64{"running": float64(len(running)), "waiting": float64(waiting)}, nil
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
	for _, pattern := range d.mlflow.Patterns() {
		mux.Handle(pattern, d.mlflow)
	}
}

// servingRoutes adds the protocols of the serving listener.
func (d doors) servingRoutes(mux *http.ServeMux) {
	mux.Handle("/metrics", d.prometheus)
	mux.Handle("/", d.inference)
}
