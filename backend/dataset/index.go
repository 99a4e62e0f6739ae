package dataset

import (
	"encoding/json"
	"time"

	"rondo/backend/index"
	"rondo/backend/journal"
	"rondo/backend/ref"
)

// Index returns the noun's part of the index.
func Index() index.Noun {
	return index.Noun{
		Name: "dataset",
		Schema: `
CREATE TABLE dataset_sets (name TEXT PRIMARY KEY, path TEXT NOT NULL, description TEXT NOT NULL, next INTEGER NOT NULL) STRICT;
CREATE TABLE dataset_snapshots (id TEXT PRIMARY KEY, dataset TEXT NOT NULL, number INTEGER NOT NULL, tree TEXT NOT NULL, content TEXT NOT NULL,
  data TEXT NOT NULL, UNIQUE (dataset, number)) STRICT;
CREATE INDEX dataset_snapshots_tree ON dataset_snapshots (tree);
CREATE INDEX dataset_snapshots_content ON dataset_snapshots (content);` + tagSchema + forgottenSchema + removedSchema,
		Tables: []string{"dataset_sets", "dataset_snapshots", "dataset_tags", "dataset_forgotten", "dataset_removed"},
		Apply: map[string]func(*index.Tx, journal.Record) error{
			"dataset.add": applySet, "dataset.change": applySet,
			"dataset.remove": applyRemove, "dataset.restore": applyRestore,
			"snapshot.create": applySnapshot, "snapshot.profile": applyProfile, "snapshot.fetch": applyFetch,
			"snapshot.tag": applyTag, "snapshot.forget": applyForget,
		},
	}
}

// set is the data of a dataset.add or dataset.change record.
type set struct {
	Path string `json:"path"`
	Desc string `json:"desc,omitempty"`
}

func applySet(tx *index.Tx, rec journal.Record) error {
	var in set
	if err := json.Unmarshal(rec.Data, &in); err != nil {
		return err
	}
	if _, err := tx.Exec("DELETE FROM dataset_removed WHERE name=?", rec.ID); err != nil { // who adds it again means it
		return err
	}
	_, err := tx.Exec(`INSERT INTO dataset_sets VALUES (?,?,?,1)
		ON CONFLICT (name) DO UPDATE SET path=excluded.path, description=excluded.description`, rec.ID, in.Path, in.Desc)
	return err
}

// applySnapshot gives the snapshot its number. Two devices that were apart may both
// have taken the next one; then the later record moves on to the first that is free.
func applySnapshot(tx *index.Tx, rec journal.Record) error {
	var snap Snapshot
	if err := json.Unmarshal(rec.Data, &snap); err != nil {
		return err
	}
	if _, err := snapshotRow(tx, "id=?", rec.ID); !notFound(err) {
		if err != nil {
			return err
		}
		return widen(tx, rec.ID, snap.Fetched) // two devices have it: one took it, the other fetched it from a remote
	}
	var next int
	if err := tx.QueryRow("SELECT coalesce(max(next), 1) FROM dataset_sets WHERE name=?", snap.Dataset).Scan(&next); err != nil {
		return err
	}
	snap.ID, snap.Number = rec.ID, max(snap.Number, next)
	snap.taken(rec)
	if _, err := tx.Exec("UPDATE dataset_sets SET next=? WHERE name=?", snap.Number+1, snap.Dataset); err != nil {
		return err
	}
	return put(tx, snap)
}

// taken says when and by whom a snapshot was taken: as its record does, unless it was fetched and
// taken before.
func (snap *Snapshot) taken(rec journal.Record) {
	if snap.CreatedAt.IsZero() {
		snap.CreatedAt, snap.CreatedBy = rec.Time().UTC().Truncate(time.Millisecond), rec.By
	}
}

func put(tx *index.Tx, snap Snapshot) error {
	b, err := json.Marshal(snap)
	if err != nil {
		return err
	}
	_, err = tx.Exec("INSERT OR REPLACE INTO dataset_snapshots VALUES (?,?,?,?,?,?)",
		snap.ID, snap.Dataset, snap.Number, snap.Tree.String(), snap.Content.String(), string(b))
	return err
}

// profileMade is the data of a snapshot.profile record.
type profileMade struct {
	Profile ref.Digest `json:"profile"`
	Rows    int64      `json:"rows"`
}

func applyProfile(tx *index.Tx, rec journal.Record) error {
	var in profileMade
	if err := json.Unmarshal(rec.Data, &in); err != nil {
		return err
	}
	return change(tx, rec.ID, func(snap *Snapshot) { snap.Profile, snap.Rows = in.Profile, in.Rows })
}

// change puts something into the row of a snapshot, unless that is on a device whose records
// are not here yet.
func change(tx *index.Tx, id string, fn func(*Snapshot)) error {
	snap, err := snapshotRow(tx, "id=?", id)
	if notFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	fn(&snap)
	return put(tx, snap)
}
