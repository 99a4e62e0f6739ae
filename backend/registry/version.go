package registry

import (
	"context"
	"database/sql"
	"errors"

	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/store"
)

// CreateVersion stores the content and gives it the model's next number; a model
// that does not exist yet is made.
func (s *Service) CreateVersion(ctx context.Context, in CreateVersion) (Version, error) {
	if err := checkName("model", in.Model); err != nil {
		return Version{}, err
	}
	data := created{CreateVersion: in}
	if err := s.describe(ctx, &data); err != nil {
		return Version{}, err
	}
	if err := s.ensure(ctx, in.Model); err != nil {
		return Version{}, err
	}
	number := 0
	_, err := s.opts.Ledger.Do(ctx, "version.create", in.Model, func(tx *index.Tx) (any, error) {
		if number = sameKey(tx, in.Model, in.Key); number > 0 {
			return nil, errRepeated
		}
		err := tx.QueryRow("SELECT next FROM registry_models WHERE name=? AND deleted=0", in.Model).Scan(&number)
		if errors.Is(err, sql.ErrNoRows) {
			err = notFound("model %q was deleted meanwhile", in.Model)
		}
		data.Number = number
		return data, err
	})
	if err != nil && !errors.Is(err, errRepeated) {
		return Version{}, err
	}
	return s.Version(ctx, in.Model, number)
}

var errRepeated = errs.New(errs.Conflict, "this was registered already")

func sameKey(tx *index.Tx, model, key string) (number int) {
	if key != "" && tx.QueryRow("SELECT version FROM registry_versions WHERE model=? AND key=? AND deleted=0", model, key).Scan(&number) != nil {
		return 0
	}
	return number
}

func (s *Service) ensure(ctx context.Context, name string) error {
	_, err := s.Create(ctx, CreateModel{Name: name})
	if errs.Is(err, errs.Conflict) {
		return nil
	}
	return err
}

// describe puts the content into the store and looks at what it is.
func (s *Service) describe(ctx context.Context, d *created) error {
	dir, err := s.content(ctx, d)
	if err != nil {
		return err
	}
	tree, err := s.opts.Store.OpenTree(ctx, d.Digest)
	if err != nil {
		return err
	}
	if d.Empty = len(tree.Files) == 0; d.Empty && !d.MayBeEmpty {
		return errs.New(errs.Invalid, "%s holds no files, so there is no model to register", d.Source)
	}
	d.Size = tree.Size()
	if _, ok := tree.Find("MLmodel"); ok && s.opts.Describe != nil {
		d.Flavor, d.Signature, err = s.opts.Describe(dir)
	}
	return err
}

// content puts what a version is made of into the store, and says which folder holds it.
func (s *Service) content(ctx context.Context, d *created) (dir string, err error) {
	switch {
	case d.Dir != "":
		_, d.Digest, err = s.opts.Store.PutTree(ctx, d.Dir)
		return d.Dir, err
	case d.Digest.IsZero() && d.MayBeEmpty:
		d.Digest, err = s.opts.Store.PutTreeList(ctx, store.Tree{})
		return "", err
	}
	return s.materialise(ctx, d.Digest)
}

// Held is nil where a version holds files, and else the reason why nothing can be loaded,
// served or judged with it.
func (v Version) Held() error {
	if !v.Empty {
		return nil
	}
	return errs.New(errs.Precondition, "version %d of model %q holds no files: nothing was at %s when it was registered", v.Version, v.Model, v.Source).
		WithHint("log the model's files and register them again; they become the next version")
}

// UpdateVersion sets a version's description.
func (s *Service) UpdateVersion(ctx context.Context, name string, version int, description string) error {
	return s.doVersion(ctx, "version.update", name, version, func(m merged) any {
		return versionUpdate{Version: version, Description: &description, merged: m}
	})
}

// SetStage moves a version to one of MLflow's stages; with archive, the others leave it.
func (s *Service) SetStage(ctx context.Context, name string, version int, stage string, archive bool) error {
	_, err := s.opts.Ledger.Do(ctx, "version.update", name, func(tx *index.Tx) (any, error) {
		up := versionUpdate{Version: version, Stage: &stage}
		_, err := versionRow(tx, name, version)
		if err == nil && archive {
			up.Archive, err = index.Column[int](tx, "SELECT version FROM registry_versions WHERE model=? AND stage=? AND version<>? AND deleted=0", name, stage, version)
		}
		if err == nil {
			up.merged, err = s.merged(tx, name, append(up.Archive, version)...)
		}
		return up, err
	})
	return err
}

// DeleteVersion removes a version and the aliases that point at it.
func (s *Service) DeleteVersion(ctx context.Context, name string, version int) error {
	return s.doVersion(ctx, "version.delete", name, version, func(m merged) any { return versionNumber{version, m} })
}

// Reproduced stores the verdict of a repeated training with the version.
func (s *Service) Reproduced(ctx context.Context, name string, version int, r Reproduction) error {
	return s.doVersion(ctx, "version.reproduced", name, version, func(m merged) any { return reproduced{version, r, m} })
}
