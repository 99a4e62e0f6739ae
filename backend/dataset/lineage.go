package dataset

import (
	"context"
	"time"

	"rondo/backend/ref"
)

// Lineage is where a snapshot comes from and what was made with it: a graph whose edges
// lead from what was used to what was made of it.
type Lineage struct {
	Of    string        `json:"of"` // the snapshot's node
	Nodes []LineageNode `json:"nodes"`
	Edges []LineageEdge `json:"edges"`
	More  int           `json:"more,omitempty"` // nodes that were found and are left out: there are too many
}

// LineageNode is one thing of a Lineage.
type LineageNode struct {
	ID     string            `json:"id"` // within the Lineage
	Kind   string            `json:"kind"`
	Name   string            `json:"name"`
	Parts  []string          `json:"parts,omitempty"` // of its page's address, by Kind: dataset and number, run, model and version …
	Text   string            `json:"text,omitempty"`
	At     time.Time         `json:"at,omitzero"`
	Cmd    []string          `json:"cmd,omitempty"`    // of a stage: what it ran
	Params map[string]string `json:"params,omitempty"` // of a stage
	Commit string            `json:"commit,omitempty"` // of a stage: of its code
	Deps   []LineagePart     `json:"deps,omitempty"`   // of a stage: all that it read
	Outs   []LineagePart     `json:"outs,omitempty"`   // of a stage: all that it wrote

	Environment map[string]string `json:"environment,omitempty"` // of a stage: what its commands ran in, but for packages
	Packages    int               `json:"packages,omitempty"`    // of a stage: how many were installed there
}

// LineagePart is a file or folder that a stage read or wrote.
type LineagePart struct {
	Path     string     `json:"path"`
	Digest   ref.Digest `json:"digest"`
	Snapshot string     `json:"snapshot,omitempty"` // that holds just this, such as weather@2
}

// LineageEdge says that one thing was made of another.
type LineageEdge struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// Kinds of a LineageNode.
const (
	FromOrigin     = "origin" // a URL or another project
	FromSnapshot   = "snapshot"
	FromStage      = "stage" // of an execution
	FromRun        = "run"
	FromVersion    = "version" // of a model
	FromEvaluation = "evaluation"
	FromEndpoint   = "endpoint"
)

// Lineage tells it of a snapshot. What lies beyond data is known to others, whom the
// service was opened with.
func (s *Service) Lineage(ctx context.Context, snap Snapshot) (Lineage, error) {
	if s.opts.Lineage == nil {
		return Lineage{Of: snap.ID, Nodes: []LineageNode{{ID: snap.ID, Kind: FromSnapshot, Name: snap.Ref()}}, Edges: []LineageEdge{}}, nil
	}
	return s.opts.Lineage(ctx, snap)
}
