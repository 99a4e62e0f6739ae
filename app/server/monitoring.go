package server

import (
	"context"
	"encoding/json"

	"rondo/backend/errs"
	"rondo/backend/monitor"
	"rondo/backend/registry"
	"rondo/backend/serve"
	"rondo/backend/store"
)

func (h *house) openMonitors(context.Context) error {
	h.monitors = monitor.New(monitor.Options{
		Ledger: h.ledger, Store: h.store, Events: h.events,
		Captures: watched{h.serve}, Baselines: trained{h.registry, h.store}, Predictor: answers{h.serve},
	})
	return nil
}

// watched lets monitors see what serving captured.
type watched struct{ serve *serve.Service }

var _ monitor.Labels = watched{}

func (w watched) Versions(ctx context.Context, endpoint string) ([]monitor.VersionRef, error) {
	list, err := w.serve.Answered(ctx, endpoint)
	out := make([]monitor.VersionRef, len(list))
	for i, a := range list {
		out[i] = monitor.VersionRef{Model: a.Model, Version: a.Version}
	}
	return out, err
}

func (w watched) Live(ctx context.Context, endpoint string) (monitor.VersionRef, error) {
	e, err := w.serve.Endpoint(ctx, endpoint)
	if errs.Is(err, errs.NotFound) {
		return monitor.VersionRef{}, nil
	}
	return monitor.VersionRef{Model: e.Deployment.Model, Version: e.Deployment.Version}, err
}

func (w watched) Captures(ctx context.Context, q monitor.CaptureQuery) ([]monitor.Capture, error) {
	if err := w.serve.Flush(ctx); err != nil {
		return nil, err
	}
	in := asked(q)
	var out []monitor.Capture
	for {
		list, err := w.serve.Captures(ctx, in)
		if err != nil || len(list) == 0 {
			return out, ignoreMissing(err)
		}
		for _, c := range list {
			if c.Model == q.Version.Model {
				out = append(out, captured(c))
			}
			if q.Limit > 0 && len(out) == q.Limit {
				return out, nil
			}
		}
		in.After = list[len(list)-1].Cursor
	}
}

func asked(q monitor.CaptureQuery) serve.Query {
	return serve.Query{Endpoint: q.Endpoint, Version: q.Version.Version, After: q.After, Until: q.Until, Limit: q.Limit}
}

// Labelled implements monitor.Labels.
func (w watched) Labelled(ctx context.Context, q monitor.CaptureQuery) (int64, error) {
	if err := w.serve.Flush(ctx); err != nil {
		return 0, err
	}
	return w.serve.LabelRevision(ctx, asked(q))
}

// ignoreMissing takes an endpoint that nobody has made for one without captures.
func ignoreMissing(err error) error {
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	return err
}

func captured(c serve.Capture) monitor.Capture {
	m := monitor.Capture{
		ID: c.ID, Cursor: c.Cursor, Model: c.Model, Version: c.Version, Time: c.Time, Inputs: c.Inputs,
		Prediction: c.Prediction, Score: c.Score, OK: c.Status == "ok",
	}
	if c.Truth != nil {
		m.Labelled, m.Label = true, c.Truth.Label
	}
	return m
}

// trained gives a version's training rows from the store.
type trained struct {
	registry *registry.Service
	store    *store.Store
}

func (t trained) Trained(ctx context.Context, ref monitor.VersionRef) (monitor.Trained, error) {
	v, err := t.registry.Version(ctx, ref.Model, ref.Version)
	if err != nil {
		return monitor.Trained{}, err
	}
	if v.Baseline.IsZero() {
		return monitor.Trained{}, errs.New(errs.NotFound, "version %d of %s was registered without the rows it was trained on", v.Version, v.Model).
			WithHint("name them as baseline: of the model in rondo.yaml")
	}
	out := monitor.Trained{Digest: v.Baseline.String(), Label: v.Label, Task: v.Task}
	var signature struct{ Inputs []monitor.Field }
	if len(v.Signature) > 0 {
		if err := json.Unmarshal(v.Signature, &signature); err != nil {
			return out, errs.New(errs.Corrupt, "the signature of %s version %d cannot be read: %w", v.Model, v.Version, err)
		}
	}
	out.Inputs = signature.Inputs
	out.Rows, err = t.store.Open(ctx, v.Baseline)
	return out, err
}

// answers lets monitors ask a version apart from its endpoint.
type answers struct{ serve *serve.Service }

func (a answers) Predict(ctx context.Context, v monitor.VersionRef, rows []map[string]any) ([]monitor.Prediction, error) {
	list, err := a.serve.Predict(ctx, v.Model, v.Version, rows)
	out := make([]monitor.Prediction, len(list))
	for i, p := range list {
		out[i] = monitor.Prediction{Value: p.Label, Score: p.Score}
	}
	return out, err
}
