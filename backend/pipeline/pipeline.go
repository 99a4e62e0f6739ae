// Package pipeline knows the stages of rondo.yaml: their graph, what rondo.lock says
// they consumed and produced, what must run and why, and how to run and repeat it.
// What a run is belongs to backend/run, what becomes of a model to backend/loop.
package pipeline

import (
	"time"

	"rondo/backend/project"
	"rondo/backend/ref"
)

// Artifact is a file or folder that a stage read or wrote.
type Artifact struct {
	Path   string     `json:"path" yaml:"path"` // slash-separated, inside the project
	Digest ref.Digest `json:"digest" yaml:"digest"`
	Size   int64      `json:"size" yaml:"size"`                     // bytes
	Tree   bool       `json:"tree,omitempty" yaml:"tree,omitempty"` // a folder: the digest is that of its store.Tree
	Exec   bool       `json:"exec,omitempty" yaml:"exec,omitempty"` // a file that may be executed
}

// What became of a stage in an execution.
const (
	Ran      = "ran"
	Skipped  = "skipped"  // nothing it depends on has changed
	Restored = "restored" // its outs came back from the store: the same was run before
	Broken   = "failed"
	Blocked  = "blocked" // a stage that it depends on failed
	Frozen   = "frozen"
	Stopped  = "stopped"
	Waiting  = "waiting" // for its turn or for what it needs; only while the execution runs
)

// StageResult is what an execution did with one stage.
type StageResult struct {
	Name      string            `json:"name"`
	State     string            `json:"state"`
	Reasons   []string          `json:"reasons"` // why it ran; empty where it did not
	Cmd       []string          `json:"cmd,omitempty"`
	Code      int               `json:"code"` // exit code of the command that failed
	Error     string            `json:"error,omitempty"`
	StartedAt time.Time         `json:"started_at,omitzero"`
	EndedAt   time.Time         `json:"ended_at,omitzero"`
	Deps      []Artifact        `json:"deps"`
	Params    map[string]string `json:"params"`
	Outs      []Artifact        `json:"outs"`
	Env       map[string]string `json:"environment,omitempty"` // of its commands, where they ran: the Python and its packages
}

// States of an Execution.
const (
	Running  = "running" // or waiting for its turn
	Finished = "finished"
	Failed   = "failed"
	Killed   = "killed"
)

// Request asks for an execution.
type Request struct {
	ID     string            `json:"id,omitempty"` // 32 hex digits; empty: a fresh one
	Name   string            `json:"name,omitempty"`
	Stages []string          `json:"stages,omitempty"` // with what they depend on; empty: all
	Extent string            `json:"extent,omitempty"` // alone, or downstream with what depends on Stages; empty: with what these depend on
	Params map[string]string `json:"params,omitempty"` // overrides, written into params.yaml
	Force  bool              `json:"force,omitempty"`  // run all stages, changed or not
	Env    map[string]string `json:"env,omitempty"`    // for the stages, over the server's own; never recorded
	// Experiment asks another tool, whose stages they are, to keep what comes of it.
	Experiment *Experiment `json:"experiment,omitempty"`
}

// Execution is one run of the pipeline. Its id is that of its run.
type Execution struct {
	ID        string              `json:"id"`
	RunID     string              `json:"run_id"`
	Name      string              `json:"name"`
	Request   Request             `json:"request"`
	State     string              `json:"state"`
	Reason    string              `json:"reason,omitempty"` // why it did not finish
	Stages    []StageResult       `json:"stages"`
	Outs      map[string]Artifact `json:"outs"` // of all stages, also of those that were skipped
	Snapshots []string            `json:"snapshot_ids"`
	Params    map[string]string   `json:"params"`
	Metrics   map[string]float64  `json:"metrics"`
	Code      Code                `json:"code"`
	Env       map[string]string   `json:"environment"`
	StartedAt time.Time           `json:"started_at"`
	StartedBy string              `json:"started_by,omitempty"`
	EndedAt   time.Time           `json:"ended_at,omitzero"`
	Device    string              `json:"device,omitempty"` // the installation that it runs on
	Spec      Spec                `json:"spec"`
	Kept      *Experiment         `json:"experiment,omitempty"` // what it was kept as
}

// Spec is what rondo.yaml said when an execution began, as far as it can be repeated
// and trusted by that.
type Spec struct {
	Stages   map[string]project.Stage   `json:"stages"`
	Triggers map[string]project.Trigger `json:"triggers,omitempty"`
	Models   map[string]string          `json:"models,omitempty"` // path by name
	Parallel int                        `json:"parallel"`
}

// Code is the code that an execution ran: a commit and what lay beside it.
type Code struct {
	Commit string     `json:"commit,omitempty"`
	Branch string     `json:"branch,omitempty"`
	Tree   ref.Digest `json:"tree,omitzero"` // object that lists the uncommitted files
}
