package lineage

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"rondo/backend/dataset"
	"rondo/backend/pipeline"
	"rondo/backend/ref"
	"rondo/backend/registry"
	"rondo/backend/run"
)

func snapshotNode(s dataset.Snapshot) dataset.LineageNode {
	return dataset.LineageNode{
		ID: "snapshot:" + s.ID, Kind: dataset.FromSnapshot, Name: s.Ref(), Parts: []string{s.Dataset, strconv.Itoa(s.Number)}, Text: s.Message, At: s.CreatedAt,
	}
}

func originNode(s dataset.Snapshot) dataset.LineageNode {
	o := s.Origin
	n := dataset.LineageNode{ID: "origin:" + s.ID, Kind: dataset.FromOrigin, Name: o.URL, At: o.At}
	if o.URL == "" {
		n.Name, n.Text = dataset.Ref(o.Dataset, o.Number), o.Folder
	}
	return n
}

// stageNode is a stage of an execution. The same work of several executions is one node.
func stageNode(e pipeline.Execution, r pipeline.StageResult) dataset.LineageNode {
	var key strings.Builder
	for _, a := range slices.Concat(r.Deps, r.Outs) {
		key.WriteString(a.Path + " " + a.Digest.String() + "\n")
	}
	fmt.Fprint(&key, r.Cmd, r.Params)
	n := dataset.LineageNode{
		ID: "stage:" + r.Name + ":" + ref.Of([]byte(key.String())).Short(), Kind: dataset.FromStage, Name: r.Name, Parts: []string{e.ID},
		Text: e.Name, At: r.EndedAt, Cmd: r.Cmd, Params: r.Params, Commit: e.Code.Commit, Deps: partsOf(r.Deps), Outs: partsOf(r.Outs),
		Environment: map[string]string{},
	}
	for k, v := range r.Env {
		if strings.HasPrefix(k, pipeline.PackagePrefix) {
			n.Packages++
		} else {
			n.Environment[k] = v
		}
	}
	return n
}

func partsOf(list []pipeline.Artifact) (parts []dataset.LineagePart) {
	for _, a := range list {
		parts = append(parts, dataset.LineagePart{Path: a.Path, Digest: a.Digest})
	}
	return parts
}

// name says of what stages read and wrote which snapshot holds it.
func (g *graph) name(ctx context.Context) error {
	names := map[ref.Digest]string{}
	for _, n := range g.out.Nodes {
		for _, list := range [][]dataset.LineagePart{n.Deps, n.Outs} {
			for i, p := range list {
				name, known := names[p.Digest]
				if !known {
					snaps, err := g.of.Datasets.ByContent(ctx, p.Digest.String())
					if err != nil {
						return err
					}
					if len(snaps) > 0 {
						name = snaps[0].Ref()
					}
					names[p.Digest] = name
				}
				list[i].Snapshot = name
			}
		}
	}
	return nil
}

func runNode(r run.Run) dataset.LineageNode {
	return dataset.LineageNode{ID: "run:" + r.ID, Kind: dataset.FromRun, Name: r.Name, Parts: []string{r.ID}, At: r.StartedAt}
}

func versionNode(v registry.Version) dataset.LineageNode {
	return dataset.LineageNode{
		ID: fmt.Sprintf("version:%s/%d", v.Model, v.Version), Kind: dataset.FromVersion, Name: fmt.Sprintf("%s %d", v.Model, v.Version),
		Parts: []string{v.Model, strconv.Itoa(v.Version)}, Text: strings.Join(v.Aliases, ", "), At: v.CreatedAt,
	}
}
