// Package registry keeps models: numbered versions whose content never changes,
// aliases that point at them, the gates a version has passed, and who moved what
// when and why. It trains nothing, serves nothing and decides nothing.
package registry

import (
	"encoding/json"
	"time"

	"rondo/backend/ref"
	"rondo/backend/registry/gate"
)

// Model is a registered model: a name with numbered versions.
type Model struct {
	Name        string            `json:"name"`
	Description string            `json:"description,omitempty"`
	Tags        map[string]string `json:"tags"`
	Aliases     map[string]int    `json:"aliases"`
	Versions    int               `json:"versions"` // how many there are
	Latest      int               `json:"latest"`   // the newest one's number, 0 without any
	CreatedAt   time.Time         `json:"created_at"`
	UpdatedAt   time.Time         `json:"updated_at"`
}

// Version is one model version. Its content is the tree with digest Digest.
type Version struct {
	Model       string             `json:"model"`
	Version     int                `json:"version"` // from 1; never used twice, also after a delete
	Digest      ref.Digest         `json:"digest"`
	Flavor      string             `json:"flavor"` // onnx, mlflow, or empty where nothing can load it
	Source      string             `json:"source"` // where the content was taken from
	RunID       string             `json:"run_id,omitempty"`
	ExecutionID string             `json:"execution_id,omitempty"`
	SnapshotIDs []string           `json:"snapshot_ids,omitempty"`
	Commit      string             `json:"commit,omitempty"`
	Signature   json.RawMessage    `json:"signature,omitempty"` // {"inputs":[{name,type,required}],"outputs":[…]}
	Metrics     map[string]float64 `json:"metrics"`
	Params      map[string]string  `json:"params"`
	Baseline    ref.Digest         `json:"baseline,omitzero"` // CSV it was trained on
	Holdout     ref.Digest         `json:"holdout,omitzero"`  // CSV it never saw
	Label       string             `json:"label,omitempty"`
	Segment     string             `json:"segment,omitempty"`
	Task        string             `json:"task,omitempty"` // classification or regression
	Status      string             `json:"status"`         // READY, as MLflow says it
	Stage       string             `json:"stage"`          // MLflow's deprecated stage; None without one
	Description string             `json:"description,omitempty"`
	Tags        map[string]string  `json:"tags"`
	Aliases     []string           `json:"aliases"`
	Size        int64              `json:"size"`            // bytes
	Empty       bool               `json:"empty,omitempty"` // nothing was at its source when it was registered: it holds no files
	CreatedAt   time.Time          `json:"created_at"`
	UpdatedAt   time.Time          `json:"updated_at"`
	CreatedBy   string             `json:"created_by,omitempty"`
	Reproduced  *Reproduction      `json:"reproduced,omitempty"`
}

// Reproduction is what repeating a version's training showed.
type Reproduction struct {
	Identical bool       `json:"identical"` // bit by bit
	Digest    ref.Digest `json:"digest"`
	RunID     string     `json:"run_id"`
	At        time.Time  `json:"at,omitzero"`
	Text      string     `json:"text"`
}

// Move is one change of an alias.
type Move struct {
	Model    string    `json:"model"`
	Alias    string    `json:"alias"`
	From     int       `json:"from"` // 0: it was not set
	To       int       `json:"to"`   // 0: it was removed
	At       time.Time `json:"at"`
	By       string    `json:"by,omitempty"`
	Reason   string    `json:"reason,omitempty"`
	Decision string    `json:"decision,omitempty"`
}

// CreateModel asks for a new model.
type CreateModel struct {
	Name        string            `json:"name"`
	Description string            `json:"description,omitempty"`
	Tags        map[string]string `json:"tags,omitempty"`
}

// CreateVersion asks for a new version of what lies in Dir, or of the tree Digest.
type CreateVersion struct {
	Model       string             `json:"model"`
	Dir         string             `json:"-"`
	Digest      ref.Digest         `json:"digest"`
	Source      string             `json:"source"`
	RunID       string             `json:"run_id,omitempty"`
	ExecutionID string             `json:"execution_id,omitempty"`
	SnapshotIDs []string           `json:"snapshot_ids,omitempty"`
	Commit      string             `json:"commit,omitempty"`
	Metrics     map[string]float64 `json:"metrics,omitempty"`
	Params      map[string]string  `json:"params,omitempty"`
	Baseline    ref.Digest         `json:"baseline,omitzero"`
	Holdout     ref.Digest         `json:"holdout,omitzero"`
	Label       string             `json:"label,omitempty"`
	Segment     string             `json:"segment,omitempty"`
	Task        string             `json:"task,omitempty"`
	Description string             `json:"description,omitempty"`
	Tags        map[string]string  `json:"tags,omitempty"`
	// MayBeEmpty lets a version be made of nothing, as MLflow does where nothing is at the source yet.
	MayBeEmpty bool `json:"-"`
	// Key makes the call repeatable: a second one with the same Key returns the first one's version.
	Key string `json:"key,omitempty"`
}

// created is the data of a version.create record: what was asked and what was found.
type created struct {
	CreateVersion
	Number    int             `json:"number"`
	Flavor    string          `json:"flavor"`
	Signature json.RawMessage `json:"signature,omitempty"`
	Size      int64           `json:"size"`
	Empty     bool            `json:"empty,omitempty"`
}

// Evidence is what gates found out about a version, at one moment. It never changes.
type Evidence struct {
	Model    string     `json:"model"`
	Version  int        `json:"version"`
	At       time.Time  `json:"at"`
	By       string     `json:"by,omitempty"`
	Decision string     `json:"decision,omitempty"`
	Champion int        `json:"champion,omitempty"` // the version it was compared with
	Holdout  ref.Digest `json:"holdout,omitzero"`   // rows both were judged on; absent: judged on recorded metrics
	Label    string     `json:"label,omitempty"`
	Segment  string     `json:"segment,omitempty"`
	gate.Result
}
