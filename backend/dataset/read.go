package dataset

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/index"
)

func notFound(err error) bool { return errs.Is(err, errs.NotFound) }

// Ref returns a snapshot's name for people, such as weather@2.
func Ref(dataset string, number int) string { return fmt.Sprintf("%s@%d", dataset, number) }

// List returns all datasets by name.
func (s *Service) List(ctx context.Context) ([]Dataset, error) {
	list, err := s.onRecord(ctx)
	settings := s.settings()
	for i, d := range list {
		list[i] = s.asDeclared(ctx, d, settings)
	}
	return list, err
}

// onRecord are the datasets that are on record.
func (s *Service) onRecord(ctx context.Context) ([]Dataset, error) {
	list := []Dataset{}
	err := s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		names, err := index.Column[string](tx, "SELECT name FROM dataset_sets WHERE "+notRemoved+" ORDER BY name")
		for _, name := range names {
			d, err := setRow(tx, name)
			if err != nil {
				return err
			}
			list = append(list, d)
		}
		return err
	})
	return list, err
}

// Get returns one dataset.
func (s *Service) Get(ctx context.Context, name string) (Dataset, error) {
	d, err := s.known(ctx, name)
	if notFound(err) {
		return s.declaredNow(ctx, name, err)
	}
	if err != nil {
		return d, err
	}
	return s.asDeclared(ctx, d, s.settings()), nil
}

// settings are what rondo.yaml says of the datasets as it lies there now; nothing where it cannot be read.
func (s *Service) settings() map[string]Setting {
	if s.opts.Declared == nil {
		return nil
	}
	all, err := s.opts.Declared()
	if err != nil {
		return nil
	}
	return all
}

// asDeclared is a dataset that is on record with the path that rondo.yaml has for it since a moment ago. What
// cannot be taken over is told where all of the file is.
func (s *Service) asDeclared(ctx context.Context, d Dataset, settings map[string]Setting) Dataset {
	in, ok := settings[d.Name]
	if !ok || in.Path == d.Path || s.declare(ctx, d.Name, in) != nil {
		return d
	}
	if now, err := s.known(ctx, d.Name); err == nil {
		return now
	}
	return d
}

// declaredNow is a dataset that rondo.yaml has named only a moment ago, else the error that was met without it.
func (s *Service) declaredNow(ctx context.Context, name string, unknown error) (Dataset, error) {
	if s.opts.Declared == nil {
		return Dataset{}, unknown
	}
	settings, err := s.opts.Declared()
	if err != nil {
		return Dataset{}, err
	}
	setting, ok := settings[name]
	if !ok {
		return Dataset{}, unknown
	}
	if err := s.declare(ctx, name, setting); err != nil {
		return Dataset{}, err
	}
	return s.known(ctx, name)
}

// known is a dataset that is on record.
func (s *Service) known(ctx context.Context, name string) (d Dataset, err error) {
	err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		d, err = setRow(tx, name)
		return err
	})
	return d, err
}

func setRow(tx *index.Tx, name string) (Dataset, error) {
	d := Dataset{Name: name}
	if err := hidden(tx, name); err != nil {
		return d, err
	}
	err := tx.QueryRow(`SELECT path, description, (SELECT count(*) FROM dataset_snapshots WHERE `+notForgotten+`dataset=name)
		FROM dataset_sets WHERE name=?`, name).Scan(&d.Path, &d.Desc, &d.Count)
	if errors.Is(err, sql.ErrNoRows) {
		return d, errs.New(errs.NotFound, "there is no dataset called %q", name).
			WithHint("`rondo data list` shows them; `rondo data add PATH` makes one")
	}
	if err != nil || d.Count == 0 {
		return d, err
	}
	latest, err := snapshotRow(tx, notForgotten+"dataset=? ORDER BY number DESC LIMIT 1", name)
	d.Latest = &latest
	return d, err
}

// Snapshots lists a dataset's snapshots, newest first.
func (s *Service) Snapshots(ctx context.Context, name string) (list []Snapshot, err error) {
	err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		if _, err := setRow(tx, name); err != nil {
			return err
		}
		list, err = snapshotRows(tx, notForgotten+"dataset=? ORDER BY number DESC", name)
		return err
	})
	return list, err
}

// Find returns a snapshot by id, name@number, name@v2, name@tag or name (the latest).
func (s *Service) Find(ctx context.Context, ref string) (snap Snapshot, err error) {
	name, number, tag, err := parseRef(ref)
	if err != nil {
		return snap, err
	}
	var none Dataset
	err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		if number == 0 && tag == "" {
			if snap, err = snapshotRow(tx, "id=?", ref); !notFound(err) {
				return err
			}
		}
		d, err := setRow(tx, name)
		switch {
		case err != nil:
			return err
		case number > 0:
			snap, err = snapshotRow(tx, notForgotten+"dataset=? AND number=?", name, number)
			if notFound(err) {
				return errs.New(errs.NotFound, "%s has no snapshot %d", name, number).WithHint("`rondo data log %s` lists them", name)
			}
			return err
		case tag != "":
			if snap, err = tagRow(tx, name, tag); tag != Latest || !notFound(err) {
				return err
			}
		}
		if d.Latest == nil {
			none = d
			return nil
		}
		snap = *d.Latest
		return nil
	})
	if none.Name != "" {
		return snap, s.notYet(ctx, none)
	}
	return snap, err
}

// parseRef splits name@number and name@tag; the number is 0 and the tag empty where there is none.
func parseRef(ref string) (name string, number int, tag string, err error) {
	name, version, given := strings.Cut(ref, "@")
	if !given {
		return name, 0, "", nil
	}
	number, err = strconv.Atoi(strings.TrimPrefix(version, "v"))
	if err != nil && checkTag(version) == nil {
		return name, 0, version, nil
	}
	if err != nil || number < 1 {
		return name, 0, "", errs.New(errs.Invalid, "%.80q names no snapshot", ref).WithHint("write NAME@NUMBER, such as weather@2, or NAME@TAG")
	}
	return name, number, "", nil
}

// ByContent returns the snapshots whose content is the tree or the single file with the digest.
func (s *Service) ByContent(ctx context.Context, digest string) (list []Snapshot, err error) {
	err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		list, err = snapshotRows(tx, notForgotten+"(tree=? OR content=?) ORDER BY dataset, number DESC", digest, digest)
		return err
	})
	return list, err
}

func snapshotRow(tx *index.Tx, where string, args ...any) (Snapshot, error) {
	var data string
	err := tx.QueryRow("SELECT data FROM dataset_snapshots WHERE "+where, args...).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return Snapshot{}, errs.New(errs.NotFound, "there is no such snapshot")
	}
	if err != nil {
		return Snapshot{}, err
	}
	var snap Snapshot
	return snap, json.Unmarshal([]byte(data), &snap)
}

func snapshotRows(tx *index.Tx, where string, args ...any) ([]Snapshot, error) {
	rows, err := index.Column[string](tx, "SELECT data FROM dataset_snapshots WHERE "+where, args...)
	list := make([]Snapshot, len(rows))
	for i, data := range rows {
		if err := json.Unmarshal([]byte(data), &list[i]); err != nil {
			return nil, err
		}
	}
	return list, err
}
