package server

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"rondo/backend/errs"
	"rondo/backend/event"
	"rondo/backend/interop/dvc"
	"rondo/backend/project"
	"rondo/backend/ref"
	"rondo/backend/serve"
)

// Trust implements api.House.
func (s *Server) Trust(context.Context) (project.Question, error) {
	file, _, err := read(s.project, &dvc.Readings{})
	if err != nil {
		return project.Question{}, err
	}
	return s.house.trust.Needed(file)
}

// GrantTrust implements api.House: digest names the commands of rondo.yaml as they
// are now, or the content of a model version that brings its own code.
func (s *Server) GrantTrust(ctx context.Context, digest ref.Digest) (project.Question, error) {
	file, _, err := read(s.project, &dvc.Readings{})
	if err != nil {
		return project.Question{}, err
	}
	if err := s.house.grant(ctx, file, digest); err != nil {
		return project.Question{}, err
	}
	s.house.events.Publish("project.trust", digest.Short(), nil)
	return s.house.trust.Needed(file)
}

func (h *house) grant(ctx context.Context, file *project.File, digest ref.Digest) error {
	known, err := h.isVersion(ctx, digest)
	if err != nil {
		return err
	}
	if known {
		return h.trust.Add(digest)
	}
	return h.trust.Grant(file, digest)
}

func (h *house) isVersion(ctx context.Context, digest ref.Digest) (bool, error) {
	all, err := h.registry.Versions(ctx, "")
	for _, v := range all {
		if v.Digest == digest {
			return true, err
		}
	}
	return false, err
}

// own notices the versions that are registered here, by this person's own programs,
// and trusts their code. What a synchroniser brings arrives without an event, and asks.
type own struct {
	mu    sync.Mutex
	sub   *event.Sub
	trust *project.Trust
}

// look takes in what was registered up to now.
func (o *own) look() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for {
		select {
		case e, ok := <-o.sub.C:
			if !ok {
				return nil
			}
			if d := registered(e); !d.IsZero() {
				if err := o.trust.Add(d); err != nil {
					return err
				}
			}
		default:
			return nil
		}
	}
}

func registered(e event.Event) ref.Digest {
	var v struct {
		Digest ref.Digest `json:"digest"`
	}
	data, ok := e.Data.(json.RawMessage)
	if e.Kind != "version.create" || !ok || json.Unmarshal(data, &v) != nil {
		return ref.Zero
	}
	return v.Digest
}

// watch looks often enough for no event to be lost.
func (o *own) watch(ctx context.Context, report func(error)) {
	defer o.sub.Close()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			report(o.look())
			return
		case <-tick.C:
			report(o.look())
		}
	}
}

// trustedModel says whether the code that a model folder brings may run here.
func (h *house) trustedModel(f serve.Files) error {
	digest, err := ref.Parse(f.Digest)
	if err != nil {
		return err
	}
	if err := h.own.look(); err != nil {
		return err
	}
	known, err := h.trust.Has(digest)
	if err != nil || known {
		return err
	}
	return errs.New(errs.Denied, "version %d of %s runs code of its own and came from another device", f.Version, f.Model).
		WithHint("if you trust who made it: `rondo trust --model %s@%d`", f.Model, f.Version)
}
