// Package run keeps experiments and runs: what was started with which params, what
// it logged, which files it left. Metric points live as blocks in the run's own
// folder, everything else in the journal. Starting and stopping processes is
// backend/run/launch's; protocols are the doors'.
package run

import (
	"encoding/json"
	"time"

	"rondo/backend/number"
)

// Lifecycles, as MLflow says them.
const (
	Active  = "active"
	Deleted = "deleted"
)

// Statuses of a run, as MLflow says them; Queued is ours and shows as SCHEDULED outside.
const (
	Queued   = "SCHEDULED"
	Running  = "RUNNING"
	Finished = "FINISHED"
	Failed   = "FAILED"
	Killed   = "KILLED"
)

// Experiment is a named group of runs. "0" is the one called Default.
type Experiment struct {
	ID        string            `json:"id"` // decimal
	Name      string            `json:"name"`
	Lifecycle string            `json:"lifecycle"`
	Location  string            `json:"location,omitempty"` // artifact location asked for; empty: the usual one
	Tags      map[string]string `json:"tags"`
	CreatedAt time.Time         `json:"created_at"`
	UpdatedAt time.Time         `json:"updated_at"`
	Runs      int               `json:"runs"` // active ones
}

// Run is one training or execution.
type Run struct {
	ID           string            `json:"id"` // 32 hex digits
	ExperimentID string            `json:"experiment_id"`
	Name         string            `json:"name"`
	User         string            `json:"user,omitempty"`
	Kind         string            `json:"kind"` // client (an outside client logs it), launched, or execution
	Status       string            `json:"status"`
	Lifecycle    string            `json:"lifecycle"`
	ParentID     string            `json:"parent_id,omitempty"`
	Device       string            `json:"device,omitempty"` // the installation that made it
	StartedAt    time.Time         `json:"started_at,omitzero"`
	EndedAt      time.Time         `json:"ended_at,omitzero"`
	DeletedAt    time.Time         `json:"deleted_at,omitzero"`
	Params       map[string]string `json:"params"`
	Metrics      map[string]Metric `json:"metrics"` // the latest of each key: greatest (step, time, value)
	Tags         map[string]string `json:"tags"`
	Inputs       []Input           `json:"inputs,omitempty"`
	ModelInputs  []string          `json:"model_inputs,omitempty"`  // ids of logged models
	ModelOutputs []ModelOutput     `json:"model_outputs,omitempty"` // logged models that came out
	Exit         json.RawMessage   `json:"exit,omitempty"`          // proc.Exit of a launched run
	Reason       string            `json:"reason,omitempty"`        // why the status is what it is, in words
}

// Metric is one point: step and time place it, Value may be NaN or infinite.
type Metric struct {
	Key   string  `json:"key"`
	Value Float   `json:"value"`
	Step  int64   `json:"step"`
	Time  int64   `json:"time"` // ms since 1970
	Min   Float   `json:"min"`  // of all points of the key; on summaries only
	Max   Float   `json:"max"`
	Count int64   `json:"count,omitempty"`
	Model string  `json:"model_id,omitempty"` // logged model it belongs to
	Run   string  `json:"run_id,omitempty"`   // run that logged it; on metrics of logged models only
	Data  Dataset `json:"dataset,omitzero"`   // dataset it was computed on
}

// Point is one logged value.
type Point struct {
	Key     string
	Value   float64
	Step    int64
	Time    int64 // ms since 1970
	Model   string
	Dataset Dataset
}

// Dataset names a dataset of a metric or input, in MLflow's words.
type Dataset struct {
	Name   string `json:"name,omitempty"`
	Digest string `json:"digest,omitempty"`
}

// Input is a dataset that a run used.
type Input struct {
	Dataset
	SourceType string            `json:"source_type,omitempty"`
	Source     string            `json:"source,omitempty"`
	Schema     string            `json:"schema,omitempty"`
	Profile    string            `json:"profile,omitempty"`
	Tags       map[string]string `json:"tags,omitempty"`
	Snapshot   string            `json:"snapshot_id,omitempty"` // where it is one of ours
}

// ModelOutput is a logged model that came out of a run at a step.
type ModelOutput struct {
	ModelID string `json:"model_id"`
	Step    int64  `json:"step"`
}

// LoggedModel is MLflow 3's model that belongs to an experiment before it is registered.
type LoggedModel struct {
	ID           string            `json:"id"` // m- and 32 hex digits
	ExperimentID string            `json:"experiment_id"`
	Name         string            `json:"name"`
	Type         string            `json:"type,omitempty"`
	RunID        string            `json:"run_id,omitempty"`
	Status       string            `json:"status"` // PENDING, READY or FAILED
	Message      string            `json:"message,omitempty"`
	Params       map[string]string `json:"params"`
	Tags         map[string]string `json:"tags"`
	Metrics      []Metric          `json:"metrics"`
	CreatedAt    time.Time         `json:"created_at"`
	UpdatedAt    time.Time         `json:"updated_at"`
}

// Batch is what one call logs; all of it or nothing.
type Batch struct {
	Points []Point
	Params map[string]string
	Tags   map[string]string
}

// Create asks for a new run.
type Create struct {
	ID           string // empty: a fresh one
	ExperimentID string // empty: "0"
	Name         string // empty: a friendly one is made up
	User         string
	Kind         string // empty: client
	Status       string // empty: RUNNING
	ParentID     string
	StartedAt    time.Time // zero: now
	Params       map[string]string
	Tags         map[string]string
}

// Change updates a run; nil fields stay.
type Change struct {
	Name      *string
	Status    *string
	StartedAt *time.Time
	EndedAt   *time.Time
	Exit      json.RawMessage
	Reason    *string
}

// View selects runs by lifecycle: active (the zero value), deleted or all.
type View int

// The views.
const (
	ViewActive View = iota
	ViewDeleted
	ViewAll
)

// Search selects runs in MLflow's grammar.
type Search struct {
	ExperimentIDs []string // empty: all
	Filter        string
	OrderBy       []string
	OrderOn       []Dataset // logged models only: the dataset that a metric to order by was computed on; one for each of OrderBy, or none
	View          View
	Datasets      []Dataset // logged models only: those with a metric on one of these; without a digest, on any of the name
	Limit         int       // 0: 1000
	Page          string    // token of the page before
}

// Float is a float64 whose NaN and infinities survive JSON, as "NaN", "Infinity" and "-Infinity".
type Float = number.Float
