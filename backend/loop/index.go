package loop

import (
	"encoding/json"
	"time"

	"rondo/backend/index"
	"rondo/backend/journal"
)

// Index is the decisions' part of the index.
func Index() index.Noun {
	return index.Noun{
		Name: "loop",
		Schema: `
CREATE TABLE loop_decisions (id TEXT PRIMARY KEY, trigger TEXT NOT NULL, model TEXT NOT NULL, state TEXT NOT NULL,
  execution TEXT NOT NULL, opened INTEGER NOT NULL, data TEXT NOT NULL) STRICT;
CREATE INDEX loop_decisions_opened ON loop_decisions (opened);
CREATE INDEX loop_decisions_trigger ON loop_decisions (trigger, opened);
CREATE TABLE loop_schedules (trigger TEXT PRIMARY KEY, cron TEXT NOT NULL, since INTEGER NOT NULL) STRICT;`,
		Tables: []string{"loop_decisions", "loop_schedules"},
		Apply: map[string]func(*index.Tx, journal.Record) error{
			"decision.open": applyOpen, "decision.answer": applyAnswer, "decision.step": applyStep, "decision.close": applyClose,
			"schedule.seen": applySeen,
		},
	}
}

func applyOpen(tx *index.Tx, rec journal.Record) error {
	var d Decision
	if err := json.Unmarshal(rec.Data, &d); err != nil {
		return err
	}
	d.ID, d.OpenedAt, d.OpenedBy = rec.ID, rec.Time(), rec.By
	if !d.Open() {
		d.ClosedAt = d.OpenedAt
	}
	data, err := json.Marshal(d)
	if err != nil {
		return err
	}
	_, err = tx.Exec("INSERT INTO loop_decisions VALUES (?,?,?,?,?,?,?) ON CONFLICT DO NOTHING",
		d.ID, d.Trigger, d.Model, d.State, d.ExecutionID, int64(rec.Clock), string(data))
	return err
}

func applyAnswer(tx *index.Tx, rec journal.Record) error {
	var a Answer
	if err := json.Unmarshal(rec.Data, &a); err != nil {
		return err
	}
	a.By, a.At = rec.By, rec.Time()
	return change(tx, rec, func(d *Decision) {
		d.Answer, d.State = &a, Running
		if !a.Approved {
			d.close(Rejected, a.Reason, a.At)
		}
	})
}

func applyStep(tx *index.Tx, rec journal.Record) error {
	var s Step
	if err := json.Unmarshal(rec.Data, &s); err != nil {
		return err
	}
	s.At = rec.Time()
	return change(tx, rec, func(d *Decision) {
		d.Steps = append(d.Steps, s)
		if s.SnapshotID != "" {
			d.SnapshotID = s.SnapshotID
		}
		if s.ExecutionID != "" {
			d.ExecutionID = s.ExecutionID
		}
		if s.Version != 0 {
			d.Version = s.Version
		}
		if s.Champion != nil {
			d.Champion = *s.Champion
		}
	})
}

type closing struct {
	State string `json:"state"`
	Text  string `json:"text"`
}

func applyClose(tx *index.Tx, rec journal.Record) error {
	var c closing
	if err := json.Unmarshal(rec.Data, &c); err != nil {
		return err
	}
	return change(tx, rec, func(d *Decision) { d.close(c.State, c.Text, rec.Time()) })
}

func (d *Decision) close(state, text string, at time.Time) {
	d.State, d.Text, d.ClosedAt = state, text, at
}

// change rewrites a decision's row.
func change(tx *index.Tx, rec journal.Record, fn func(*Decision)) error {
	d, err := row(tx, rec.ID)
	if err != nil {
		return err
	}
	fn(&d)
	data, err := json.Marshal(d)
	if err != nil {
		return err
	}
	_, err = tx.Exec("UPDATE loop_decisions SET state=?, execution=?, data=? WHERE id=?", d.State, d.ExecutionID, string(data), d.ID)
	return err
}
