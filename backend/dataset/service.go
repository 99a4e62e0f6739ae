package dataset

import (
	"context"
	"io"

	"rondo/backend/index"
	"rondo/backend/ledger"
	"rondo/backend/store"
)

// Options say what a Service works with.
type Options struct {
	Ledger *ledger.Ledger
	Store  *store.Store
	Dir    string // the project folder
	Device string // this device's folder
}

// Service keeps the datasets of one project.
type Service struct{ opts Options }

// Index returns the noun's part of the index.
func Index() index.Noun { return index.Noun{Name: "dataset"} }

// Open readies the service.
func Open(ctx context.Context, opts Options) (*Service, error) { return &Service{opts: opts}, nil }

// Add puts a path inside the project under version control.
func (s *Service) Add(ctx context.Context, name, path, desc string) (Dataset, error) {
	return Dataset{}, nil
}

// List returns all datasets by name.
func (s *Service) List(ctx context.Context) ([]Dataset, error) { return nil, nil }

// Get returns one dataset.
func (s *Service) Get(ctx context.Context, name string) (Dataset, error) { return Dataset{}, nil }

// Snapshot takes a snapshot. Where nothing changed since the latest one, that one comes back.
func (s *Service) Snapshot(ctx context.Context, name string, in Take) (Snapshot, error) {
	return Snapshot{}, nil
}

// Snapshots lists a dataset's snapshots, newest first.
func (s *Service) Snapshots(ctx context.Context, name string) ([]Snapshot, error) { return nil, nil }

// Find returns a snapshot by id, name@number, or name (the latest).
func (s *Service) Find(ctx context.Context, ref string) (Snapshot, error) { return Snapshot{}, nil }

// ByContent returns the snapshots whose content is the tree or the single file with the digest.
func (s *Service) ByContent(ctx context.Context, digest string) ([]Snapshot, error) { return nil, nil }

// OpenFile opens a file of a snapshot, verified while it is read; path is empty for a single file.
func (s *Service) OpenFile(ctx context.Context, snap Snapshot, path string) (io.ReadCloser, error) {
	return nil, nil
}
