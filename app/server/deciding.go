package server

import (
	"context"

	"rondo/backend/loop"
	"rondo/backend/monitor"
)

func (h *house) openLoop(context.Context) error {
	h.loop = loop.New(loop.Options{
		Ledger: h.ledger, Events: h.events, Store: h.store, Dir: h.server.project.Dir, File: h.file.get, Trusted: h.mayBegin,
		Datasets: h.datasets, Trainer: &trainer{Service: h.pipeline}, Registry: h.registry, Serving: h.serve, Monitors: judged{h.monitors},
	})
	return nil
}

// judged lets triggers see a monitor's windows.
type judged struct{ *monitor.Service }

func (j judged) Windows(ctx context.Context, name string, limit int) ([]loop.Window, error) {
	list, err := j.Judged(ctx, name, limit)
	out := make([]loop.Window, len(list))
	for i, w := range list {
		out[i] = loop.Window{ID: w.ID, From: w.From, Text: w.Verdict.Text}
		if w.Status == monitor.StatusDrift {
			out[i].Drifted = w.Drifted
		}
		if w.Quality == nil {
			continue
		}
		out[i].Labels = w.Quality.Labelled
		for _, b := range w.Quality.Breaches {
			out[i].Bad = append(out[i].Bad, b.Metric)
		}
	}
	return out, err
}
