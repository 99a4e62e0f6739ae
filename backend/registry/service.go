package registry

import (
	"context"
	"encoding/json"
	"path/filepath"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/ledger"
	"rondo/backend/store"
)

// Describe says what a model folder holds: its flavor and, if declared, its signature's JSON.
type Describe func(dir string) (flavor string, signature json.RawMessage, err error)

// Predict answers rows with a version, apart from all serving. Rows may hold more
// columns than the model takes.
type Predict func(ctx context.Context, model string, version int, rows []map[string]any) ([]any, error)

// Options say what a Service works with.
type Options struct {
	Ledger   *ledger.Ledger
	Store    *store.Store
	Device   string // this device's folder; versions are made readable below it
	Describe Describe
	Predict  Predict
}

// Service is the registry of one project.
type Service struct{ opts Options }

// New returns the registry.
func New(opts Options) *Service { return &Service{opts: opts} }

const maxName = 256

// checkName keeps names usable in addresses and `models:/name/1`.
func checkName(what, name string) error {
	switch {
	case strings.TrimSpace(name) == "":
		return errs.New(errs.Invalid, "a %s needs a name", what)
	case len(name) > maxName:
		return errs.New(errs.Invalid, "the %s name is longer than %d characters", what, maxName)
	case strings.ContainsAny(name, "/:\x00\n\r"):
		return errs.New(errs.Invalid, "%s name %q holds a slash, colon or line break", what, name).WithHint("use letters, digits, spaces, - _ and .")
	}
	return nil
}

// Create registers a model. A name that is taken is kind Conflict.
func (s *Service) Create(ctx context.Context, in CreateModel) (Model, error) {
	if err := checkName("model", in.Name); err != nil {
		return Model{}, err
	}
	_, err := s.opts.Ledger.Do(ctx, "model.create", in.Name, func(tx *index.Tx) (any, error) {
		if _, err := modelRow(tx, in.Name); err == nil {
			return nil, errs.New(errs.Conflict, "model %q exists already", in.Name)
		}
		return in, nil
	})
	if err != nil {
		return Model{}, err
	}
	return s.Model(ctx, in.Name)
}

// Update sets a model's description.
func (s *Service) Update(ctx context.Context, name, description string) error {
	return s.do(ctx, "model.update", name, modelUpdate{description})
}

// Delete removes a model. Its numbers are not used again.
func (s *Service) Delete(ctx context.Context, name string) error {
	return s.do(ctx, "model.delete", name, struct{}{})
}

// Rename gives a model another name.
func (s *Service) Rename(ctx context.Context, name, to string) error {
	if err := checkName("model", to); err != nil {
		return err
	}
	_, err := s.opts.Ledger.Do(ctx, "model.rename", name, func(tx *index.Tx) (any, error) {
		if _, err := modelRow(tx, name); err != nil {
			return nil, err
		}
		var n int
		if err := tx.QueryRow("SELECT count(*) FROM registry_models WHERE name=?", to).Scan(&n); err != nil {
			return nil, err
		}
		if n > 0 {
			return nil, errs.New(errs.Conflict, "model %q exists already", to)
		}
		return rename{to}, nil
	})
	return err
}

// SetTag sets or, with remove, deletes a tag of a model (version 0) or a version.
func (s *Service) SetTag(ctx context.Context, name string, version int, key, value string, remove bool) error {
	if key == "" {
		return errs.New(errs.Invalid, "a tag needs a key")
	}
	_, err := s.opts.Ledger.Do(ctx, "model.tag", name, func(tx *index.Tx) (any, error) {
		if version > 0 {
			if _, err := versionRow(tx, name, version); err != nil {
				return nil, err
			}
		}
		_, err := modelRow(tx, name)
		if err != nil {
			return nil, err
		}
		m, err := s.merged(tx, name, version)
		return tagChange{version, key, value, remove, m}, err
	})
	return err
}

// do records a change of a model that exists.
func (s *Service) do(ctx context.Context, kind, name string, data any) error {
	_, err := s.opts.Ledger.Do(ctx, kind, name, func(tx *index.Tx) (any, error) {
		_, err := modelRow(tx, name)
		return data, err
	})
	return err
}

// doVersion records a change of a version that exists.
func (s *Service) doVersion(ctx context.Context, kind, name string, version int, data func(merged) any) error {
	_, err := s.opts.Ledger.Do(ctx, kind, name, func(tx *index.Tx) (any, error) {
		if _, err := versionRow(tx, name, version); err != nil {
			return nil, err
		}
		m, err := s.merged(tx, name, version)
		return data(m), err
	})
	return err
}

// Materialise returns a folder of this device with the version's verified files. A
// version that holds none is kind Precondition.
func (s *Service) Materialise(ctx context.Context, name string, version int) (string, error) {
	v, err := s.Version(ctx, name, version)
	if err == nil {
		err = v.Held()
	}
	if err != nil {
		return "", err
	}
	return s.materialise(ctx, v.Digest)
}

func (s *Service) modelsDir() string { return filepath.Join(s.opts.Device, "models") }
