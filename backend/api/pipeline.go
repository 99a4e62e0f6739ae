package api

import (
	"context"

	"rondo/backend/pipeline"
)

func (a *API) pipelineRoutes(r *Router) {
	Get(r, "/pipeline", func(ctx context.Context, _ Nothing) (pipeline.View, error) { return a.Pipeline.Pipeline(ctx) })
	Post(r, "/pipeline/preview", func(ctx context.Context, in pipeline.Request) (pipeline.View, error) {
		return a.Pipeline.Preview(ctx, in)
	})
	Get(r, "/executions", func(ctx context.Context, in executionsPage) ([]pipeline.Execution, error) {
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
	Post(r, "/reproductions", func(ctx context.Context, in pipeline.Repeat) (pipeline.Reproduction, error) {
		return a.Pipeline.Repeat(ctx, in)
	})
	Get(r, "/reproductions/{id}", func(ctx context.Context, in pipelineID) (pipeline.Reproduction, error) {
		return a.Pipeline.Reproduction(ctx, in.ID)
	})
}

type executionsPage struct {
	Limit int `query:"limit"` // 0: 100
}

type pipelineID struct {
	ID string `path:"id"`
}
