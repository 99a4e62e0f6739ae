package serve

import (
	"encoding/json"

	"rondo/backend/index"
	"rondo/backend/journal"
)

// Index returns serving's part of the index. dir is the project folder, whose
// capture files the rows of captures are rebuilt from.
func Index(dir string) index.Noun {
	return index.Noun{
		Name: "serve",
		Schema: `
CREATE TABLE serve_endpoints (name TEXT PRIMARY KEY, data TEXT NOT NULL, created INTEGER NOT NULL, by TEXT NOT NULL) STRICT;
CREATE TABLE serve_live (endpoint TEXT NOT NULL, clock INTEGER NOT NULL, device TEXT NOT NULL, model TEXT NOT NULL, version INTEGER NOT NULL, digest TEXT NOT NULL,
  PRIMARY KEY (endpoint, clock, device)) STRICT;
CREATE TABLE serve_captures (endpoint TEXT NOT NULL, at INTEGER NOT NULL, device TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL,
  file INTEGER NOT NULL, block INTEGER NOT NULL, line INTEGER NOT NULL, PRIMARY KEY (endpoint, at, device)) STRICT, WITHOUT ROWID;
CREATE INDEX serve_captures_id ON serve_captures (endpoint, id);
CREATE TABLE serve_truth (endpoint TEXT NOT NULL, id TEXT NOT NULL, at INTEGER NOT NULL, device TEXT NOT NULL, file INTEGER NOT NULL, revision INTEGER NOT NULL,
  data TEXT NOT NULL, PRIMARY KEY (endpoint, id, device, file)) STRICT, WITHOUT ROWID;
CREATE TABLE serve_files (device TEXT NOT NULL, file INTEGER NOT NULL, size INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
  PRIMARY KEY (device, file)) STRICT;`,
		Tables: []string{"serve_endpoints", "serve_live", "serve_captures", "serve_truth", "serve_files"},
		Apply: map[string]func(*index.Tx, journal.Record) error{
			"endpoint.create": applyCreate, "endpoint.deploy": applyDeploy, "endpoint.delete": applyDelete, "endpoint.live": applyLive,
		},
		Refresh: func(tx *index.Tx) error {
			_, err := catchUp(tx, capturesDir(dir))
			return err
		},
	}
}

func applyCreate(tx *index.Tx, rec journal.Record) error {
	var spec Spec
	if err := json.Unmarshal(rec.Data, &spec); err != nil {
		return err
	}
	_, err := tx.Exec("INSERT INTO serve_endpoints VALUES (?,?,?,?) ON CONFLICT DO UPDATE SET data=excluded.data, created=excluded.created, by=excluded.by",
		rec.ID, string(rec.Data), rec.Time().UnixMilli(), rec.By)
	return err
}

func applyDeploy(tx *index.Tx, rec journal.Record) error {
	var to Target
	if err := json.Unmarshal(rec.Data, &to); err != nil {
		return err
	}
	var data string
	if err := tx.QueryRow("SELECT data FROM serve_endpoints WHERE name=?", rec.ID).Scan(&data); err != nil {
		return nil // another device removed it first
	}
	var spec Spec
	if err := json.Unmarshal([]byte(data), &spec); err != nil {
		return err
	}
	spec.Target = to
	b, err := json.Marshal(spec)
	if err != nil {
		return err
	}
	_, err = tx.Exec("UPDATE serve_endpoints SET data=? WHERE name=?", string(b), rec.ID)
	return err
}

func applyDelete(tx *index.Tx, rec journal.Record) error {
	_, err := tx.Exec("DELETE FROM serve_endpoints WHERE name=?", rec.ID)
	return err
}

// liveRecord says which version began to answer on an endpoint.
type liveRecord struct {
	Model   string `json:"model"`
	Version int    `json:"version"`
	Digest  string `json:"digest"`
}

func applyLive(tx *index.Tx, rec journal.Record) error {
	var in liveRecord
	if err := json.Unmarshal(rec.Data, &in); err != nil {
		return err
	}
	_, err := tx.Exec("INSERT INTO serve_live VALUES (?,?,?,?,?,?)", rec.ID, int64(rec.Clock), rec.Device, in.Model, in.Version, in.Digest)
	return err
}
