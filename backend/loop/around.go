package loop

import (
	"context"
	"time"

	"rondo/backend/dataset"
	"rondo/backend/event"
	"rondo/backend/ledger"
	"rondo/backend/project"
	"rondo/backend/ref"
	"rondo/backend/registry"
	"rondo/backend/registry/gate"
	"rondo/backend/serve"
	"rondo/backend/store"
)

// Options say what a Service works with.
type Options struct {
	Ledger   *ledger.Ledger
	Events   *event.Bus
	Store    *store.Store
	Dir      string // the project folder
	File     func() *project.File
	Trusted  func() error // nil where the project's commands may run on this device
	Datasets Datasets
	Trainer  Trainer
	Registry Registry
	Serving  Serving
	Monitors Monitors
	Now      func() time.Time
}

// Datasets takes snapshots.
type Datasets interface {
	Snapshot(ctx context.Context, name string, in dataset.Take) (dataset.Snapshot, error)
	Snapshots(ctx context.Context, name string) ([]dataset.Snapshot, error)
}

// Trainer runs the pipeline.
type Trainer interface {
	// Start begins an execution under an id that the caller has chosen. Starting an id
	// that exists changes nothing.
	Start(ctx context.Context, id, name string) error
	// Execution tells how one is doing; NotFound where the id was never started.
	Execution(ctx context.Context, id string) (Execution, error)
	// Ended lists executions that have ended well, newest first.
	Ended(ctx context.Context, limit int) ([]string, error)
}

// Execution is what the loop needs to know of a pipeline's run.
type Execution struct {
	ID        string
	RunID     string
	Running   bool
	OK        bool
	Reason    string         // why it is not OK
	Outs      map[string]Out // by path
	Snapshots []string       // ids of the dataset snapshots it read
	Commit    string
	Params    map[string]string
	Metrics   map[string]float64
}

// Out is something a stage wrote: a file's or a tree's digest in the object store.
type Out struct {
	Digest ref.Digest
	Tree   bool
	Size   int64 // bytes, of a file
}

// Registry keeps versions.
type Registry interface {
	CreateVersion(ctx context.Context, in registry.CreateVersion) (registry.Version, error)
	Version(ctx context.Context, name string, number int) (registry.Version, error)
	Versions(ctx context.Context, name string) ([]registry.Version, error)
	Resolve(ctx context.Context, name, alias string) (int, error)
	Judge(ctx context.Context, name string, version int, rules []gate.Rule, decision string) (registry.Evidence, error)
	Alias(ctx context.Context, name, alias string, version int, reason, decision string) (registry.Move, error)
	History(ctx context.Context, name, alias string) ([]registry.Move, error)
}

// Serving answers predictions.
type Serving interface {
	Check(ctx context.Context, model string, version int) error
	Follow(ctx context.Context, model, alias string) error
	Captures(ctx context.Context, q serve.Query) ([]serve.Capture, error)
	Flush(ctx context.Context) error
}

// Monitors say what was seen of the version that is live.
type Monitors interface {
	// Windows lists judged windows of the live version, newest first.
	Windows(ctx context.Context, monitor string, limit int) ([]Window, error)
}

// Window is a monitor's window, as far as a trigger needs it.
type Window struct {
	ID      string
	From    time.Time // of its first capture
	Drifted []string  // columns
	Bad     []string  // quality metrics out of their bounds
	Labels  int
	Text    string
}
