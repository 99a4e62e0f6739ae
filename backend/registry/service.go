package registry

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/ledger"
	"rondo/backend/store"
)

// Describe says what a model folder holds: its flavor and, if declared, its signature's JSON.
type Describe func(dir string) (flavor string, signature json.RawMessage, err error)

// Options say what a Service works with.
type Options struct {
	Ledger   *ledger.Ledger
	Store    *store.Store
	Device   string // this device's folder; versions are made readable below it
	Describe Describe
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
		return tagChange{version, key, value, remove}, err
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
func (s *Service) doVersion(ctx context.Context, kind, name string, version int, data any) error {
	_, err := s.opts.Ledger.Do(ctx, kind, name, func(tx *index.Tx) (any, error) {
		_, err := versionRow(tx, name, version)
		return data, err
	})
	return err
}

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
	dir := d.Dir
	if dir != "" {
		_, digest, err := s.opts.Store.PutTree(ctx, dir)
		if err != nil {
			return err
		}
		d.Digest = digest
	} else {
		var err error
		if dir, err = s.materialise(ctx, d.Digest); err != nil {
			return err
		}
	}
	tree, err := s.opts.Store.OpenTree(ctx, d.Digest)
	if err != nil {
		return err
	}
	if len(tree.Files) == 0 {
		return errs.New(errs.Invalid, "%s holds no files, so there is no model to register", d.Source)
	}
	d.Size = tree.Size()
	if _, ok := tree.Find("MLmodel"); ok && s.opts.Describe != nil {
		d.Flavor, d.Signature, err = s.opts.Describe(dir)
	}
	return err
}

// UpdateVersion sets a version's description.
func (s *Service) UpdateVersion(ctx context.Context, name string, version int, description string) error {
	return s.doVersion(ctx, "version.update", name, version, versionUpdate{Version: version, Description: &description})
}

// SetStage moves a version to one of MLflow's stages; with archive, the others leave it.
func (s *Service) SetStage(ctx context.Context, name string, version int, stage string, archive bool) error {
	_, err := s.opts.Ledger.Do(ctx, "version.update", name, func(tx *index.Tx) (any, error) {
		up := versionUpdate{Version: version, Stage: &stage}
		if _, err := versionRow(tx, name, version); err != nil || !archive {
			return up, err
		}
		rows, err := tx.Query("SELECT version FROM registry_versions WHERE model=? AND stage=? AND version<>? AND deleted=0", name, stage, version)
		if err != nil {
			return nil, err
		}
		defer rows.Close()
		for rows.Next() {
			var n int
			if err := rows.Scan(&n); err != nil {
				return nil, err
			}
			up.Archive = append(up.Archive, n)
		}
		return up, rows.Err()
	})
	return err
}

// DeleteVersion removes a version and the aliases that point at it.
func (s *Service) DeleteVersion(ctx context.Context, name string, version int) error {
	return s.doVersion(ctx, "version.delete", name, version, versionNumber{version})
}

// Reproduced stores the verdict of a repeated training with the version.
func (s *Service) Reproduced(ctx context.Context, name string, version int, r Reproduction) error {
	return s.doVersion(ctx, "version.reproduced", name, version, reproduced{version, r})
}

var aliasName = regexp.MustCompile(`^[\w\-]{1,255}$`)
var numberLike = regexp.MustCompile(`^[vV]\d+$`)

// Alias points an alias at a version, or removes it with version 0. The reason and
// the actor of ctx go into the history.
func (s *Service) Alias(ctx context.Context, name, alias string, version int, reason, decision string) (Move, error) {
	if !aliasName.MatchString(alias) || numberLike.MatchString(alias) || strings.EqualFold(alias, "latest") {
		return Move{}, errs.New(errs.Invalid, "%.80q cannot be an alias", alias).
			WithHint("use letters, digits, - and _; latest and v1, v2 … are taken")
	}
	var m Move
	rec, err := s.opts.Ledger.Do(ctx, "model.alias", name, func(tx *index.Tx) (any, error) {
		if _, err := modelRow(tx, name); err != nil {
			return nil, err
		}
		if version != 0 {
			if _, err := versionRow(tx, name, version); err != nil {
				return nil, err
			}
		}
		from := 0
		err := tx.QueryRow("SELECT version FROM registry_aliases WHERE model=? AND alias=?", name, alias).Scan(&from)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return nil, err
		}
		m = Move{Model: name, Alias: alias, From: from, To: version, Reason: reason, Decision: decision}
		return m, nil
	})
	m.At, m.By = rec.Time(), rec.By
	return m, err
}

// Try loads a version and answers an example with it, without serving it.
type Try func(ctx context.Context, model string, version int) error

// Rollback points the alias at the version it pointed at before, or at the given
// one, after try has shown that it still loads. Where it does not, nothing moves.
func (s *Service) Rollback(ctx context.Context, name, alias string, to int, reason string, try Try) (Move, error) {
	moves, err := s.History(ctx, name, alias)
	if err != nil {
		return Move{}, err
	}
	if to == 0 {
		if to, err = before(name, alias, moves); err != nil {
			return Move{}, err
		}
	}
	if try != nil {
		if err := try(ctx, name, to); err != nil {
			return Move{}, errs.Wrap(errs.Precondition, err, "version %d of %s was tried before the alias moves, and failed", to, name)
		}
	}
	return s.Alias(ctx, name, alias, to, reason, "")
}

// before finds the version that the alias pointed at before its present one.
func before(name, alias string, newestFirst []Move) (int, error) {
	for _, m := range newestFirst {
		if m.From != 0 && m.From != newestFirst[0].To {
			return m.From, nil
		}
	}
	return 0, errs.New(errs.Precondition, "alias %s of %s has no earlier version to go back to", alias, name)
}

// Live returns the version that an alias pointed at, at a moment; 0 if none.
func (s *Service) Live(ctx context.Context, name, alias string, at time.Time) (int, *Move, error) {
	moves, err := s.History(ctx, name, alias)
	if err != nil {
		return 0, nil, err
	}
	for _, m := range moves {
		if !m.At.After(at) {
			return m.To, &m, nil
		}
	}
	return 0, nil, nil
}

// Materialise returns a folder of this device with the version's verified files.
func (s *Service) Materialise(ctx context.Context, name string, version int) (string, error) {
	v, err := s.Version(ctx, name, version)
	if err != nil {
		return "", err
	}
	return s.materialise(ctx, v.Digest)
}

func (s *Service) modelsDir() string { return filepath.Join(s.opts.Device, "models") }
