package lineage

import (
	"context"
	"slices"

	"rondo/backend/dataset"
	"rondo/backend/pipeline"
	"rondo/backend/ref"
)

// up follows a snapshot to what it was made of.
func (g *graph) up(ctx context.Context, s dataset.Snapshot) error {
	to := snapshotNode(s).ID
	if s.Origin != nil {
		n := originNode(s)
		g.add(n)
		g.join(n.ID, to)
	}
	return g.upFrom(ctx, content(s), to)
}

func (g *graph) upFrom(ctx context.Context, d ref.Digest, to string) error {
	e, r, found, err := g.maker(ctx, d)
	if err != nil || !found {
		return err
	}
	n := stageNode(e, r)
	var deps []dataset.Snapshot
	for _, a := range r.Deps {
		of, err := g.of.Datasets.ByContent(ctx, a.Digest.String())
		if err != nil {
			return err
		}
		deps = append(deps, of...)
	}
	fresh, _ := g.add(n)
	g.join(n.ID, to)
	if !fresh {
		return nil
	}
	return g.upStage(ctx, n.ID, r, deps)
}

func (g *graph) upStage(ctx context.Context, id string, r pipeline.StageResult, deps []dataset.Snapshot) error {
	for _, s := range deps {
		n := snapshotNode(s)
		fresh, _ := g.add(n)
		g.join(n.ID, id)
		if fresh {
			if err := g.up(ctx, s); err != nil {
				return err
			}
		}
	}
	for _, a := range r.Deps {
		if slices.ContainsFunc(deps, func(s dataset.Snapshot) bool { return content(s) == a.Digest }) {
			continue
		}
		if err := g.upFrom(ctx, a.Digest, id); err != nil {
			return err
		}
	}
	return nil
}
