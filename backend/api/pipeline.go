package api

import (
	"context"

	"rondo/backend/pipeline"
)

func (a *API) pipelineRoutes(r *Router) {
	Get(r, "/pipeline", func(ctx context.Context, _ Nothing) (pipeline.View, error) { return a.Pipeline.Pipeline(ctx) })
	Get(r, "/executions", func(ctx context.Context, in struct {
		Limit int `query:"limit"`
	}) ([]pipeline.Execution, error) {
		return a.Pipeline.Executions(ctx, in.Limit)
	})
	Post(r, "/executions", func(ctx context.Context, in pipeline.Request) (pipeline.Execution, error) {
		return a.Pipeline.Start(ctx, in)
	})
	Get(r, "/executions/{id}", func(ctx context.Context, in pipelineID) (pipeline.Execution, error) {
		return a.Pipeline.Execution(ctx, in.ID)
	})
	Get(r, "/reproductions", func(ctx context.Context, _ Nothing) ([]pipeline.Reproduction, error) {
		return a.Pipeline.Reproductions(ctx)
	})
	Post(r, "/reproductions", func(ctx context.Context, in reproduce) (pipeline.Reproduction, error) {
		return a.Pipeline.Reproduce(ctx, in.RunID)
	})
	Get(r, "/reproductions/{id}", func(ctx context.Context, in pipelineID) (pipeline.Reproduction, error) {
		return a.Pipeline.Reproduction(ctx, in.ID)
	})
}

type pipelineID struct {
	ID string `path:"id"`
}

type reproduce struct {
	RunID string `json:"run_id"`
}
