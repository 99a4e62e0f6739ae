package serve

import (
	"context"
	"sync"
	"time"

	"rondo/backend/errs"
	"rondo/backend/serve/runtime"
)

// load opens a version and lets it answer an example, so that nothing is routed
// to what cannot.
func (s *Service) load(ctx context.Context, model string, version int) (*deployment, error) {
	f, err := s.opts.Registry.Materialise(ctx, model, version)
	if err != nil {
		return nil, err
	}
	m, err := s.opts.Load(ctx, f)
	if err != nil {
		kind := errs.KindOf(err)
		if kind == errs.Corrupt {
			kind = errs.Precondition // the bytes are those that were registered: Materialise has compared them
		}
		return nil, errs.New(kind, "version %d of model %q cannot be loaded: %w", version, model, err).WithHint("%s", errs.HintOf(err))
	}
	d := newDeployment(f, m, s.opts.Now().UTC())
	if err := d.try(ctx); err != nil {
		m.Close()
		return nil, errs.New(errs.KindOf(err), "version %d of model %q does not answer an example: %w", version, model, err).WithHint("%s", errs.HintOf(err))
	}
	return d, nil
}

// try asks the model its own example where it brings one, else one that is made
// from the signature. A made one may lie outside of what the model was built for:
// only what it says of the former is held against it.
func (d *deployment) try(ctx context.Context) error {
	if with, ok := d.model.(interface{ Example() map[string]any }); ok {
		d.example = with.Example()
	}
	own := d.example != nil
	if !own {
		d.example = example(d.sig)
	}
	if d.example == nil {
		return nil
	}
	in, err := d.sig.FromRows([]map[string]any{d.example}, false)
	if err == nil {
		var out []runtime.Tensor
		if out, err = d.model.Predict(ctx, in); err == nil {
			return answered(out)
		}
	}
	if !own && d.flavor != "onnx" && errs.Is(err, errs.Invalid) {
		return nil
	}
	return err
}

func answered(out []runtime.Tensor) error {
	if len(out) == 0 {
		return errs.New(errs.Invalid, "the model answers without any output")
	}
	return nil
}

// example makes a row that fits the signature; nil where there is none.
func example(sig runtime.Signature) map[string]any {
	if len(sig.Inputs) == 0 {
		return nil
	}
	row := map[string]any{}
	for _, c := range sig.Inputs {
		row[c.Name] = exampleValue(c)
	}
	return row
}

func exampleValue(c runtime.Column) any {
	var v any
	switch c.Type {
	case runtime.Boolean:
		v = true
	case runtime.Integer, runtime.Long:
		v = int64(1)
	case runtime.Float, runtime.Double:
		v = 1.0
	case runtime.Datetime:
		v = "2026-01-01T00:00:00Z"
	default:
		v = "a"
	}
	for i := len(c.Shape) - 1; i >= 1; i-- {
		list := make([]any, max(1, c.Shape[i]))
		for k := range list {
			list[k] = v
		}
		v = list
	}
	return v
}

// Check loads a version and answers an example with it, without serving it.
func (s *Service) Check(ctx context.Context, model string, version int) error {
	d, err := s.apart.get(ctx, s, model, version)
	if err != nil {
		return err
	}
	d.release()
	return nil
}

// Predict runs rows through a model version apart from all endpoints: nothing is
// counted or captured. Rows may hold more columns than the model takes.
func (s *Service) Predict(ctx context.Context, model string, version int, rows []map[string]any) ([]Prediction, error) {
	d, err := s.apart.get(ctx, s, model, version)
	if err != nil {
		return nil, err
	}
	defer d.release()
	in, err := d.sig.FromRows(rows, true)
	if err != nil {
		return nil, err
	}
	out, err := d.model.Predict(ctx, in)
	if err != nil {
		return nil, err
	}
	if err := fitting(out, len(rows)); err != nil {
		return nil, err
	}
	list := make([]Prediction, len(rows))
	for i := range list {
		list[i] = plainly(out, i)
	}
	return list, nil
}

const keepApart = 4 // versions that stay loaded apart from the endpoints

// apart holds the versions that are asked without being served: by gates, by
// monitors, by a person who compares.
type apart struct {
	mu     sync.Mutex
	loaded []*deployment // the last used at the end
}

// get returns a version, held by the caller. One that answers an endpoint already
// is shared.
func (a *apart) get(ctx context.Context, s *Service, model string, version int) (*deployment, error) {
	for _, ep := range *s.endpoints.Load() {
		if ep.serves(model, version) {
			if d := ep.acquire(); d != nil {
				if d.files.Model == model && d.files.Version == version {
					return d, nil
				}
				d.release()
			}
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, d := range a.loaded {
		if d.files.Model == model && d.files.Version == version && d.hold() {
			a.loaded = append(append(a.loaded[:i:i], a.loaded[i+1:]...), d)
			return d, nil
		}
	}
	d, err := s.load(ctx, model, version)
	if err != nil {
		return nil, err
	}
	d.hold()
	if a.loaded = append(a.loaded, d); len(a.loaded) > keepApart {
		old := a.loaded[0]
		a.loaded = a.loaded[1:]
		s.work.Go(func() { _ = old.drain(s.opts.Drain) })
	}
	return d, nil
}

func (a *apart) close(work *sync.WaitGroup, drain time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, d := range a.loaded {
		work.Go(func() { _ = d.drain(drain) })
	}
	a.loaded = nil
}
