package evaluation

import (
	"encoding/json"
	"maps"
	"slices"

	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/journal"
)

const schema = `
CREATE TABLE evaluation_datasets (id TEXT PRIMARY KEY, data TEXT NOT NULL) STRICT;
CREATE TABLE evaluation_records (dataset TEXT NOT NULL, inputs TEXT NOT NULL, id TEXT NOT NULL, created INTEGER NOT NULL, data TEXT NOT NULL, PRIMARY KEY (dataset, inputs)) STRICT, WITHOUT ROWID;
CREATE INDEX evaluation_records_id ON evaluation_records (dataset, created, id);
CREATE TABLE evaluation_scorers (experiment TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL, data TEXT NOT NULL, PRIMARY KEY (experiment, name, version)) STRICT, WITHOUT ROWID;
CREATE TABLE evaluation_numbers (experiment TEXT NOT NULL, name TEXT NOT NULL, id TEXT NOT NULL, last INTEGER NOT NULL, PRIMARY KEY (experiment, name)) STRICT, WITHOUT ROWID;`

// Index returns the noun's part of the index.
func Index() index.Noun {
	return index.Noun{
		Name: "evaluation", Schema: schema, Tables: []string{"evaluation_datasets", "evaluation_records", "evaluation_scorers", "evaluation_numbers"},
		Apply: map[string]func(*index.Tx, journal.Record) error{
			"evaluation.create": apply(applyCreate), "evaluation.change": apply(applyChange), "evaluation.delete": applyDelete,
			"evaluation.records": apply(applyRecords), "evaluation.carry": apply(applyCarried), "evaluation.drop": apply(applyDrop),
			"scorer.register": apply(applyScorer), "scorer.delete": apply(applyScorerDelete),
		},
	}
}

// apply decodes a record's data for fn.
func apply[T any](fn func(*index.Tx, journal.Record, T) error) func(*index.Tx, journal.Record) error {
	return func(tx *index.Tx, rec journal.Record) error {
		var in T
		if err := json.Unmarshal(rec.Data, &in); err != nil {
			return err
		}
		return fn(tx, rec, in)
	}
}

func applyCreate(tx *index.Tx, _ journal.Record, d Dataset) error { return putDataset(tx, d) }

func putDataset(tx *index.Tx, d Dataset) error {
	b, err := json.Marshal(d)
	if err == nil {
		_, err = tx.Exec("INSERT INTO evaluation_datasets VALUES (?,?) ON CONFLICT DO UPDATE SET data=excluded.data", d.ID, string(b))
	}
	return err
}

// Change is what happens to a dataset beside its records.
type Change struct {
	Tags  map[string]string `json:"tags,omitempty"`
	Untag string            `json:"untag,omitempty"`
	Join  []string          `json:"join,omitempty"` // experiments that it belongs to from here on
	Leave []string          `json:"leave,omitempty"`
}

// change loads a dataset, lets fn change it and stores it. One that another device
// has deleted stays so.
func change(tx *index.Tx, id string, at int64, fn func(*Dataset) error) error {
	d, err := datasetByID(tx, id)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err == nil {
		err = fn(&d)
	}
	if err != nil {
		return err
	}
	d.Updated = at
	return putDataset(tx, d)
}

func applyChange(tx *index.Tx, rec journal.Record, c Change) error {
	return change(tx, rec.ID, rec.Time().UnixMilli(), func(d *Dataset) error {
		if d.Tags == nil {
			d.Tags = map[string]string{}
		}
		maps.Copy(d.Tags, c.Tags)
		delete(d.Tags, c.Untag)
		if user := c.Tags[userTag]; user != "" {
			d.UpdatedBy = user
		}
		for _, id := range c.Join {
			if !slices.Contains(d.ExperimentIDs, id) {
				d.ExperimentIDs = append(d.ExperimentIDs, id)
			}
		}
		d.ExperimentIDs = slices.DeleteFunc(d.ExperimentIDs, func(id string) bool { return slices.Contains(c.Leave, id) })
		return nil
	})
}

func applyDelete(tx *index.Tx, rec journal.Record) error {
	_, err := tx.Exec("DELETE FROM evaluation_datasets WHERE id=?", rec.ID)
	if err == nil {
		_, err = tx.Exec("DELETE FROM evaluation_records WHERE dataset=?", rec.ID)
	}
	return err
}

type recordsRecord struct {
	Records []Record `json:"records"`
}

func applyRecords(tx *index.Tx, rec journal.Record, in recordsRecord) error {
	return change(tx, rec.ID, rec.Time().UnixMilli(), func(d *Dataset) error {
		for _, r := range in.Records {
			fresh, err := putRecord(tx, d.ID, r)
			if err != nil {
				return err
			}
			if fresh {
				d.Records++
			}
			if r.UpdatedBy != "" {
				d.UpdatedBy = r.UpdatedBy
			}
			d.Schema = widened(d.Schema, r)
		}
		return nil
	})
}

func putRecord(tx *index.Tx, dataset string, r Record) (fresh bool, err error) {
	key := r.key()
	old, err := recordByKey(tx, dataset, key)
	if fresh = errs.Is(err, errs.NotFound); !fresh && err != nil {
		return false, err
	}
	if !fresh {
		r = old.merged(r)
	}
	b, err := json.Marshal(r)
	if err == nil {
		_, err = tx.Exec("INSERT INTO evaluation_records VALUES (?,?,?,?,?) ON CONFLICT DO UPDATE SET data=excluded.data", dataset, key, r.ID, r.Created, string(b))
	}
	return fresh, err
}

type dropRecord struct {
	IDs []string `json:"ids"`
}

func applyDrop(tx *index.Tx, rec journal.Record, in dropRecord) error {
	return change(tx, rec.ID, rec.Time().UnixMilli(), func(d *Dataset) error {
		for _, id := range in.IDs {
			res, err := tx.Exec("DELETE FROM evaluation_records WHERE dataset=? AND id=?", d.ID, id)
			if err != nil {
				return err
			}
			n, err := res.RowsAffected()
			if err != nil {
				return err
			}
			d.Records -= int(n)
		}
		return nil
	})
}
