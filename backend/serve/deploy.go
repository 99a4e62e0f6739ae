package serve

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/index"
)

// Deploy routes an endpoint to another target, and waits until the new version
// has been loaded, tried and swapped in. No request fails meanwhile.
func (s *Service) Deploy(ctx context.Context, name string, to Target) (Endpoint, error) {
	const instead = "change it there, or move the alias that it follows"
	if err := to.check(); err != nil {
		return Endpoint{}, err
	}
	if err := s.ours(name, instead); err != nil {
		return Endpoint{}, err
	}
	if err := s.loadable(ctx, to); err != nil {
		return Endpoint{}, err
	}
	_, err := s.opts.Ledger.Do(ctx, "endpoint.deploy", name, func(*index.Tx) (any, error) { return to, s.ours(name, instead) })
	if err != nil {
		return Endpoint{}, err
	}
	if err := s.reconcile(ctx); err != nil {
		return Endpoint{}, err
	}
	return s.settled(ctx, name)
}

// loadable tries a target before anything is recorded.
func (s *Service) loadable(ctx context.Context, to Target) error {
	version := to.Version
	if to.Alias != "" {
		var err error
		if version, err = s.opts.Registry.Resolve(ctx, to.Model, to.Alias); err != nil {
			return err
		}
	}
	return s.Check(ctx, to.Model, version)
}

// settled brings an endpoint to its target and returns what became of it.
func (s *Service) settled(ctx context.Context, name string) (Endpoint, error) {
	ep, err := s.find(name)
	if err != nil {
		return Endpoint{}, err
	}
	err = s.settle(ctx, ep)
	return ep.view(), err
}

// Follow brings every endpoint that follows the model's alias to the version the
// alias points at now, and returns when they have swapped. It is also called for
// alias events on the bus; call it to be sure that a promotion has arrived.
func (s *Service) Follow(ctx context.Context, model, alias string) error {
	return s.settleAll(ctx, func(d *declared) bool { return d.Model == model && d.Alias == alias })
}

func (s *Service) settleAll(ctx context.Context, which func(*declared) bool) (err error) {
	for _, ep := range *s.endpoints.Load() {
		if which(ep.about.Load()) {
			if e := s.settle(ctx, ep); err == nil {
				err = e
			}
		}
	}
	return err
}

// listen follows what the registry records. An event that was missed costs one
// look at everything.
func (s *Service) listen() {
	missed := uint64(0)
	for e := range s.sub.C {
		model, alias := e.ID, ""
		if n := s.sub.Dropped(); n != missed {
			missed, model = n, ""
		} else if kind, _, _ := strings.Cut(e.Kind, "."); kind != "model" && kind != "version" {
			continue
		}
		if raw, ok := e.Data.(json.RawMessage); ok && e.Kind == "model.alias" {
			var move struct {
				Alias string `json:"alias"`
			}
			_ = json.Unmarshal(raw, &move) // without it all endpoints of the model are looked at
			alias = move.Alias
		}
		err := s.settleAll(s.ctx, func(d *declared) bool {
			return (model == "" || d.Model == model) && (alias == "" || d.Alias == alias)
		})
		if err != nil && s.ctx.Err() == nil {
			slog.Warn("an endpoint could not follow its model", "model", model, "err", err)
		}
	}
}

// settle brings one endpoint to the version that its target means now. It fails
// where that version cannot answer; then what answered before goes on answering.
func (s *Service) settle(ctx context.Context, ep *endpoint) error {
	select {
	case ep.swap <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-ep.swap }()
	if s.ctx.Err() != nil || (*s.endpoints.Load())[ep.name] != ep {
		return nil // it was deleted meanwhile
	}
	to := ep.about.Load().Target
	version, err := s.version(ctx, to)
	if errs.Is(err, errs.NotFound) && to.Alias != "" {
		return s.rest(ep, err)
	}
	if err == nil && ep.serves(to.Model, version) {
		ep.report(Ready, "")
		return nil
	}
	if err == nil {
		err = s.swapIn(ctx, ep, to.Model, version)
	}
	if err != nil && ctx.Err() == nil {
		ep.report(Failed, words(err))
	}
	return err
}

func (s *Service) version(ctx context.Context, to Target) (int, error) {
	if to.Alias == "" {
		return to.Version, nil
	}
	return s.opts.Registry.Resolve(ctx, to.Model, to.Alias)
}

func words(err error) string {
	if hint := errs.HintOf(err); hint != "" {
		return err.Error() + "; " + hint
	}
	return err.Error()
}

func (ep *endpoint) serves(model string, version int) bool {
	d := ep.route.Load()
	return d != nil && d.files.Model == model && d.files.Version == version
}

// rest is what an endpoint does whose alias points at nothing.
func (s *Service) rest(ep *endpoint, why error) error {
	ep.retire(&s.work, s.opts.Drain)
	ep.report(Idle, why.Error()+"; it answers as soon as the alias is set")
	return nil
}

// swapIn loads and tries a version, records that it answers, and only then lets
// requests go to it.
func (s *Service) swapIn(ctx context.Context, ep *endpoint, model string, version int) error {
	if ep.route.Load() == nil {
		ep.report(Loading, "the model is being loaded")
	}
	d, err := s.load(ctx, model, version)
	if err != nil {
		return err
	}
	if err := s.record(ctx, ep.name, d); err != nil {
		d.model.Close()
		return err
	}
	old := ep.route.Swap(d)
	ep.report(Ready, "")
	if old != nil {
		s.work.Go(func() { _ = old.drain(s.opts.Drain) }) // nobody is left to hear of it
	}
	if s.ctx.Err() != nil {
		ep.retire(&s.work, s.opts.Drain)
	}
	return nil
}

// record notes which version answers, where that is news.
func (s *Service) record(ctx context.Context, name string, d *deployment) error {
	_, err := s.opts.Ledger.Do(ctx, "endpoint.live", name, func(tx *index.Tx) (any, error) {
		var digest string
		var version int
		err := tx.QueryRow("SELECT version, digest FROM serve_live WHERE endpoint=? AND device=? ORDER BY clock DESC LIMIT 1", name, s.opts.Device).Scan(&version, &digest)
		if err == nil && version == d.files.Version && digest == d.files.Digest {
			return nil, errSame
		}
		return liveRecord{d.files.Model, d.files.Version, d.files.Digest}, nil
	})
	if err == errSame {
		return nil
	}
	return err
}

var errSame error = errs.New(errs.Conflict, "it answers already")

// report sets what is shown of the endpoint's deployment.
func (ep *endpoint) report(state, reason string) {
	n := &Deployment{State: state, Reason: reason}
	if d := ep.route.Load(); d != nil {
		n.Model, n.Version, n.Digest, n.Flavor, n.Since = d.files.Model, d.files.Version, d.files.Digest, d.flavor, d.since
	}
	ep.state.Store(n)
}

func (ep *endpoint) unready() error {
	st := ep.state.Load()
	return errs.New(errs.Unavailable, "endpoint %q cannot answer yet: %s", ep.name, st.Reason)
}
