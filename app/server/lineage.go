package server

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

const (
	maxLineage  = 120 // nodes of one graph
	maxOfOne    = 12  // things that used one snapshot, of a kind
	maxTouching = 100 // executions that are looked into for one digest
)

// lineage draws what a snapshot was made of and what was made of it. Nouns know each other
// by digest and id, so it goes from one to the next by these.
type lineage struct {
	h        *house
	out      dataset.Lineage
	edges    map[dataset.LineageEdge]bool
	nodes    map[string]bool
	left     map[string]bool // nodes for which there is no room
	touching map[ref.Digest][]pipeline.Execution
	versions []registry.Version
}

func (h *house) lineage(ctx context.Context, snap dataset.Snapshot) (dataset.Lineage, error) {
	versions, err := h.registry.Versions(ctx, "")
	if err != nil {
		return dataset.Lineage{}, err
	}
	l := &lineage{
		h: h, versions: versions, out: dataset.Lineage{Of: snapshotNode(snap).ID, Nodes: []dataset.LineageNode{}, Edges: []dataset.LineageEdge{}},
		edges: map[dataset.LineageEdge]bool{}, nodes: map[string]bool{}, left: map[string]bool{}, touching: map[ref.Digest][]pipeline.Execution{},
	}
	l.add(snapshotNode(snap))
	if err := l.up(ctx, snap); err != nil {
		return l.out, err
	}
	err = l.down(ctx, snap)
	l.out.More = len(l.left)
	return l.out, err
}

// add returns whether the node is new, and whether it is there.
func (l *lineage) add(n dataset.LineageNode) (fresh, there bool) {
	switch {
	case l.nodes[n.ID]:
		return false, true
	case len(l.out.Nodes) >= maxLineage:
		l.left[n.ID] = true
		return false, false
	}
	l.nodes[n.ID] = true
	l.out.Nodes = append(l.out.Nodes, n)
	return true, true
}

func (l *lineage) join(from, to string) {
	e := dataset.LineageEdge{From: from, To: to}
	if !l.nodes[from] || !l.nodes[to] || from == to || l.edges[e] {
		return
	}
	l.edges[e] = true
	l.out.Edges = append(l.out.Edges, e)
}

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

// content is the digest by which stages know a snapshot.
func content(s dataset.Snapshot) ref.Digest {
	if s.Single && !s.Content.IsZero() {
		return s.Content
	}
	return s.Tree
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

// worked reports whether an execution did the stage, and did it well.
func worked(r pipeline.StageResult) bool {
	return r.State == pipeline.Ran || r.State == pipeline.Restored
}

func has(list []pipeline.Artifact, d ref.Digest) bool {
	return slices.ContainsFunc(list, func(a pipeline.Artifact) bool { return a.Digest == d })
}

// executions are those that read or made the content, newest first.
func (l *lineage) executions(ctx context.Context, d ref.Digest) ([]pipeline.Execution, error) {
	if list, ok := l.touching[d]; ok {
		return list, nil
	}
	list, err := l.h.pipeline.Touching(ctx, d, maxTouching)
	l.touching[d] = list
	return list, err
}

// maker finds the stage that made the content first.
func (l *lineage) maker(ctx context.Context, d ref.Digest) (e pipeline.Execution, r pipeline.StageResult, found bool, err error) {
	list, err := l.executions(ctx, d)
	for _, one := range slices.Backward(list) {
		for _, r := range one.Stages {
			if worked(r) && has(r.Outs, d) {
				return one, r, true, err
			}
		}
	}
	return e, r, false, err
}

// up follows a snapshot to what it was made of.
func (l *lineage) up(ctx context.Context, s dataset.Snapshot) error {
	to := snapshotNode(s).ID
	if s.Origin != nil {
		n := originNode(s)
		l.add(n)
		l.join(n.ID, to)
	}
	return l.upFrom(ctx, content(s), to)
}

func (l *lineage) upFrom(ctx context.Context, d ref.Digest, to string) error {
	e, r, found, err := l.maker(ctx, d)
	if err != nil || !found {
		return err
	}
	n := stageNode(e, r)
	var deps []dataset.Snapshot
	for _, a := range r.Deps {
		of, err := l.h.datasets.ByContent(ctx, a.Digest.String())
		if err != nil {
			return err
		}
		if deps = append(deps, of...); len(of) > 0 {
			continue
		}
		if _, _, made, err := l.maker(ctx, a.Digest); err != nil {
			return err
		} else if !made {
			n.Files = append(n.Files, a.Path)
		}
	}
	fresh, _ := l.add(n)
	l.join(n.ID, to)
	if !fresh {
		return nil
	}
	return l.upStage(ctx, n.ID, r, deps)
}

func (l *lineage) upStage(ctx context.Context, id string, r pipeline.StageResult, deps []dataset.Snapshot) error {
	for _, s := range deps {
		n := snapshotNode(s)
		fresh, _ := l.add(n)
		l.join(n.ID, id)
		if fresh {
			if err := l.up(ctx, s); err != nil {
				return err
			}
		}
	}
	for _, a := range r.Deps {
		if slices.ContainsFunc(deps, func(s dataset.Snapshot) bool { return content(s) == a.Digest }) {
			continue
		}
		if err := l.upFrom(ctx, a.Digest, id); err != nil {
			return err
		}
	}
	return nil
}

// down follows a snapshot to what was made with it.
func (l *lineage) down(ctx context.Context, s dataset.Snapshot) error {
	from := snapshotNode(s).ID
	if err := l.downFrom(ctx, content(s), from); err != nil {
		return err
	}
	runs, err := l.h.runs.UsedBy(ctx, s.Dataset, s.Tree.Short(), maxOfOne)
	if err != nil {
		return err
	}
	for _, r := range runs {
		if r.Kind == run.Execution {
			continue // its stages are there
		}
		n := runNode(r)
		l.add(n)
		l.join(from, n.ID)
	}
	for _, v := range l.versions {
		if !slices.Contains(v.SnapshotIDs, s.ID) || l.nodes[versionNode(v).ID] {
			continue
		}
		of := from
		if maker := "run:" + v.RunID; l.nodes[maker] {
			of = maker
		}
		if err := l.version(ctx, v, of); err != nil {
			return err
		}
	}
	return nil
}

func runNode(r run.Run) dataset.LineageNode {
	return dataset.LineageNode{ID: "run:" + r.ID, Kind: dataset.FromRun, Name: r.Name, Parts: []string{r.ID}, At: r.StartedAt}
}

// downFrom follows content to the stages that read it, and what they made.
func (l *lineage) downFrom(ctx context.Context, d ref.Digest, from string) error {
	list, err := l.executions(ctx, d)
	if err != nil {
		return err
	}
	for _, e := range list {
		for _, r := range e.Stages {
			if !worked(r) || !has(r.Deps, d) {
				continue
			}
			n := stageNode(e, r)
			fresh, _ := l.add(n)
			l.join(from, n.ID)
			if !fresh {
				continue
			}
			if err := l.products(ctx, n.ID, r); err != nil {
				return err
			}
		}
	}
	return nil
}

// products follows what a stage made: snapshots, versions of models, and what later stages read.
func (l *lineage) products(ctx context.Context, id string, r pipeline.StageResult) error {
	for _, a := range r.Outs {
		for _, v := range l.versions {
			if v.Digest != a.Digest {
				continue
			}
			if err := l.version(ctx, v, id); err != nil {
				return err
			}
		}
		snaps, err := l.h.datasets.ByContent(ctx, a.Digest.String())
		if err != nil {
			return err
		}
		for _, s := range snaps {
			fresh, _ := l.add(snapshotNode(s))
			l.join(id, snapshotNode(s).ID)
			if fresh {
				if err := l.down(ctx, s); err != nil {
					return err
				}
			}
		}
		if len(snaps) == 0 {
			if err := l.downFrom(ctx, a.Digest, id); err != nil {
				return err
			}
		}
	}
	return nil
}

func versionNode(v registry.Version) dataset.LineageNode {
	return dataset.LineageNode{
		ID: fmt.Sprintf("version:%s/%d", v.Model, v.Version), Kind: dataset.FromVersion, Name: fmt.Sprintf("%s %d", v.Model, v.Version),
		Parts: []string{v.Model, strconv.Itoa(v.Version)}, Text: strings.Join(v.Aliases, ", "), At: v.CreatedAt,
	}
}

// version adds a version of a model, how its gates judged it and the endpoints that serve it.
func (l *lineage) version(ctx context.Context, v registry.Version, from string) error {
	n := versionNode(v)
	fresh, _ := l.add(n)
	l.join(from, n.ID)
	if !fresh {
		return nil
	}
	judged, err := l.h.registry.Evidences(ctx, v.Model, v.Version)
	if err != nil {
		return err
	}
	if len(judged) > 0 {
		e := dataset.LineageNode{ID: "evaluation:" + n.ID, Kind: dataset.FromEvaluation, Name: "failed", Parts: n.Parts, At: judged[0].At}
		if judged[0].Passed {
			e.Name = "passed"
		}
		l.add(e)
		l.join(n.ID, e.ID)
	}
	endpoints, err := l.h.serve.Endpoints(ctx)
	for _, ep := range endpoints {
		if ep.Deployment.Model == v.Model && ep.Deployment.Version == v.Version {
			e := dataset.LineageNode{ID: "endpoint:" + ep.Name, Kind: dataset.FromEndpoint, Name: ep.Name, Parts: []string{ep.Name}, Text: ep.Deployment.State, At: ep.Deployment.Since}
			l.add(e)
			l.join(n.ID, e.ID)
		}
	}
	return err
}
