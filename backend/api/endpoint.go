package api

import (
	"context"
	"time"

	"rondo/backend/errs"
	"rondo/backend/serve"
)

func (a *API) endpointRoutes(r *Router) {
	Get(r, "/endpoints", func(ctx context.Context, _ Nothing) ([]serve.Endpoint, error) { return a.Serve.Endpoints(ctx) })
	Post(r, "/endpoints", func(ctx context.Context, in NewEndpoint) (serve.Endpoint, error) {
		return a.Serve.Create(ctx, in.spec())
	})
	Get(r, "/endpoints/{name}", func(ctx context.Context, in endpointName) (serve.Endpoint, error) {
		return a.Serve.Endpoint(ctx, in.Name)
	})
	Delete(r, "/endpoints/{name}", func(ctx context.Context, in endpointName) (Nothing, error) {
		return Nothing{}, a.Serve.Delete(ctx, in.Name)
	})
	Post(r, "/endpoints/{name}/deploy", a.deploy)
	Post(r, "/endpoints/{name}/predict", a.predict)
	Post(r, "/endpoints/{name}/truth", a.tell)
	Get(r, "/endpoints/{name}/captures", a.captures)
	Get(r, "/endpoints/{name}/snippets", a.snippets)
}

type endpointName struct {
	Name string `path:"name"`
}

// NewEndpoint asks for an endpoint. Without capture, every request is recorded;
// without alias and version, it follows the champion.
type NewEndpoint struct {
	Name    string   `json:"name"`
	Model   string   `json:"model"`
	Alias   string   `json:"alias"`
	Version int      `json:"version"`
	Capture *float64 `json:"capture"`
}

func (n NewEndpoint) spec() serve.Spec {
	s := serve.Spec{Name: n.Name, Target: serve.Target{Model: n.Model, Alias: n.Alias, Version: n.Version}, Capture: 1}
	if n.Capture != nil {
		s.Capture = *n.Capture
	}
	if s.Alias == "" && s.Version == 0 {
		s.Alias = "champion"
	}
	return s
}

// EndpointTarget asks an endpoint to serve something else; an empty model is the one it has.
type EndpointTarget struct {
	Name    string `path:"name" json:"-"`
	Model   string `json:"model"`
	Alias   string `json:"alias"`
	Version int    `json:"version"`
}

func (a *API) deploy(ctx context.Context, in EndpointTarget) (serve.Endpoint, error) {
	if in.Model == "" {
		e, err := a.Serve.Endpoint(ctx, in.Name)
		if err != nil {
			return e, err
		}
		in.Model = e.Model
	}
	return a.Serve.Deploy(ctx, in.Name, serve.Target{Model: in.Model, Alias: in.Alias, Version: in.Version})
}

// EndpointRows asks an endpoint for predictions, as the playground does.
type EndpointRows struct {
	Name       string           `path:"name" json:"-"`
	ID         string           `json:"id"`
	Rows       []map[string]any `json:"rows"`
	Attributes map[string]any   `json:"attributes"` // captured beside the rows; no inputs of the model
}

// Predicted is the answer for all rows.
type Predicted struct {
	ID          string             `json:"id"` // of the request; truth for a row goes to ID, or ID.ROW where there are several
	Model       string             `json:"model"`
	Version     int                `json:"version"`
	LatencyUS   int64              `json:"latency_us"`
	Predictions []serve.Prediction `json:"predictions"`
}

func (a *API) predict(ctx context.Context, in EndpointRows) (Predicted, error) {
	sig, _, err := a.Serve.Signature(in.Name)
	if err != nil {
		return Predicted{}, err
	}
	req := serve.Request{ID: in.ID, Attributes: map[string][]any{}}
	for name, v := range in.Attributes {
		req.Attributes[name] = []any{v}
	}
	if req.Inputs, err = sig.FromRows(in.Rows, false); err != nil {
		return Predicted{}, err
	}
	began := time.Now()
	res, err := a.Serve.Infer(ctx, in.Name, req)
	if err != nil {
		return Predicted{}, err
	}
	return Predicted{
		ID: res.ID, Model: res.Model, Version: res.Version, LatencyUS: time.Since(began).Microseconds(), Predictions: serve.Plainly(res),
	}, nil
}

// EndpointTruth tells what turned out to be right for captured rows.
type EndpointTruth struct {
	Name string        `path:"name" json:"-"`
	Rows []serve.Truth `json:"rows"`
}

func (a *API) tell(ctx context.Context, in EndpointTruth) (serve.Told, error) {
	if len(in.Rows) == 0 {
		return serve.Told{}, errs.New(errs.Invalid, "there are no rows").WithHint(`send {"rows": [{"id": "…", "label": 1}]}`)
	}
	return a.Serve.Tell(ctx, in.Name, in.Rows)
}

// CaptureQuery selects captures, oldest first unless newest is set.
type CaptureQuery struct {
	Name     string    `path:"name"`
	After    string    `query:"after"` // the cursor of the last capture seen
	Limit    int       `query:"limit"`
	From     time.Time `query:"from"`
	To       time.Time `query:"to"`
	Version  int       `query:"version"`
	Labelled *bool     `query:"labelled"`
	Newest   bool      `query:"newest"`
}

const maxPage = 10_000 // captures of one answer

func (a *API) captures(ctx context.Context, in CaptureQuery) ([]serve.Capture, error) {
	if in.Limit <= 0 {
		in.Limit = 100
	}
	if err := a.Serve.Flush(ctx); err != nil {
		return nil, err
	}
	return a.Serve.Captures(ctx, serve.Query{
		Endpoint: in.Name, After: in.After, Limit: min(in.Limit, maxPage), From: in.From, To: in.To,
		Version: in.Version, Labelled: in.Labelled, Newest: in.Newest,
	})
}
