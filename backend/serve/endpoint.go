package serve

import (
	"context"
	"database/sql"
	"encoding/json"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/serve/runtime"
)

// Where an endpoint was declared.
const (
	FromProject = "project"
	FromAPI     = "api"
)

// endpoint is one endpoint at work.
type endpoint struct {
	name  string
	about atomic.Pointer[declared]
	route atomic.Pointer[deployment] // what answers; nil for nothing
	state atomic.Pointer[Deployment]
	swap  chan struct{} // holds one token: who has it may change the route
	meter meter
}

// declared is an endpoint as it is wanted.
type declared struct {
	Spec
	source  string
	created time.Time
	by      string
}

func newEndpoint(d declared) *endpoint {
	ep := &endpoint{name: d.Name, swap: make(chan struct{}, 1)}
	ep.about.Store(&d)
	ep.state.Store(&Deployment{State: Loading, Reason: "the model is being loaded"})
	return ep
}

// retire stops an endpoint. Requests that it has begun are finished.
func (ep *endpoint) retire(work *sync.WaitGroup, drain time.Duration) {
	if old := ep.route.Swap(nil); old != nil {
		work.Go(func() { old.drain(drain) })
	}
}

func (s *Service) find(name string) (*endpoint, error) {
	if ep := (*s.endpoints.Load())[name]; ep != nil {
		return ep, nil
	}
	return nil, errs.New(errs.NotFound, "there is no endpoint called %.128q", name).WithHint("`rondo endpoint list` shows all")
}

func (ep *endpoint) view() Endpoint {
	d := ep.about.Load()
	e := Endpoint{Spec: d.Spec, Source: d.source, CreatedAt: d.created, CreatedBy: d.by, Deployment: *ep.state.Load(), Stats: ep.meter.stats()}
	if live := ep.route.Load(); live != nil {
		sig := live.sig
		e.Signature, e.Example = &sig, live.example
	}
	return e
}

// Endpoints lists all, by name.
func (s *Service) Endpoints(context.Context) ([]Endpoint, error) {
	list := []Endpoint{}
	all := *s.endpoints.Load()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		list = append(list, all[name].view())
	}
	return list, nil
}

// Endpoint returns one.
func (s *Service) Endpoint(_ context.Context, name string) (Endpoint, error) {
	ep, err := s.find(name)
	if err != nil {
		return Endpoint{}, err
	}
	return ep.view(), nil
}

// Signature returns what an endpoint takes and gives now.
func (s *Service) Signature(name string) (runtime.Signature, Deployment, error) {
	ep, err := s.find(name)
	if err != nil {
		return runtime.Signature{}, Deployment{}, err
	}
	live := ep.route.Load()
	if live == nil {
		return runtime.Signature{}, *ep.state.Load(), ep.unready()
	}
	return live.sig, *ep.state.Load(), nil
}

// Create adds an endpoint and waits until it answers or has failed to.
func (s *Service) Create(ctx context.Context, spec Spec) (Endpoint, error) {
	if err := spec.check(); err != nil {
		return Endpoint{}, err
	}
	_, err := s.opts.Ledger.Do(ctx, "endpoint.create", spec.Name, func(*index.Tx) (any, error) {
		if _, err := s.find(spec.Name); err == nil {
			return nil, errs.New(errs.Conflict, "endpoint %q exists already", spec.Name).WithHint("deploy another version to it, or delete it first")
		}
		return spec, nil
	})
	if err != nil {
		return Endpoint{}, err
	}
	if err := s.reconcile(ctx); err != nil {
		return Endpoint{}, err
	}
	return s.settled(ctx, spec.Name)
}

// Delete stops an endpoint. Its captures stay.
func (s *Service) Delete(ctx context.Context, name string) error {
	if err := s.ours(name, "remove it there"); err != nil {
		return err
	}
	if _, err := s.opts.Ledger.Do(ctx, "endpoint.delete", name, func(*index.Tx) (any, error) { return struct{}{}, s.ours(name, "remove it there") }); err != nil {
		return err
	}
	return s.reconcile(ctx)
}

// ours refuses changes to what rondo.yaml declares: the file would undo them.
func (s *Service) ours(name, instead string) error {
	ep, err := s.find(name)
	if err == nil && ep.about.Load().source == FromProject {
		err = errs.New(errs.Precondition, "endpoint %q is declared in rondo.yaml", name).WithHint("%s", instead)
	}
	return err
}

// Sync takes the endpoints of rondo.yaml; those that are gone from it stop.
func (s *Service) Sync(ctx context.Context, specs []Spec) error {
	project := map[string]Spec{}
	for _, spec := range specs {
		if err := spec.check(); err != nil {
			return err
		}
		project[spec.Name] = spec
	}
	s.mu.Lock()
	s.project = project
	s.mu.Unlock()
	return s.reconcile(ctx)
}

// wanted is what records and rondo.yaml ask for; the file has the last word.
func (s *Service) wanted(ctx context.Context) (map[string]declared, error) {
	all := map[string]declared{}
	err := s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		return tx.Each(func(rows *sql.Rows) error {
			d := declared{source: FromAPI}
			var data []byte
			var created int64
			if err := rows.Scan(&data, &created, &d.by); err != nil {
				return err
			}
			d.created = time.UnixMilli(created).UTC()
			err := json.Unmarshal(data, &d.Spec)
			all[d.Name] = d
			return err
		}, "SELECT data, created, by FROM serve_endpoints")
	})
	for name, spec := range s.project {
		all[name] = declared{Spec: spec, source: FromProject}
	}
	return all, err
}

// reconcile makes the endpoints at work those that are wanted.
func (s *Service) reconcile(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		return errs.New(errs.Unavailable, "the server is closing")
	}
	wanted, err := s.wanted(ctx)
	if err != nil {
		return err
	}
	old, now := *s.endpoints.Load(), map[string]*endpoint{}
	var load []*endpoint
	for name, d := range wanted {
		ep := old[name]
		if ep == nil {
			ep = newEndpoint(d)
		}
		before := ep.about.Swap(&d)
		if old[name] == nil || before.Target != d.Target {
			load = append(load, ep)
		}
		now[name] = ep
	}
	s.endpoints.Store(&now)
	for name, ep := range old {
		if now[name] == nil {
			ep.retire(&s.work, s.opts.Drain)
		}
	}
	for _, ep := range load {
		s.work.Go(func() { s.settle(s.ctx, ep) })
	}
	return nil
}
