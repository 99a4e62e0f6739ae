package run

import (
	"context"
	"io"
	"time"

	"rondo/backend/index"
	"rondo/backend/ledger"
)

// Options say what a Service works with.
type Options struct {
	Ledger *ledger.Ledger
	Dir    string // the project folder; a run's files are in .rondo/runs/<id>
}

// Service keeps the experiments and runs of one project.
type Service struct{ opts Options }

// Index returns the noun's part of the index. dir is the project folder: the
// summaries of metrics are rebuilt from the runs' own files.
func Index(dir string) index.Noun { return index.Noun{Name: "run"} }

// Open readies the service.
func Open(ctx context.Context, opts Options) (*Service, error) { return &Service{opts: opts}, nil }

// Close makes what is buffered durable.
func (s *Service) Close() error { return nil }

// Dir returns the folder of a run.
func (s *Service) Dir(id string) string { return "" }

// CreateExperiment makes an experiment; a taken name is kind Conflict.
func (s *Service) CreateExperiment(ctx context.Context, name, location string, tags map[string]string) (Experiment, error) {
	return Experiment{}, nil
}

// Experiment returns one by id.
func (s *Service) Experiment(ctx context.Context, id string) (Experiment, error) {
	return Experiment{}, nil
}

// ExperimentByName returns one by name; active ones first.
func (s *Service) ExperimentByName(ctx context.Context, name string) (Experiment, error) {
	return Experiment{}, nil
}

// EnsureExperiment returns the active experiment of the name, made if need be.
func (s *Service) EnsureExperiment(ctx context.Context, name string) (Experiment, error) {
	return Experiment{}, nil
}

// SearchExperiments selects experiments in MLflow's grammar.
func (s *Service) SearchExperiments(ctx context.Context, q Search) (list []Experiment, next string, err error) {
	return nil, "", nil
}

// RenameExperiment gives an active experiment another name.
func (s *Service) RenameExperiment(ctx context.Context, id, name string) error { return nil }

// DeleteExperiment and its runs; RestoreExperiment takes it back.
func (s *Service) DeleteExperiment(ctx context.Context, id string) error { return nil }

// RestoreExperiment takes a delete back.
func (s *Service) RestoreExperiment(ctx context.Context, id string) error { return nil }

// SetExperimentTag sets or, with remove, deletes a tag.
func (s *Service) SetExperimentTag(ctx context.Context, id, key, value string, remove bool) error {
	return nil
}

// Create makes a run.
func (s *Service) Create(ctx context.Context, in Create) (Run, error) { return Run{}, nil }

// Get returns a run with everything but histories.
func (s *Service) Get(ctx context.Context, id string) (Run, error) { return Run{}, nil }

// Update changes a run.
func (s *Service) Update(ctx context.Context, id string, c Change) (Run, error) { return Run{}, nil }

// Delete puts runs away; Restore takes them back.
func (s *Service) Delete(ctx context.Context, id string) error { return nil }

// Restore takes a delete back.
func (s *Service) Restore(ctx context.Context, id string) error { return nil }

// Log stores a batch: params that change are refused, points are durable on return.
func (s *Service) Log(ctx context.Context, id string, b Batch) error { return nil }

// DeleteTag removes a tag of a run; a missing one is NotFound.
func (s *Service) DeleteTag(ctx context.Context, id, key string) error { return nil }

// LogInputs adds datasets and logged models that a run used.
func (s *Service) LogInputs(ctx context.Context, id string, in []Input, models []string) error {
	return nil
}

// LogOutputs adds logged models that came out of a run.
func (s *Service) LogOutputs(ctx context.Context, id string, out []ModelOutput) error { return nil }

// Search selects runs. Total counts all that match.
func (s *Service) Search(ctx context.Context, q Search) (list []Run, next string, total int, err error) {
	return nil, "", 0, nil
}

// History returns the points of a metric in the order (time, step, value), from offset.
func (s *Service) History(ctx context.Context, id, key string, offset, limit int) (points []Point, total int, err error) {
	return nil, 0, nil
}

// Sample returns at most limit points per key over the whole history, with the extremes kept.
func (s *Service) Sample(ctx context.Context, id string, keys []string, limit int) (map[string][]Point, error) {
	return nil, nil
}

// File is a file or folder of a run's or logged model's artifacts.
type File struct {
	Path  string    `json:"path"` // slash-separated, under the artifact root
	Dir   bool      `json:"dir"`
	Size  int64     `json:"size"`
	MTime time.Time `json:"mtime"`
}

// Artifacts is a tree of files; owner is a run id, or m-… for a logged model.
// Every path goes through os.Root.

// ListArtifacts lists one folder; a missing one is empty.
func (s *Service) ListArtifacts(ctx context.Context, owner, path string) ([]File, error) {
	return nil, nil
}

// OpenArtifact opens a file for reading; a missing one is NotFound.
func (s *Service) OpenArtifact(ctx context.Context, owner, path string) (io.ReadSeekCloser, File, error) {
	return nil, File{}, nil
}

// PutArtifact stores a file durably and replaces what was there.
func (s *Service) PutArtifact(ctx context.Context, owner, path string, r io.Reader) (File, error) {
	return File{}, nil
}

// DeleteArtifact removes a file or folder.
func (s *Service) DeleteArtifact(ctx context.Context, owner, path string) error { return nil }

// ArtifactDir returns the artifact folder of an owner for local reading.
func (s *Service) ArtifactDir(owner string) string { return "" }

// CreateLoggedModel makes a logged model in state PENDING.
func (s *Service) CreateLoggedModel(ctx context.Context, m LoggedModel) (LoggedModel, error) {
	return LoggedModel{}, nil
}

// LoggedModel returns one.
func (s *Service) LoggedModel(ctx context.Context, id string) (LoggedModel, error) {
	return LoggedModel{}, nil
}

// FinalizeLoggedModel sets its status.
func (s *Service) FinalizeLoggedModel(ctx context.Context, id, status, message string) (LoggedModel, error) {
	return LoggedModel{}, nil
}

// TagLoggedModel sets tags and removes others.
func (s *Service) TagLoggedModel(ctx context.Context, id string, set map[string]string, remove []string) (LoggedModel, error) {
	return LoggedModel{}, nil
}

// LogModelParams adds params to a logged model.
func (s *Service) LogModelParams(ctx context.Context, id string, params map[string]string) error {
	return nil
}

// DeleteLoggedModel removes it.
func (s *Service) DeleteLoggedModel(ctx context.Context, id string) error { return nil }

// SearchLoggedModels selects logged models in MLflow's grammar; OrderBy is "field ASC|DESC".
func (s *Service) SearchLoggedModels(ctx context.Context, q Search) (list []LoggedModel, next string, err error) {
	return nil, "", nil
}
