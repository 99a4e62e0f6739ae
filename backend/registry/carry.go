package registry

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/journal"
)

// carriedModel is a model with the times of the store that it comes from.
type carriedModel struct {
	CreateModel
	Created int64 `json:"created_ms"`
	Updated int64 `json:"updated_ms"`
	Next    int   `json:"next,omitempty"` // the least number of the next version: others were used and deleted there
}

// Carry brings a model in from another tool's store, or adds to the one of its name.
// Numbers below next are not given to versions that are made later.
func (s *Service) Carry(ctx context.Context, m Model, next int) error {
	if err := checkName("model", m.Name); err != nil {
		return err
	}
	rec := carriedModel{CreateModel{m.Name, m.Description, m.Tags}, m.CreatedAt.UnixMilli(), m.UpdatedAt.UnixMilli(), next}
	_, err := s.opts.Ledger.Do(ctx, "model.carry", m.Name, func(*index.Tx) (any, error) { return rec, nil })
	return err
}

func applyCarriedModel(tx *index.Tx, rec journal.Record) error {
	var in carriedModel
	if err := json.Unmarshal(rec.Data, &in); err != nil {
		return err
	}
	_, err := tx.Exec(`INSERT INTO registry_models VALUES (?,?,?,0,?,?) ON CONFLICT (name) DO UPDATE SET
		description=CASE WHEN excluded.description='' AND deleted=0 THEN description ELSE excluded.description END,
		next=max(next, excluded.next), created=CASE WHEN deleted=1 THEN excluded.created ELSE min(created, excluded.created) END,
		updated=max(updated, excluded.updated), deleted=0`, in.Name, in.Description, max(1, in.Next), in.Created, in.Updated)
	for k, v := range in.Tags {
		if err == nil {
			err = setTag(tx, in.Name, 0, k, v)
		}
	}
	return err
}

// CarryVersion asks for a version that another tool's store has.
type CarryVersion struct {
	CreateVersion           // its Key tells it apart from all others, also at the next time
	Number        int       // that it has there
	Status, Stage string    // as MLflow says them
	By            string    // who made it
	CreatedAt     time.Time // as there
	UpdatedAt     time.Time
}

type carriedVersion struct {
	created
	Status  string `json:"status"`
	Stage   string `json:"stage"`
	By      string `json:"by,omitempty"`
	Created int64  `json:"created_ms"`
	Updated int64  `json:"updated_ms"`
	merged
}

// CarryVersion brings a version in, with its number where no other one has it. A
// second time it brings what has changed of its description, stage and tags, unless
// there is neither content nor such a version. It returns the number here.
func (s *Service) CarryVersion(ctx context.Context, in CarryVersion) (number int, fresh bool, err error) {
	err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		if number = sameKey(tx, in.Model, in.Key); number == 0 {
			return nil
		}
		there, err := versionRow(tx, in.Model, number)
		in.Digest = there.Digest
		return err
	})
	if err != nil {
		return 0, false, err
	}
	rec := carriedVersion{
		created: created{CreateVersion: in.CreateVersion, Number: number}, Status: in.Status, Stage: in.Stage, By: in.By,
		Created: in.CreatedAt.UnixMilli(), Updated: in.UpdatedAt.UnixMilli(),
	}
	if fresh = number == 0; fresh {
		if err := s.describe(ctx, &rec.created); err != nil && (rec.Digest.IsZero() || rec.Size == 0 && !rec.Empty) {
			return 0, true, err
		}
	}
	_, err = s.opts.Ledger.Do(ctx, "version.carry", in.Model, func(tx *index.Tx) (any, error) {
		if rec.Number > 0 {
			var err error
			rec.merged, err = s.merged(tx, in.Model, rec.Number)
			return rec, err
		}
		rec.Number = in.Number
		var n int
		err := tx.QueryRow("SELECT count(*) FROM registry_versions WHERE model=? AND version=?", in.Model, in.Number).Scan(&n)
		if err == nil && (n > 0 || in.Number < 1) { // another one's, perhaps deleted
			err = tx.QueryRow("SELECT next FROM registry_models WHERE name=?", in.Model).Scan(&rec.Number)
		}
		if errors.Is(err, sql.ErrNoRows) {
			err = errs.New(errs.NotFound, "there is no model called %q", in.Model)
		}
		return rec, err
	})
	return rec.Number, fresh, err
}

func applyCarriedVersion(tx *index.Tx, rec journal.Record) error {
	var in carriedVersion
	if err := json.Unmarshal(rec.Data, &in); err != nil {
		return err
	}
	number, err := in.meant(tx, rec, in.Number)
	if err != nil {
		return err
	}
	v := Version{
		Model: in.Model, Version: number, Digest: in.Digest, Flavor: in.Flavor, Source: in.Source, RunID: in.RunID,
		Signature: in.Signature, Metrics: in.Metrics, Params: in.Params, Status: in.Status, Stage: in.Stage, Description: in.Description,
		Size: in.Size, Empty: in.Empty, CreatedAt: time.UnixMilli(in.Created).UTC(), UpdatedAt: time.UnixMilli(in.Updated).UTC(), CreatedBy: in.By,
	}
	var data string
	err = tx.QueryRow("SELECT data FROM registry_versions WHERE model=? AND version=? AND key=?", in.Model, number, in.Key).Scan(&data)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		if v.Version, err = settle(tx, rec, number); err != nil {
			return err
		}
		_, err = tx.Exec("INSERT INTO registry_versions VALUES (?,?,0,?,?,?,?,?,?)", v.Model, v.Version, in.Key, v.RunID, v.Digest.String(), v.Stage, in.Updated, text(v))
	case err == nil:
		err = changeCarried(tx, data, v)
	}
	for k, val := range in.Tags {
		if err == nil {
			err = setTag(tx, v.Model, v.Version, k, val)
		}
	}
	if err != nil {
		return err
	}
	_, err = tx.Exec("UPDATE registry_models SET next=max(next, ?) WHERE name=?", v.Version+1, v.Model)
	return err
}

// changeCarried brings what can change of a version; its content never does.
func changeCarried(tx *index.Tx, data string, to Version) error {
	var v Version
	if err := json.Unmarshal([]byte(data), &v); err != nil {
		return err
	}
	v.Stage, v.Status, v.UpdatedAt = to.Stage, to.Status, to.UpdatedAt
	if to.Description != "" {
		v.Description = to.Description
	}
	_, err := tx.Exec("UPDATE registry_versions SET data=?, stage=?, updated=? WHERE model=? AND version=? AND deleted=0", text(v), v.Stage, v.UpdatedAt.UnixMilli(), v.Model, v.Version)
	return err
}
