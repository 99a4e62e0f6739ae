package lineage

import (
	"context"
	"slices"

	"rondo/backend/dataset"
	"rondo/backend/pipeline"
	"rondo/backend/ref"
)

// content is the digest by which stages know a snapshot.
func content(s dataset.Snapshot) ref.Digest {
	if s.Single && !s.Content.IsZero() {
		return s.Content
	}
	return s.Tree
}

// worked reports whether an execution did the stage, and did it well.
func worked(r pipeline.StageResult) bool {
	return r.State == pipeline.Ran || r.State == pipeline.Restored
}

func has(list []pipeline.Artifact, d ref.Digest) bool {
	return slices.ContainsFunc(list, func(a pipeline.Artifact) bool { return a.Digest == d })
}

// executions are those that read or made the content, newest first.
func (g *graph) executions(ctx context.Context, d ref.Digest) ([]pipeline.Execution, error) {
	if list, ok := g.touching[d]; ok {
		return list, nil
	}
	list, err := g.of.Pipeline.Touching(ctx, d, maxTouching)
	g.touching[d] = list
	return list, err
}

// maker finds the stage that made the content first.
func (g *graph) maker(ctx context.Context, d ref.Digest) (e pipeline.Execution, r pipeline.StageResult, found bool, err error) {
	list, err := g.executions(ctx, d)
	for _, one := range slices.Backward(list) {
		for _, r := range one.Stages {
			if worked(r) && has(r.Outs, d) {
				return one, r, true, err
			}
		}
	}
	return e, r, false, err
}
