package serve

import (
	"context"

	"rondo/backend/index"
)

// Service owns the endpoints of one project on one device.
type Service struct{ opts Options }

// Index returns serving's part of the index. dir is the project folder, whose
// capture files the rows of captures are rebuilt from.
func Index(dir string) index.Noun { return index.Noun{Name: "serve"} }

// Open reads the endpoints and starts loading what they route to, in the background.
func Open(ctx context.Context, opts Options) (*Service, error) { return &Service{opts: opts}, nil }

// Close drains the deployments and writes the captures that still wait.
func (s *Service) Close() error { return nil }

// Sync takes the endpoints of rondo.yaml; those that are gone from it stop.
func (s *Service) Sync(ctx context.Context, specs []Spec) error { return nil }

// Endpoints lists all, by name.
func (s *Service) Endpoints(ctx context.Context) ([]Endpoint, error) { return nil, nil }

// Endpoint returns one.
func (s *Service) Endpoint(ctx context.Context, name string) (Endpoint, error) {
	return Endpoint{}, nil
}

// Create adds an endpoint and waits until it answers or has failed to.
func (s *Service) Create(ctx context.Context, spec Spec) (Endpoint, error) { return Endpoint{}, nil }

// Delete stops an endpoint. Its captures stay.
func (s *Service) Delete(ctx context.Context, name string) error { return nil }

// Deploy routes an endpoint to another target, and waits until the new version
// has been loaded, tried and swapped in. No request fails meanwhile.
func (s *Service) Deploy(ctx context.Context, name string, to Target) (Endpoint, error) {
	return Endpoint{}, nil
}

// Follow brings every endpoint that follows the model's alias to the version the
// alias points at now, and returns when they have swapped. It is also called for
// alias events on the bus; call it to be sure that a promotion has arrived.
func (s *Service) Follow(ctx context.Context, model, alias string) error { return nil }

// Infer answers one request of an endpoint, counts it and captures it.
func (s *Service) Infer(ctx context.Context, endpoint string, req Request) (Response, error) {
	return Response{}, nil
}

// Predict runs rows through a model version apart from all endpoints: nothing is
// counted or captured. Rows may hold more columns than the model takes.
func (s *Service) Predict(ctx context.Context, model string, version int, rows []map[string]any) ([]Prediction, error) {
	return nil, nil
}

// Check loads a version and answers an example with it, without serving it.
func (s *Service) Check(ctx context.Context, model string, version int) error { return nil }

// AddTruth records what turned out to be right for captured rows of an endpoint.
// It returns how many of the ids have been captured; the others are kept too, for
// captures that a synchroniser has yet to bring.
func (s *Service) AddTruth(ctx context.Context, endpoint string, rows []Truth) (matched int, err error) {
	return 0, nil
}

// Captures returns recorded rows with their truth. Rows answered a moment ago may
// still be on their way to the disk; Flush waits for them.
func (s *Service) Captures(ctx context.Context, q Query) ([]Capture, error) { return nil, nil }

// Flush waits until every capture so far is durable and visible.
func (s *Service) Flush(ctx context.Context) error { return nil }

// Stats returns the counts of one endpoint.
func (s *Service) Stats(name string) (Stats, bool) { return Stats{}, false }
