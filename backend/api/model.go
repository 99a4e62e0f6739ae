package api

import (
	"context"
	"time"

	"rondo/backend/registry"
)

func (a *API) modelRoutes(r *Router) {
	Get(r, "/models", func(ctx context.Context, _ Nothing) ([]registry.Model, error) { return a.Registry.Models(ctx) })
	Get(r, "/models/{name}", func(ctx context.Context, in modelName) (registry.Model, error) { return a.Registry.Model(ctx, in.Name) })
	Get(r, "/models/{name}/versions", func(ctx context.Context, in modelName) ([]registry.Version, error) {
		if _, err := a.Registry.Model(ctx, in.Name); err != nil {
			return nil, err
		}
		return a.Registry.Versions(ctx, in.Name)
	})
	Get(r, "/models/{name}/versions/{number}", func(ctx context.Context, in versionName) (registry.Version, error) {
		return a.Registry.Version(ctx, in.Name, in.Number)
	})
	Get(r, "/models/{name}/versions/{number}/evidence", func(ctx context.Context, in versionName) ([]registry.Evidence, error) {
		return a.Registry.Evidences(ctx, in.Name, in.Number)
	})
	Get(r, "/models/{name}/compare", func(ctx context.Context, in versionPair) (registry.Comparison, error) {
		return a.Registry.Compare(ctx, in.Name, in.A, in.B)
	})
	a.aliasRoutes(r)
}

func (a *API) aliasRoutes(r *Router) {
	Put(r, "/models/{name}/aliases/{alias}", a.moveAlias)
	Delete(r, "/models/{name}/aliases/{alias}", a.removeAlias)
	Post(r, "/models/{name}/aliases/{alias}/rollback", a.rollback)
	Get(r, "/models/{name}/history", func(ctx context.Context, in aliasQuery) ([]registry.Move, error) {
		return a.Registry.History(ctx, in.Name, in.Alias)
	})
	Get(r, "/models/{name}/live", a.live)
}

type modelName struct {
	Name string `path:"name"`
}

type versionName struct {
	Name   string `path:"name"`
	Number int    `path:"number"`
}

type versionPair struct {
	Name string `path:"name"`
	A    int    `query:"a"`
	B    int    `query:"b"`
}

type aliasQuery struct {
	Name  string `path:"name"`
	Alias string `query:"alias"`
}

// AliasMove asks for an alias to point at a version.
type AliasMove struct {
	Name    string `path:"name" json:"-"`
	Alias   string `path:"alias" json:"-"`
	Version int    `json:"version"`
	Reason  string `json:"reason"`
}

// moveAlias tries the version before anything points at it, and answers when the
// endpoints that follow the alias have swapped.
func (a *API) moveAlias(ctx context.Context, in AliasMove) (registry.Move, error) {
	if _, err := a.Registry.Version(ctx, in.Name, in.Version); err != nil {
		return registry.Move{}, err
	}
	return a.follow(ctx)(a.Registry.Rollback(ctx, in.Name, in.Alias, in.Version, in.Reason, a.Serve.Check))
}

// rollback goes back to the version before, or to the one that is named.
func (a *API) rollback(ctx context.Context, in AliasMove) (registry.Move, error) {
	return a.follow(ctx)(a.Registry.Rollback(ctx, in.Name, in.Alias, in.Version, in.Reason, a.Serve.Check))
}

// follow waits for the endpoints that a move concerns. The move stands in any case.
func (a *API) follow(ctx context.Context) func(registry.Move, error) (registry.Move, error) {
	return func(m registry.Move, err error) (registry.Move, error) {
		if err != nil {
			return m, err
		}
		return m, a.Serve.Follow(ctx, m.Model, m.Alias)
	}
}

func (a *API) removeAlias(ctx context.Context, in struct {
	Name   string `path:"name"`
	Alias  string `path:"alias"`
	Reason string `query:"reason"`
},
) (registry.Move, error) {
	return a.Registry.Alias(ctx, in.Name, in.Alias, 0, in.Reason, "")
}

// Live is what an alias pointed at, at a moment.
type Live struct {
	Model   string         `json:"model"`
	Alias   string         `json:"alias"`
	At      time.Time      `json:"at"`
	Version int            `json:"version"` // 0: none
	Since   *registry.Move `json:"since,omitempty"`
}

func (a *API) live(ctx context.Context, in struct {
	Name  string    `path:"name"`
	Alias string    `query:"alias"`
	At    time.Time `query:"at"`
},
) (Live, error) {
	if in.Alias == "" {
		in.Alias = "champion"
	}
	if in.At.IsZero() {
		in.At = time.Now().UTC()
	}
	n, m, err := a.Registry.Live(ctx, in.Name, in.Alias, in.At)
	return Live{Model: in.Name, Alias: in.Alias, At: in.At, Version: n, Since: m}, err
}
