// Package loop turns what happens into what follows: triggers, decisions with their
// evidence, and the steps of a retrain. It is the only place that knows several
// nouns, and it owns no data but its decisions.
//
// A decision is the sum of a few records that are only ever added: it was opened,
// answered, a step was done, it was closed. Every step looks for its own traces
// before it acts, so that a retrain which was cut off goes on where it stopped and
// nothing happens twice.
package loop

import (
	"slices"
	"time"

	"rondo/backend/ref"
)

// Kinds of decision.
const (
	Retrain   = "retrain"   // from new rows to a new champion
	Promotion = "promotion" // a version that a person's execution made
)

// States of a decision.
const (
	Asked    = "asked" // waits for a person
	Running  = "running"
	Promoted = "promoted" // the new version is live
	Kept     = "kept"     // the gates spoke against it, or there was nothing new
	Failed   = "failed"
	Rejected = "rejected" // by a person
	Notified = "notified" // the policy is to tell, no more
)

// Policies of a trigger.
const (
	Notify    = "notify"
	Ask       = "ask"
	Automatic = "automatic"
)

// Names of the steps, in their order. A promotion begins with Register.
const (
	Feedback = "feedback" // labelled captures become rows
	Snapshot = "snapshot"
	Train    = "train"
	Register = "register"
	Judge    = "judge"
	Promote  = "promote"
	Deploy   = "deploy"
)

// Decision is why a retrain or a promotion happened, and what came of it.
type Decision struct {
	ID       string    `json:"id"`
	Kind     string    `json:"kind"`
	Model    string    `json:"model"`
	Dataset  string    `json:"dataset,omitempty"`
	Trigger  string    `json:"trigger,omitempty"` // its name in rondo.yaml; empty for a person's execution
	On       string    `json:"on"`                // manual, schedule, data, drift, quality or execution
	Policy   string    `json:"policy"`
	Cause    Cause     `json:"cause"`
	State    string    `json:"state"`
	Text     string    `json:"text"` // what came of it, in a sentence
	OpenedAt time.Time `json:"opened_at"`
	OpenedBy string    `json:"opened_by,omitempty"`
	Answer   *Answer   `json:"answer,omitempty"`
	Steps    []Step    `json:"steps"`
	ClosedAt time.Time `json:"closed_at,omitzero"`

	SnapshotID  string `json:"snapshot_id,omitempty"`
	ExecutionID string `json:"execution_id,omitempty"`
	Version     int    `json:"version,omitempty"`  // that came out
	Champion    int    `json:"champion,omitempty"` // that was live before; 0: none
}

// Cause is what made the trigger fire.
type Cause struct {
	Text     string   `json:"text"`
	Monitor  string   `json:"monitor,omitempty"`
	Windows  []string `json:"windows,omitempty"` // ids of the monitor windows, newest first
	Columns  []string `json:"columns,omitempty"` // that drifted, or quality metrics out of bounds
	Labelled int      `json:"labelled,omitempty"`
	Snapshot string   `json:"snapshot_id,omitempty"`
}

// Answer is a person's word on a decision that asked.
type Answer struct {
	Approved bool      `json:"approved"`
	Reason   string    `json:"reason,omitempty"`
	By       string    `json:"by,omitempty"`
	At       time.Time `json:"at"`
}

// Step is one thing that was done for a decision.
type Step struct {
	Name    string    `json:"name"`
	Text    string    `json:"text"`
	At      time.Time `json:"at"`
	Skipped bool      `json:"skipped,omitempty"`

	Rows        *Rows  `json:"rows,omitempty"`
	SnapshotID  string `json:"snapshot_id,omitempty"`
	ExecutionID string `json:"execution_id,omitempty"`
	Version     int    `json:"version,omitempty"`
	Champion    *int   `json:"champion,omitempty"`
	Passed      *bool  `json:"passed,omitempty"`
}

// Rows is the plan of a feedback step, recorded before the file is touched: what the
// file was, what it will be, and which captures made the difference.
type Rows struct {
	Path     string     `json:"path"`
	Base     ref.Digest `json:"base"`
	Result   ref.Digest `json:"result"`
	Added    ref.Digest `json:"added"`    // object: the lines that are appended
	Captures ref.Digest `json:"captures"` // object: ids of the captures, one a line
	Count    int        `json:"count"`
	Skipped  int        `json:"skipped"`           // labelled captures that lack a column
	Lacking  []string   `json:"lacking,omitempty"` // what they lack, such as attribute.date
}

func (r *Rows) skip(lacks []string) {
	r.Skipped++
	for _, source := range lacks {
		if !slices.Contains(r.Lacking, source) {
			r.Lacking = append(r.Lacking, source)
		}
	}
}

// Open reports whether the decision still waits or runs.
func (d Decision) Open() bool { return d.State == Asked || d.State == Running }

// Step returns the newest step of a name.
func (d Decision) Step(name string) (Step, bool) {
	for i := len(d.Steps) - 1; i >= 0; i-- {
		if d.Steps[i].Name == name {
			return d.Steps[i], true
		}
	}
	return Step{}, false
}
