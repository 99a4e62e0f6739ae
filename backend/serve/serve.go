// Package serve answers predictions: endpoints, which model version each one
// routes to, what was asked and answered (captures), and the truth that arrives
// later. Protocols live in backend/door, models' evaluation in serve/runtime, and
// which version deserves an alias in the registry; none of that ever lives here.
package serve

import (
	"context"
	"time"

	"rondo/backend/event"
	"rondo/backend/ledger"
	"rondo/backend/serve/runtime"
)

// Files is a model version made readable on this device.
type Files struct {
	Model   string
	Version int
	Digest  string // of the version's tree, hex
	Dir     string // verified files: an MLmodel and what it names
}

// Registry is what serving needs to know of registered models.
type Registry interface {
	// Resolve returns the version an alias points at.
	Resolve(ctx context.Context, model, alias string) (version int, err error)
	// Materialise verifies the version's files and returns where they are.
	Materialise(ctx context.Context, model string, version int) (Files, error)
}

// Loader turns a version's files into a loaded model. load.Open is the usual one.
type Loader func(ctx context.Context, f Files) (runtime.Model, error)

// Options say what a Service works with.
type Options struct {
	Ledger   *ledger.Ledger
	Registry Registry
	Events   *event.Bus // may be nil; the service listens for alias changes
	Dir      string     // the project folder; captures go to .rondo/captures in it
	Device   string     // this installation's id
	Load     Loader
	Now      func() time.Time
	// CaptureQueue is how many captured rows may wait for the disk before rows
	// are dropped (and counted); 0 means 65536.
	CaptureQueue int
	Drain        time.Duration // how long a replaced version may finish its requests; 0 means 30 s
	Keep         Retention     // of this device's captures
	Captures     string        // folder of this device's captures; empty: the one of its id in .rondo/captures
	CaptureFile  int64         // bytes after which a new capture file begins; 0 means 64 MiB
}

// Target says what an endpoint routes to: an alias that it follows, or one version.
type Target struct {
	Model   string `json:"model"`
	Alias   string `json:"alias,omitempty"`
	Version int    `json:"version,omitempty"`
}

// Spec is an endpoint as someone asked for it.
type Spec struct {
	Name string `json:"name"`
	Target
	Capture float64 `json:"capture"` // share of requests that are recorded, 0 to 1
}

// Endpoint is an endpoint with what it is doing now.
type Endpoint struct {
	Spec
	Source     string             `json:"source"` // project (rondo.yaml) or api
	CreatedAt  time.Time          `json:"created_at,omitzero"`
	CreatedBy  string             `json:"created_by,omitempty"`
	Deployment Deployment         `json:"deployment"`
	Signature  *runtime.Signature `json:"signature,omitempty"`
	Example    map[string]any     `json:"example,omitempty"` // a row that the model takes
	Stats      Stats              `json:"stats"`
}

// The states of a deployment.
const (
	Idle    = "idle"    // nothing to serve yet: the alias is not set
	Loading = "loading" // the first version is on its way
	Ready   = "ready"
	Failed  = "failed" // the last wanted version could not be loaded; an older one may still answer
)

// Deployment is the version that answers now.
type Deployment struct {
	State   string    `json:"state"`
	Model   string    `json:"model,omitempty"`
	Version int       `json:"version,omitempty"` // the one that answers; 0 where none does
	Digest  string    `json:"digest,omitempty"`
	Flavor  string    `json:"flavor,omitempty"`
	Since   time.Time `json:"since,omitzero"`
	Reason  string    `json:"reason,omitempty"` // why State is what it is, with the way out
}

// Stats counts an endpoint's requests since the server started.
type Stats struct {
	Requests  int64            `json:"requests"`
	Rows      int64            `json:"rows"`
	Errors    int64            `json:"errors"` // answered with a failure of ours (5xx)
	Refused   int64            `json:"refused"`
	Captured  int64            `json:"captured"`
	Dropped   int64            `json:"dropped"` // captures that found the queue full
	InFlight  int64            `json:"in_flight"`
	P50       float64          `json:"p50_us"` // of the last minutes, microseconds
	P90       float64          `json:"p90_us"`
	P99       float64          `json:"p99_us"`
	Histogram []Bucket         `json:"histogram"`
	Versions  map[string]int64 `json:"versions"` // requests by version
	TookUS    float64          `json:"took_us"`  // of all requests together
	Traffic   []Point          `json:"traffic"`  // the last minute, second by second
}

// Bucket counts requests that took at most LE microseconds.
type Bucket struct {
	LE    float64 `json:"le_us"`
	Count int64   `json:"count"`
}

// Request is one question to an endpoint: tensors under the model's signature.
type Request struct {
	ID         string // given by the client, or empty
	Version    int    // 0: the endpoint's own
	Inputs     []runtime.Tensor
	Attributes map[string][]any // name to one value per row, or to a single value for all
}

// Response is the answer to a Request.
type Response struct {
	ID      string // the client's, or a fresh one
	Model   string
	Version int
	Rows    int
	Outputs []runtime.Tensor
}

// Capture is one recorded row: what was asked and what was answered.
type Capture struct {
	ID         string         `json:"id"` // request id, with .row where a request has several
	RequestID  string         `json:"request_id"`
	Endpoint   string         `json:"endpoint"`
	Model      string         `json:"model"`
	Version    int            `json:"version"`
	Time       time.Time      `json:"time"`
	Inputs     map[string]any `json:"inputs"`
	Outputs    map[string]any `json:"outputs,omitempty"`
	Prediction any            `json:"prediction,omitempty"`
	Score      *float64       `json:"score,omitempty"` // probability of the positive class
	Attributes map[string]any `json:"attributes,omitempty"`
	LatencyUS  int64          `json:"latency_us"`
	Status     string         `json:"status"` // ok or error
	Truth      *Truth         `json:"truth,omitempty"`
	Cursor     string         `json:"cursor"` // where this row is, for Query.After
}

// Truth is what turned out to be right for a captured row.
type Truth struct {
	ID      string         `json:"id"` // of the capture
	Label   any            `json:"label"`
	Columns map[string]any `json:"columns,omitempty"` // further facts, for rows that go back into a dataset
	At      time.Time      `json:"at,omitzero"`
	By      string         `json:"by,omitempty"`
}

// Query selects captures, oldest first.
type Query struct {
	Endpoint string
	After    string // the Cursor of the last capture seen; empty starts at the beginning
	Until    string // the Cursor of the last capture wanted; empty goes on to the end
	Limit    int    // 0 means 1000
	From, To time.Time
	Version  int   // 0: all
	Labelled *bool // nil: both
	Newest   bool  // newest first instead
}

// Prediction is the answer for one row in plain words.
type Prediction struct {
	Label   any            `json:"label"`           // the predicted value
	Score   *float64       `json:"score,omitempty"` // probability of the positive class, where the model tells one
	Outputs map[string]any `json:"outputs"`
}
