package registry

import (
	"encoding/json"

	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/journal"
)

// Index is the registry's part of the index. Rows that others filter by have
// columns; the rest of a version is its JSON.
func Index() index.Noun {
	return index.Noun{
		Name: "registry",
		Schema: `
CREATE TABLE registry_models (name TEXT PRIMARY KEY, description TEXT NOT NULL, next INTEGER NOT NULL, deleted INTEGER NOT NULL,
  created INTEGER NOT NULL, updated INTEGER NOT NULL) STRICT;
CREATE TABLE registry_versions (model TEXT NOT NULL, version INTEGER NOT NULL, deleted INTEGER NOT NULL, key TEXT NOT NULL,
  run_id TEXT NOT NULL, digest TEXT NOT NULL, stage TEXT NOT NULL, updated INTEGER NOT NULL, data TEXT NOT NULL, PRIMARY KEY (model, version)) STRICT;
CREATE INDEX registry_versions_run ON registry_versions (run_id);
CREATE TABLE registry_tags (model TEXT NOT NULL, version INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (model, version, key)) STRICT;
CREATE TABLE registry_aliases (model TEXT NOT NULL, alias TEXT NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (model, alias)) STRICT;
CREATE TABLE registry_moves (model TEXT NOT NULL, alias TEXT NOT NULL, clock INTEGER NOT NULL, device TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (model, alias, clock, device)) STRICT;
CREATE TABLE registry_evidence (model TEXT NOT NULL, version INTEGER NOT NULL, clock INTEGER NOT NULL, device TEXT NOT NULL, data TEXT NOT NULL,
  PRIMARY KEY (model, version, clock, device)) STRICT;
CREATE TABLE registry_renumbered (model TEXT NOT NULL, device TEXT NOT NULL, said INTEGER NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (model, device, said)) STRICT, WITHOUT ROWID;`,
		Tables: []string{"registry_models", "registry_versions", "registry_tags", "registry_aliases", "registry_moves", "registry_evidence", "registry_renumbered"},
		Apply: map[string]func(*index.Tx, journal.Record) error{
			"model.create": applyModel, "model.update": applyUpdate, "model.delete": applyDelete, "model.rename": applyRename,
			"model.tag": applyTag, "model.alias": applyAlias, "model.evidence": applyEvidence,
			"version.create": applyVersion, "version.update": applyVersionUpdate, "version.delete": applyVersionDelete,
			"version.reproduced": applyReproduced,
			"model.carry":        applyCarriedModel, "version.carry": applyCarriedVersion,
		},
	}
}

func applyModel(tx *index.Tx, rec journal.Record) error {
	var in CreateModel
	if err := json.Unmarshal(rec.Data, &in); err != nil {
		return err
	}
	at := rec.Time().UnixMilli()
	_, err := tx.Exec(`INSERT INTO registry_models VALUES (?,?,1,0,?,?)
		ON CONFLICT (name) DO UPDATE SET description=excluded.description, deleted=0, created=excluded.created, updated=excluded.updated`,
		in.Name, in.Description, at, at)
	for k, v := range in.Tags {
		if err == nil {
			err = setTag(tx, in.Name, 0, k, v)
		}
	}
	return err
}

type modelUpdate struct {
	Description string `json:"description"`
}

func applyUpdate(tx *index.Tx, rec journal.Record) error {
	var in modelUpdate
	if err := json.Unmarshal(rec.Data, &in); err != nil {
		return err
	}
	_, err := tx.Exec("UPDATE registry_models SET description=?, updated=? WHERE name=?", in.Description, rec.Time().UnixMilli(), rec.ID)
	return err
}

// applyDelete keeps the row for its number: a later model of the name goes on counting.
func applyDelete(tx *index.Tx, rec journal.Record) error {
	for _, q := range []string{
		"UPDATE registry_models SET deleted=1 WHERE name=?", "UPDATE registry_versions SET deleted=1 WHERE model=?",
		"DELETE FROM registry_tags WHERE model=?", "DELETE FROM registry_aliases WHERE model=?",
	} {
		if _, err := tx.Exec(q, rec.ID); err != nil {
			return err
		}
	}
	return nil
}

type rename struct {
	To string `json:"to"`
}

func applyRename(tx *index.Tx, rec journal.Record) error {
	var in rename
	if err := json.Unmarshal(rec.Data, &in); err != nil {
		return err
	}
	for _, t := range []string{"registry_tags", "registry_aliases", "registry_renumbered"} {
		if _, err := tx.Exec("UPDATE "+t+" SET model=? WHERE model=?", in.To, rec.ID); err != nil {
			return err
		}
	}
	for _, t := range []string{"registry_versions", "registry_moves", "registry_evidence"} { // their JSON says the name as well
		if _, err := tx.Exec("UPDATE "+t+" SET model=?, data=json_set(data,'$.model',?) WHERE model=?", in.To, in.To, rec.ID); err != nil {
			return err
		}
	}
	_, err := tx.Exec("UPDATE registry_models SET name=?, updated=? WHERE name=?", in.To, rec.Time().UnixMilli(), rec.ID)
	return err
}

type tagChange struct {
	Version int    `json:"version,omitempty"` // 0: the model's own
	Key     string `json:"key"`
	Value   string `json:"value"`
	Remove  bool   `json:"remove,omitempty"`
	merged
}

func applyTag(tx *index.Tx, rec journal.Record) error {
	var in tagChange
	if err := json.Unmarshal(rec.Data, &in); err != nil {
		return err
	}
	number, err := in.meant(tx, rec, in.Version)
	if err != nil {
		return err
	}
	if in.Remove {
		_, err := tx.Exec("DELETE FROM registry_tags WHERE model=? AND version=? AND key=?", rec.ID, number, in.Key)
		return err
	}
	return setTag(tx, rec.ID, number, in.Key, in.Value)
}

func setTag(tx *index.Tx, model string, version int, key, value string) error {
	_, err := tx.Exec("INSERT INTO registry_tags VALUES (?,?,?,?) ON CONFLICT DO UPDATE SET value=excluded.value", model, version, key, value)
	return err
}

func applyVersion(tx *index.Tx, rec journal.Record) error {
	var in created
	if err := json.Unmarshal(rec.Data, &in); err != nil {
		return err
	}
	number, err := settle(tx, rec, in.Number)
	if err != nil {
		return err
	}
	at := rec.Time()
	v := Version{
		Model: in.Model, Version: number, Digest: in.Digest, Flavor: in.Flavor, Source: in.Source, RunID: in.RunID,
		ExecutionID: in.ExecutionID, SnapshotIDs: in.SnapshotIDs, Commit: in.Commit, Signature: in.Signature, Metrics: in.Metrics,
		Params: in.Params, Baseline: in.Baseline, Holdout: in.Holdout, Label: in.Label, Segment: in.Segment, Task: in.Task,
		Status: "READY", Stage: "None", Description: in.Description, Size: in.Size, Empty: in.Empty, CreatedAt: at, UpdatedAt: at, CreatedBy: rec.By,
	}
	if _, err := tx.Exec("INSERT INTO registry_versions VALUES (?,?,0,?,?,?,?,?,?)", v.Model, v.Version, in.Key, v.RunID, v.Digest.String(), v.Stage, at.UnixMilli(), text(v)); err != nil {
		return err
	}
	for k, val := range in.Tags {
		if err := setTag(tx, v.Model, v.Version, k, val); err != nil {
			return err
		}
	}
	// where another device has deleted the model, whose maker did not know, the version brings it back
	_, err = tx.Exec("UPDATE registry_models SET next=max(next, ?), updated=?, deleted=0 WHERE name=?", v.Version+1, at.UnixMilli(), v.Model)
	return err
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return "{}" // the types here always encode
	}
	return string(b)
}

type versionUpdate struct {
	Version     int     `json:"version"`
	Description *string `json:"description,omitempty"`
	Stage       *string `json:"stage,omitempty"`
	Archive     []int   `json:"archive,omitempty"` // versions that leave the same stage
	merged
}

func applyVersionUpdate(tx *index.Tx, rec journal.Record) error {
	var in versionUpdate
	if err := json.Unmarshal(rec.Data, &in); err != nil {
		return err
	}
	archived := "Archived"
	for _, n := range in.Archive {
		if err := change(tx, rec, n, in.merged, func(v *Version) { v.Stage = archived }); err != nil {
			return err
		}
	}
	return change(tx, rec, in.Version, in.merged, func(v *Version) {
		if in.Description != nil {
			v.Description = *in.Description
		}
		if in.Stage != nil {
			v.Stage = *in.Stage
		}
	})
}

// change rewrites a version's JSON.
func change(tx *index.Tx, rec journal.Record, number int, m merged, fn func(*Version)) error {
	number, err := m.meant(tx, rec, number)
	if err != nil {
		return err
	}
	var data string
	if err := tx.QueryRow("SELECT data FROM registry_versions WHERE model=? AND version=?", rec.ID, number).Scan(&data); err != nil {
		return err
	}
	var v Version
	if err := json.Unmarshal([]byte(data), &v); err != nil {
		return err
	}
	fn(&v)
	v.UpdatedAt = rec.Time()
	_, err = tx.Exec("UPDATE registry_versions SET data=?, stage=?, updated=? WHERE model=? AND version=?", text(v), v.Stage, v.UpdatedAt.UnixMilli(), rec.ID, number)
	return err
}

type versionNumber struct {
	Version int `json:"version"`
	merged
}

func applyVersionDelete(tx *index.Tx, rec journal.Record) error {
	var in versionNumber
	if err := json.Unmarshal(rec.Data, &in); err != nil {
		return err
	}
	number, err := in.meant(tx, rec, in.Version)
	if err != nil {
		return err
	}
	for _, q := range []string{
		"UPDATE registry_versions SET deleted=1 WHERE model=? AND version=?", "DELETE FROM registry_tags WHERE model=? AND version=?",
		"DELETE FROM registry_aliases WHERE model=? AND version=?",
	} {
		if _, err := tx.Exec(q, rec.ID, number); err != nil {
			return err
		}
	}
	return nil
}

// moved is the data of a model.alias record.
type moved struct {
	Move
	merged
}

func applyAlias(tx *index.Tx, rec journal.Record) error {
	var in moved
	if err := json.Unmarshal(rec.Data, &in); err != nil {
		return err
	}
	m := in.Move
	for _, n := range []*int{&m.From, &m.To} {
		var err error
		if *n, err = in.meant(tx, rec, *n); err != nil {
			return err
		}
	}
	m.At, m.By, m.Model = rec.Time(), rec.By, rec.ID
	if _, err := tx.Exec("INSERT INTO registry_moves VALUES (?,?,?,?,?)", m.Model, m.Alias, int64(rec.Clock), rec.Device, text(m)); err != nil {
		return err
	}
	if m.To == 0 {
		_, err := tx.Exec("DELETE FROM registry_aliases WHERE model=? AND alias=?", m.Model, m.Alias)
		return err
	}
	_, err := tx.Exec("INSERT INTO registry_aliases VALUES (?,?,?) ON CONFLICT DO UPDATE SET version=excluded.version", m.Model, m.Alias, m.To)
	return err
}

// found is the data of a model.evidence record.
type found struct {
	Evidence
	merged
}

func applyEvidence(tx *index.Tx, rec journal.Record) error {
	var in found
	if err := json.Unmarshal(rec.Data, &in); err != nil {
		return err
	}
	e := in.Evidence
	for _, n := range []*int{&e.Version, &e.Champion} {
		var err error
		if *n, err = in.meant(tx, rec, *n); err != nil {
			return err
		}
	}
	e.At, e.By = rec.Time(), rec.By
	_, err := tx.Exec("INSERT INTO registry_evidence VALUES (?,?,?,?,?)", rec.ID, e.Version, int64(rec.Clock), rec.Device, text(e))
	return err
}

type reproduced struct {
	Version int `json:"version"`
	Reproduction
	merged
}

func applyReproduced(tx *index.Tx, rec journal.Record) error {
	var in reproduced
	if err := json.Unmarshal(rec.Data, &in); err != nil {
		return err
	}
	in.At = rec.Time()
	return change(tx, rec, in.Version, in.merged, func(v *Version) { v.Reproduced = &in.Reproduction })
}

func notFound(format string, args ...any) *errs.Error {
	return errs.New(errs.NotFound, format, args...)
}
