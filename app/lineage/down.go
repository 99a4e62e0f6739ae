package lineage

import (
	"context"
	"slices"

	"rondo/backend/dataset"
	"rondo/backend/pipeline"
	"rondo/backend/ref"
	"rondo/backend/registry"
	"rondo/backend/run"
)

// down follows a snapshot to what was made with it.
func (g *graph) down(ctx context.Context, s dataset.Snapshot) error {
	from := snapshotNode(s).ID
	if err := g.downFrom(ctx, content(s), from); err != nil {
		return err
	}
	runs, err := g.of.Runs.UsedBy(ctx, s.Dataset, s.Tree.Short(), maxOfOne)
	if err != nil {
		return err
	}
	for _, r := range runs {
		if r.Kind == run.Execution {
			continue // its stages are there
		}
		n := runNode(r)
		g.add(n)
		g.join(from, n.ID)
	}
	for _, v := range g.versions {
		if !slices.Contains(v.SnapshotIDs, s.ID) || g.nodes[versionNode(v).ID] {
			continue
		}
		of := from
		if maker := "run:" + v.RunID; g.nodes[maker] {
			of = maker
		}
		if err := g.version(ctx, v, of); err != nil {
			return err
		}
	}
	return nil
}

// downFrom follows content to the stages that read it, and what they made.
func (g *graph) downFrom(ctx context.Context, d ref.Digest, from string) error {
	list, err := g.executions(ctx, d)
	if err != nil {
		return err
	}
	for _, e := range list {
		for _, r := range e.Stages {
			if !worked(r) || !has(r.Deps, d) {
				continue
			}
			n := stageNode(e, r)
			fresh, _ := g.add(n)
			g.join(from, n.ID)
			if !fresh {
				continue
			}
			if err := g.products(ctx, n.ID, r); err != nil {
				return err
			}
		}
	}
	return nil
}

// products follows what a stage made: snapshots, versions of models, and what later stages read.
func (g *graph) products(ctx context.Context, id string, r pipeline.StageResult) error {
	for _, a := range r.Outs {
		for _, v := range g.versions {
			if v.Digest != a.Digest {
				continue
			}
			if err := g.version(ctx, v, id); err != nil {
				return err
			}
		}
		snaps, err := g.of.Datasets.ByContent(ctx, a.Digest.String())
		if err != nil {
			return err
		}
		for _, s := range snaps {
			fresh, _ := g.add(snapshotNode(s))
			g.join(id, snapshotNode(s).ID)
			if fresh {
				if err := g.down(ctx, s); err != nil {
					return err
				}
			}
		}
		if len(snaps) == 0 {
			if err := g.downFrom(ctx, a.Digest, id); err != nil {
				return err
			}
		}
	}
	return nil
}

// version adds a version of a model, how its gates judged it and the endpoints that serve it.
func (g *graph) version(ctx context.Context, v registry.Version, from string) error {
	n := versionNode(v)
	fresh, _ := g.add(n)
	g.join(from, n.ID)
	if !fresh {
		return nil
	}
	judged, err := g.of.Registry.Evidences(ctx, v.Model, v.Version)
	if err != nil {
		return err
	}
	if len(judged) > 0 {
		e := dataset.LineageNode{ID: "evaluation:" + n.ID, Kind: dataset.FromEvaluation, Name: "failed", Parts: n.Parts, At: judged[0].At}
		if judged[0].Passed {
			e.Name = "passed"
		}
		g.add(e)
		g.join(n.ID, e.ID)
	}
	endpoints, err := g.of.Serve.Endpoints(ctx)
	for _, ep := range endpoints {
		if ep.Deployment.Model == v.Model && ep.Deployment.Version == v.Version {
			e := dataset.LineageNode{ID: "endpoint:" + ep.Name, Kind: dataset.FromEndpoint, Name: ep.Name, Parts: []string{ep.Name}, Text: ep.Deployment.State, At: ep.Deployment.Since}
			g.add(e)
			g.join(n.ID, e.ID)
		}
	}
	return err
}
