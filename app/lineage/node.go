package lineage

import (
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
	return dataset.LineageNode{
		ID: "stage:" + r.Name + ":" + ref.Of([]byte(key.String())).Short(), Kind: dataset.FromStage, Name: r.Name, Parts: []string{e.ID},
		Text: e.Name, At: r.EndedAt, Cmd: r.Cmd, Params: r.Params, Commit: e.Code.Commit,
	}
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
