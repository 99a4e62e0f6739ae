package server

import (
	"context"

	"rondo/backend/loop"
	"rondo/backend/pipeline"
)

// trainer lets the loop run the pipeline.
type trainer struct{ *pipeline.Service }

func (t trainer) Start(ctx context.Context, id, name string) error {
	_, err := t.Service.Start(ctx, pipeline.Request{ID: id, Name: name})
	return err
}

func (t trainer) Execution(ctx context.Context, id string) (loop.Execution, error) {
	e, err := t.Service.Execution(ctx, id)
	out := loop.Execution{
		ID: e.ID, RunID: e.RunID, Running: e.State == pipeline.Running, OK: e.State == pipeline.Finished, Reason: e.Reason,
		Outs: make(map[string]loop.Out, len(e.Outs)), Snapshots: e.Snapshots, Commit: e.Code.Commit, Params: e.Params, Metrics: e.Metrics,
	}
	for path, a := range e.Outs {
		out.Outs[path] = loop.Out{Digest: a.Digest, Tree: a.Tree, Size: a.Size}
	}
	return out, err
}
