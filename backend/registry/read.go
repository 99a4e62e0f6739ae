package registry

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"time"

	"rondo/backend/atomicfile"
	"rondo/backend/index"
	"rondo/backend/ref"
)

func modelRow(tx *index.Tx, name string) (Model, error) {
	m := Model{Name: name, Tags: map[string]string{}, Aliases: map[string]int{}}
	var created, updated int64
	err := tx.QueryRow(`SELECT description, created, updated,
		(SELECT count(*) FROM registry_versions WHERE model=name AND deleted=0),
		(SELECT coalesce(max(version),0) FROM registry_versions WHERE model=name AND deleted=0)
		FROM registry_models WHERE name=? AND deleted=0`, name).Scan(&m.Description, &created, &updated, &m.Versions, &m.Latest)
	if errors.Is(err, sql.ErrNoRows) {
		return m, notFound("there is no model called %q", name).WithHint("`rondo model list` shows them")
	}
	m.CreatedAt, m.UpdatedAt = time.UnixMilli(created).UTC(), time.UnixMilli(updated).UTC()
	return m, err
}

func fill(tx *index.Tx, m *Model) error {
	if err := tags(tx, m.Name, 0, m.Tags); err != nil {
		return err
	}
	rows, err := tx.Query("SELECT alias, version FROM registry_aliases WHERE model=?", m.Name)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var alias string
		var n int
		if err := rows.Scan(&alias, &n); err != nil {
			return err
		}
		m.Aliases[alias] = n
	}
	return rows.Err()
}

func tags(tx *index.Tx, model string, version int, into map[string]string) error {
	rows, err := tx.Query("SELECT key, value FROM registry_tags WHERE model=? AND version=?", model, version)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var k, v string
		if err := rows.Scan(&k, &v); err != nil {
			return err
		}
		into[k] = v
	}
	return rows.Err()
}

func versionRow(tx *index.Tx, name string, number int) (Version, error) {
	var data string
	err := tx.QueryRow("SELECT data FROM registry_versions WHERE model=? AND version=? AND deleted=0", name, number).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return Version{}, notFound("there is no version %d of model %q", number, name).WithHint("`rondo model show %s` lists them", name)
	}
	if err != nil {
		return Version{}, err
	}
	return parseVersion(tx, data)
}

func parseVersion(tx *index.Tx, data string) (Version, error) {
	v := Version{}
	if err := json.Unmarshal([]byte(data), &v); err != nil {
		return v, err
	}
	v.Tags, v.Aliases = map[string]string{}, []string{}
	if v.Metrics == nil {
		v.Metrics = map[string]float64{}
	}
	if v.Params == nil {
		v.Params = map[string]string{}
	}
	rows, err := tx.Query("SELECT alias FROM registry_aliases WHERE model=? AND version=? ORDER BY alias", v.Model, v.Version)
	if err != nil {
		return v, err
	}
	defer rows.Close()
	for rows.Next() {
		var a string
		if err := rows.Scan(&a); err != nil {
			return v, err
		}
		v.Aliases = append(v.Aliases, a)
	}
	return v, tags(tx, v.Model, v.Version, v.Tags)
}

// Model returns one model.
func (s *Service) Model(ctx context.Context, name string) (m Model, err error) {
	err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		if m, err = modelRow(tx, name); err != nil {
			return err
		}
		return fill(tx, &m)
	})
	return m, err
}

// Models lists all models by name.
func (s *Service) Models(ctx context.Context) (list []Model, err error) {
	list = []Model{}
	err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		names, err := index.Column[string](tx, "SELECT name FROM registry_models WHERE deleted=0 ORDER BY name")
		if err != nil {
			return err
		}
		for _, n := range names {
			m, err := modelRow(tx, n)
			if err == nil {
				err = fill(tx, &m)
			}
			if err != nil {
				return err
			}
			list = append(list, m)
		}
		return nil
	})
	return list, err
}

// Version returns one version.
func (s *Service) Version(ctx context.Context, name string, number int) (v Version, err error) {
	err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		v, err = versionRow(tx, name, number)
		return err
	})
	return v, err
}

// Versions lists a model's versions, newest first; with an empty name, those of all models.
func (s *Service) Versions(ctx context.Context, name string) ([]Version, error) {
	return s.versions(ctx, "SELECT data FROM registry_versions WHERE deleted=0 AND (?='' OR model=?) ORDER BY model, version DESC", name, name)
}

// OfRun lists the versions that came out of a run.
func (s *Service) OfRun(ctx context.Context, runID string) ([]Version, error) {
	return s.versions(ctx, "SELECT data FROM registry_versions WHERE deleted=0 AND run_id=? ORDER BY model, version DESC", runID)
}

func (s *Service) versions(ctx context.Context, query string, args ...any) ([]Version, error) {
	list := []Version{}
	err := s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		rows, err := index.Column[string](tx, query, args...)
		if err != nil {
			return err
		}
		for _, data := range rows {
			v, err := parseVersion(tx, data)
			if err != nil {
				return err
			}
			list = append(list, v)
		}
		return nil
	})
	return list, err
}

// Resolve returns the version that an alias points at.
func (s *Service) Resolve(ctx context.Context, name, alias string) (number int, err error) {
	err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		if _, err := modelRow(tx, name); err != nil {
			return err
		}
		err := tx.QueryRow("SELECT version FROM registry_aliases WHERE model=? AND alias=?", name, alias).Scan(&number)
		if errors.Is(err, sql.ErrNoRows) {
			return notFound("model %q has no alias %q", name, alias)
		}
		return err
	})
	return number, err
}

// History lists the moves of an alias, or of all with an empty one, newest first.
func (s *Service) History(ctx context.Context, name, alias string) ([]Move, error) {
	list := []Move{}
	err := s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		if _, err := modelRow(tx, name); err != nil {
			return err
		}
		rows, err := index.Column[string](tx, "SELECT data FROM registry_moves WHERE model=? AND (?='' OR alias=?) ORDER BY clock DESC, device DESC", name, alias, alias)
		for _, data := range rows {
			var m Move
			if err := json.Unmarshal([]byte(data), &m); err != nil {
				return err
			}
			list = append(list, m)
		}
		return err
	})
	return list, err
}

// materialise writes a tree into the device's cache unless it is there already.
// The folder appears under its name only when every file has been verified.
func (s *Service) materialise(ctx context.Context, d ref.Digest) (string, error) {
	dir := filepath.Join(s.modelsDir(), d.String())
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	if err := os.MkdirAll(s.modelsDir(), 0o700); err != nil {
		return "", err
	}
	tmp, err := os.MkdirTemp(s.modelsDir(), ".tmp")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(tmp)
	if err := s.opts.Store.CheckoutTree(ctx, d, tmp); err != nil {
		return "", err
	}
	if err := os.Rename(tmp, dir); err != nil && !os.IsExist(err) {
		if _, e := os.Stat(dir); e != nil {
			return "", err
		}
	}
	return dir, atomicfile.SyncDir(s.modelsDir())
}
