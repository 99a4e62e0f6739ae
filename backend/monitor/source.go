package monitor

import (
	"context"
	"io"
	"time"
)

// Capture is one answered request, as far as a monitor needs it.
type Capture struct {
	ID         string
	Cursor     string // where it is, for CaptureQuery.After
	Model      string
	Version    int
	Time       time.Time
	Inputs     map[string]any
	Prediction any
	Score      *float64 // confidence or probability, where the model gives one
	OK         bool     // the request was answered
	Labelled   bool
	Label      any
}

// CaptureQuery asks for the captures of one version in the order they were made.
type CaptureQuery struct {
	Endpoint string
	Version  VersionRef
	After    string // a Cursor, exclusive; empty from the start
	Until    string // a Cursor, inclusive; empty to the end
	Limit    int
}

// Captures is where captured requests come from (serve).
type Captures interface {
	// Versions returns the model versions that may have answered on the endpoint, oldest first.
	Versions(ctx context.Context, endpoint string) ([]VersionRef, error)
	// Live returns the version that answers now; the zero VersionRef where none does.
	Live(ctx context.Context, endpoint string) (VersionRef, error)
	// Captures returns captures, labels joined, in the order of their cursors: Limit of
	// them, or fewer where no more are there. A cursor means the same for ever, also after the index was rebuilt, and
	// a new capture comes after every one that was already returned.
	Captures(ctx context.Context, q CaptureQuery) ([]Capture, error)
}

// Labels may be implemented by Captures too. It spares reading windows again whose
// labels have not changed.
type Labels interface {
	// Labelled returns a number that changes whenever a label is added or changed among
	// the captures of q, whose Limit does not count.
	Labelled(ctx context.Context, q CaptureQuery) (revision int64, err error)
}

// VersionRef names a model version.
type VersionRef struct {
	Model   string `json:"model"`
	Version int    `json:"version"`
}

// Trained is what a version was trained on.
type Trained struct {
	Digest string  // of the baseline CSV
	Inputs []Field // the signature
	Label  string  // label column, or empty
	Task   string  // classification or regression
	Rows   io.ReadCloser
}

// Field is one input of a model with its MLflow type name.
type Field struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// Baselines gives the training data of a version (registry and store).
type Baselines interface {
	// Trained opens the baseline of the version; NotFound where it was registered without one.
	Trained(ctx context.Context, v VersionRef) (Trained, error)
}

// Prediction is one answer of a model.
type Prediction struct {
	Value any
	Score *float64
}

// Predictor scores baseline rows, so that answers have a baseline too. It may be nil.
type Predictor interface {
	Predict(ctx context.Context, v VersionRef, rows []map[string]any) ([]Prediction, error)
}
