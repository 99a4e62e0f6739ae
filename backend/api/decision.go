package api

import (
	"context"

	"rondo/backend/loop"
)

func (a *API) decisionRoutes(r *Router) {
	Get(r, "/decisions", func(ctx context.Context, in struct {
		Limit int `query:"limit"`
	},
	) ([]loop.Decision, error) {
		return a.Loop.Decisions(ctx, in.Limit)
	})
	Get(r, "/decisions/{id}", func(ctx context.Context, in decisionID) (loop.Decision, error) { return a.Loop.Decision(ctx, in.ID) })
	Post(r, "/decisions/{id}/approve", func(ctx context.Context, in decisionAnswer) (loop.Decision, error) {
		return a.Loop.Approve(ctx, in.ID, in.Reason)
	})
	Post(r, "/decisions/{id}/reject", func(ctx context.Context, in decisionAnswer) (loop.Decision, error) {
		return a.Loop.Reject(ctx, in.ID, in.Reason)
	})
	Get(r, "/triggers", func(ctx context.Context, _ Nothing) ([]loop.Trigger, error) { return a.Loop.Triggers(ctx) })
	Post(r, "/triggers/{name}/fire", func(ctx context.Context, in triggerFire) (loop.Decision, error) {
		return a.Loop.Fire(ctx, in.Name, in.Reason)
	})
}

type decisionID struct {
	ID string `path:"id"`
}

type decisionAnswer struct {
	ID     string `path:"id" json:"-"`
	Reason string `json:"reason"`
}

type triggerFire struct {
	Name   string `path:"name" json:"-"`
	Reason string `json:"reason"`
}
