package lineage

import (
	"cmp"
	"slices"

	"rondo/backend/dataset"
)

// order sorts a graph by when things came to be, and where that is the same by their ids, so that
// it looks the same each time it is asked for.
func (g *graph) order() {
	slices.SortFunc(g.out.Nodes, func(a, b dataset.LineageNode) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID))
	})
	place := map[string]int{}
	for i, n := range g.out.Nodes {
		place[n.ID] = i
	}
	slices.SortFunc(g.out.Edges, func(a, b dataset.LineageEdge) int {
		return cmp.Or(cmp.Compare(place[a.From], place[b.From]), cmp.Compare(place[a.To], place[b.To]))
	})
}
