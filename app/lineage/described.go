package lineage

import (
	"context"
	"slices"
	"strings"

	"rondo/backend/dataset"
	"rondo/backend/errs"
	"rondo/backend/pipeline"
)

// described adds the stages that would make or read the newest snapshot of a dataset, as the pipeline is
// described, and what follows from them, as far as no run of them is known here.
func (g *graph) described(ctx context.Context, s dataset.Snapshot) error {
	newest, err := g.of.Datasets.Find(ctx, s.Dataset)
	if errs.Is(err, errs.NotFound) || err == nil && newest.ID != s.ID { // it may be tracked no longer
		return nil
	}
	if err != nil {
		return err
	}
	known := func(name string) bool {
		return slices.ContainsFunc(g.out.Nodes, func(n dataset.LineageNode) bool { return n.Kind == dataset.FromStage && n.Name == name })
	}
	here, stages := snapshotNode(s).ID, g.of.Pipeline.Described()
	fresh := map[string]bool{}
	for _, n := range stages { // each comes after what it needs
		follows := slices.ContainsFunc(n.Upstream, func(up string) bool { return fresh[up] })
		switch {
		case known(n.Name):
		case n.Makes(newest.Path):
			g.add(describedNode(n))
			g.join(describedNode(n).ID, here)
		case n.Reads(newest.Path) || follows:
			_, fresh[n.Name] = g.add(describedNode(n))
			if n.Reads(newest.Path) {
				g.join(here, describedNode(n).ID)
			}
			for _, up := range n.Upstream {
				if fresh[up] {
					g.join("described:"+up, describedNode(n).ID)
				}
			}
		}
	}
	return nil
}

func describedNode(n *pipeline.Node) dataset.LineageNode {
	node := dataset.LineageNode{ID: "described:" + n.Name, Kind: dataset.FromStage, Name: n.Name, Text: "no run of it is known here"}
	for _, words := range n.Commands {
		node.Cmd = append(node.Cmd, strings.Join(words, " "))
	}
	return node
}
