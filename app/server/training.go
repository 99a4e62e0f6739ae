package server

import (
	"context"
	"sync"

	"rondo/backend/loop"
	"rondo/backend/pipeline"
)

// trainer lets the loop run the pipeline.
type trainer struct {
	*pipeline.Service

	mu    sync.Mutex
	ended map[string]loop.Execution // what the loop asks for again and again, and never changes
}

const maxEnded = 100 // executions; the loop looks at the last few

func (t *trainer) Start(ctx context.Context, id, name string) error {
	_, err := t.Service.Start(ctx, pipeline.Request{ID: id, Name: name})
	return err
}

func (t *trainer) Execution(ctx context.Context, id string) (loop.Execution, error) {
	t.mu.Lock()
	known, ok := t.ended[id]
	t.mu.Unlock()
	if ok {
		return known, nil
	}
	e, err := t.Service.Execution(ctx, id)
	out := loop.Execution{
		ID: e.ID, RunID: e.RunID, Running: e.State == pipeline.Running, OK: e.State == pipeline.Finished, Reason: e.Reason,
		Outs: make(map[string]loop.Out, len(e.Outs)), Snapshots: e.Snapshots, Commit: e.Code.Commit, Params: e.Params, Metrics: e.Metrics,
	}
	for path, a := range e.Outs {
		out.Outs[path] = loop.Out{Digest: a.Digest, Tree: a.Tree, Size: a.Size}
	}
	if err == nil && !out.Running {
		t.keep(out)
	}
	return out, err
}

func (t *trainer) keep(e loop.Execution) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ended == nil || len(t.ended) >= maxEnded {
		t.ended = map[string]loop.Execution{}
	}
	t.ended[e.ID] = e
}
