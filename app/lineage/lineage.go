// Package lineage draws what a snapshot was made of and what was made of it. Nouns know each
// other by digest and id only, so it goes from one to the next by these. It keeps nothing
// and changes nothing: what it draws is read anew each time.
package lineage

import (
	"context"

	"rondo/backend/dataset"
	"rondo/backend/pipeline"
	"rondo/backend/ref"
	"rondo/backend/registry"
	"rondo/backend/run"
	"rondo/backend/serve"
)

const (
	maxLineage  = 120 // nodes of one graph
	maxOfOne    = 12  // things that used one snapshot, of a kind
	maxTouching = 100 // executions that are looked into for one digest
)

// Nouns are what knows of a snapshot's past and future, each of its own part.
type Nouns struct {
	Datasets *dataset.Service
	Pipeline *pipeline.Service
	Runs     *run.Service
	Registry *registry.Service
	Serve    *serve.Service
}

// Of draws the lineage of a snapshot.
func (n Nouns) Of(ctx context.Context, snap dataset.Snapshot) (dataset.Lineage, error) {
	versions, err := n.Registry.Versions(ctx, "")
	if err != nil {
		return dataset.Lineage{}, err
	}
	g := &graph{
		of: n, versions: versions, out: dataset.Lineage{Of: snapshotNode(snap).ID, Nodes: []dataset.LineageNode{}, Edges: []dataset.LineageEdge{}},
		edges: map[dataset.LineageEdge]bool{}, nodes: map[string]bool{}, left: map[string]bool{}, touching: map[ref.Digest][]pipeline.Execution{},
	}
	g.add(snapshotNode(snap))
	if err := g.up(ctx, snap); err != nil {
		return g.out, err
	}
	if err = g.down(ctx, snap); err == nil {
		err = g.described(ctx, snap)
	}
	if err == nil {
		err = g.name(ctx)
	}
	g.order()
	g.out.More = len(g.left)
	return g.out, err
}

// graph is a lineage as far as it is drawn.
type graph struct {
	of       Nouns
	out      dataset.Lineage
	edges    map[dataset.LineageEdge]bool
	nodes    map[string]bool
	left     map[string]bool // nodes for which there is no room
	touching map[ref.Digest][]pipeline.Execution
	versions []registry.Version
}

// add returns whether the node is new, and whether it is there.
func (g *graph) add(n dataset.LineageNode) (fresh, there bool) {
	switch {
	case g.nodes[n.ID]:
		return false, true
	case len(g.out.Nodes) >= maxLineage:
		g.left[n.ID] = true
		return false, false
	}
	g.nodes[n.ID] = true
	g.out.Nodes = append(g.out.Nodes, n)
	return true, true
}

func (g *graph) join(from, to string) {
	e := dataset.LineageEdge{From: from, To: to}
	if !g.nodes[from] || !g.nodes[to] || from == to || g.edges[e] {
		return
	}
	g.edges[e] = true
	g.out.Edges = append(g.out.Edges, e)
}
