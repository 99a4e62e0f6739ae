package trace

import (
	"encoding/json"

	"rondo/backend/index"
	"rondo/backend/journal"
)

// schema: text of a span is what a search for words looks through; sums are its
// numbers that count for the whole trace.
const schema = `
CREATE TABLE trace_traces (id TEXT PRIMARY KEY, experiment TEXT NOT NULL, client TEXT NOT NULL, time INTEGER NOT NULL, duration INTEGER, state TEXT NOT NULL,
  request TEXT, response TEXT, whole INTEGER NOT NULL, created INTEGER NOT NULL) STRICT;
CREATE INDEX trace_traces_experiment ON trace_traces (experiment, time);
CREATE TABLE trace_tags (trace TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (trace, key)) STRICT, WITHOUT ROWID;
CREATE TABLE trace_metadata (trace TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (trace, key)) STRICT, WITHOUT ROWID;
CREATE INDEX trace_tags_key ON trace_tags (key, value);
CREATE INDEX trace_metadata_key ON trace_metadata (key, value);
CREATE TABLE trace_spans (trace TEXT NOT NULL, id TEXT NOT NULL, parent TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, status TEXT NOT NULL,
  start INTEGER NOT NULL, end INTEGER NOT NULL, sums TEXT NOT NULL,
  text TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (trace, id)) STRICT, WITHOUT ROWID;
CREATE INDEX trace_spans_sums ON trace_spans (trace) WHERE sums<>'';
CREATE TABLE trace_assessments (trace TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL, valid INTEGER NOT NULL,
  created INTEGER NOT NULL, data TEXT NOT NULL, PRIMARY KEY (trace, id)) STRICT, WITHOUT ROWID;
CREATE TABLE trace_links (trace TEXT NOT NULL, kind TEXT NOT NULL, target TEXT NOT NULL, PRIMARY KEY (trace, kind, target)) STRICT, WITHOUT ROWID;
CREATE INDEX trace_links_target ON trace_links (kind, target);`

// tables hold what belongs to one trace, by its id.
var tables = []string{"trace_tags", "trace_metadata", "trace_spans", "trace_assessments", "trace_links"}

// Index returns the noun's part of the index.
func Index() index.Noun {
	return index.Noun{
		Name: "trace", Schema: schema, Tables: append([]string{"trace_traces"}, tables...),
		Apply: map[string]func(*index.Tx, journal.Record) error{
			"trace.start": apply(applyStart), "trace.spans": apply(applySpans), "trace.tag": apply(applyTag),
			"trace.delete": apply(applyDelete), "trace.link": apply(applyLink), "trace.carry": apply(applyCarried),
			"assessment.create": apply(applyAssessment), "assessment.update": apply(applyAssessmentUpdate), "assessment.delete": apply(applyAssessmentDelete),
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

// applyStart takes what the maker of a trace says of it: that counts more than what
// spans have told before.
func applyStart(tx *index.Tx, rec journal.Record, t Trace) error {
	_, err := tx.Exec(`INSERT INTO trace_traces VALUES (?,?,?,?,?,?,?,?,1,?) ON CONFLICT DO UPDATE SET experiment=excluded.experiment, client=excluded.client,
		time=excluded.time, duration=excluded.duration, state=excluded.state, request=coalesce(excluded.request, request),
		response=coalesce(excluded.response, response), whole=1`,
		t.ID, t.ExperimentID, t.ClientID, t.Time, t.Duration, t.State, t.Request, t.Response, millis(rec.Time()))
	if err != nil {
		return err
	}
	if err := setPairs(tx, "trace_metadata", t.ID, t.Metadata); err != nil {
		return err
	}
	if err := setPairs(tx, "trace_tags", t.ID, t.Tags); err != nil {
		return err
	}
	for _, a := range t.Assessments {
		if err := putAssessment(tx, a); err != nil {
			return err
		}
	}
	return nil
}

func setPairs(tx *index.Tx, table, id string, pairs map[string]string) error {
	for k, v := range pairs {
		if _, err := tx.Exec("INSERT INTO "+table+" VALUES (?,?,?) ON CONFLICT DO UPDATE SET value=excluded.value", id, k, v); err != nil {
			return err
		}
	}
	return nil
}

type tagRecord struct {
	Key    string `json:"key"`
	Value  string `json:"value"`
	Remove bool   `json:"remove,omitempty"`
}

func applyTag(tx *index.Tx, rec journal.Record, in tagRecord) error {
	if in.Remove {
		_, err := tx.Exec("DELETE FROM trace_tags WHERE trace=? AND key=?", rec.ID, in.Key)
		return err
	}
	return setPairs(tx, "trace_tags", rec.ID, map[string]string{in.Key: in.Value})
}

type deleteRecord struct {
	IDs []string `json:"ids"`
}

func applyDelete(tx *index.Tx, _ journal.Record, in deleteRecord) error {
	for _, id := range in.IDs {
		if _, err := tx.Exec("DELETE FROM trace_traces WHERE id=?", id); err != nil {
			return err
		}
		for _, t := range tables {
			if _, err := tx.Exec("DELETE FROM "+t+" WHERE trace=?", id); err != nil {
				return err
			}
		}
	}
	return nil
}

type linkRecord struct {
	Kind    string   `json:"kind"` // run or prompt
	Traces  []string `json:"traces"`
	Targets []string `json:"targets"` // a run's id, or name/version of a prompt
}

func applyLink(tx *index.Tx, _ journal.Record, in linkRecord) error {
	for _, t := range in.Traces {
		for _, target := range in.Targets {
			if _, err := tx.Exec("INSERT INTO trace_links VALUES (?,?,?) ON CONFLICT DO NOTHING", t, in.Kind, target); err != nil {
				return err
			}
		}
	}
	return nil
}
