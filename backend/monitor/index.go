package monitor

import (
	"database/sql"
	"encoding/json"
	"errors"

	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/journal"
)

// Index is monitoring's part of the index. Two devices may have counted windows
// with the same number before they saw each other's records, so only ids are unique.
func Index() index.Noun {
	return index.Noun{
		Name: "monitor",
		Schema: `
CREATE TABLE monitor_windows (id TEXT PRIMARY KEY, monitor TEXT NOT NULL, number INTEGER NOT NULL, model TEXT NOT NULL, version INTEGER NOT NULL,
  status TEXT NOT NULL, data TEXT NOT NULL) STRICT;
CREATE INDEX monitor_windows_number ON monitor_windows (monitor, number);
CREATE TABLE monitor_positions (monitor TEXT NOT NULL, model TEXT NOT NULL, version INTEGER NOT NULL, cursor TEXT NOT NULL,
  PRIMARY KEY (monitor, model, version)) STRICT;
CREATE TABLE monitor_quality (window TEXT NOT NULL, revision INTEGER NOT NULL, monitor TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (window, revision)) STRICT;
CREATE TABLE monitor_alerts (id TEXT PRIMARY KEY, monitor TEXT NOT NULL, kind TEXT NOT NULL, status TEXT NOT NULL, opened INTEGER NOT NULL, data TEXT NOT NULL) STRICT;`,
		Tables: []string{"monitor_windows", "monitor_positions", "monitor_quality", "monitor_alerts"},
		Apply: map[string]func(*index.Tx, journal.Record) error{
			recWindow: applyWindow, recQuality: applyQuality,
			recRaised: applyRaised, recAcknowledged: applyAcknowledged, recResolved: applyResolved,
		},
	}
}

// Record kinds, which are also the kinds of the events that go out.
const (
	recWindow       = "monitor.window"
	recQuality      = "monitor.quality"
	recRaised       = "alert.raised"
	recAcknowledged = "alert.acknowledged"
	recResolved     = "alert.resolved"
)

// applyWindow takes a window once; where two devices computed the same one, the first counts.
func applyWindow(tx *index.Tx, rec journal.Record) error {
	var w Window
	if err := json.Unmarshal(rec.Data, &w); err != nil {
		return err
	}
	res, err := tx.Exec("INSERT INTO monitor_windows VALUES (?,?,?,?,?,?,?) ON CONFLICT (id) DO NOTHING",
		w.ID, w.Monitor, w.Number, w.Model, w.Version, w.Status, string(rec.Data))
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return err
	}
	_, err = tx.Exec("INSERT INTO monitor_positions VALUES (?,?,?,?) ON CONFLICT DO UPDATE SET cursor=excluded.cursor",
		w.Monitor, w.Model, w.Version, w.Until)
	return err
}

func applyQuality(tx *index.Tx, rec journal.Record) error {
	var q Quality
	if err := json.Unmarshal(rec.Data, &q); err != nil {
		return err
	}
	_, err := tx.Exec("INSERT INTO monitor_quality VALUES (?,?,?,?) ON CONFLICT DO UPDATE SET data=excluded.data",
		q.WindowID, q.Revision, q.Monitor, string(rec.Data))
	return err
}

func applyRaised(tx *index.Tx, rec journal.Record) error {
	var a Alert
	if err := json.Unmarshal(rec.Data, &a); err != nil {
		return err
	}
	a.Status, a.OpenedAt = AlertOpen, rec.Time()
	a.History = []AlertEvent{{At: rec.Time(), By: rec.By, Action: "open"}}
	b, err := json.Marshal(a)
	if err != nil {
		return err
	}
	_, err = tx.Exec("INSERT INTO monitor_alerts VALUES (?,?,?,?,?,?) ON CONFLICT (id) DO NOTHING",
		a.ID, a.Monitor, a.Kind, a.Status, rec.Time().UnixMilli(), string(b))
	return err
}

// word is what someone says of an alert.
type word struct {
	Note string `json:"note,omitempty"`
}

func applyAcknowledged(tx *index.Tx, rec journal.Record) error {
	return applyStep(tx, rec, AlertAcknowledged, "acknowledge")
}

func applyResolved(tx *index.Tx, rec journal.Record) error {
	return applyStep(tx, rec, AlertResolved, "resolve")
}

// applyStep moves an alert on. A resolved one stays resolved, also where another
// device acknowledged it without knowing.
func applyStep(tx *index.Tx, rec journal.Record, status, action string) error {
	var in word
	if err := json.Unmarshal(rec.Data, &in); err != nil {
		return err
	}
	a, err := alertRow(tx, rec.ID)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if a.Status != AlertResolved {
		a.Status = status
	}
	a.History = append(a.History, AlertEvent{At: rec.Time(), By: rec.By, Action: action, Note: in.Note})
	b, err := json.Marshal(a)
	if err != nil {
		return err
	}
	_, err = tx.Exec("UPDATE monitor_alerts SET status=?, data=? WHERE id=?", a.Status, string(b), a.ID)
	return err
}

func alertRow(tx *index.Tx, id string) (a Alert, err error) {
	var data string
	err = tx.QueryRow("SELECT data FROM monitor_alerts WHERE id=?", id).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return a, errs.New(errs.NotFound, "there is no alert %.80q", id).WithHint("`rondo alerts` lists them")
	}
	if err != nil {
		return a, err
	}
	return a, json.Unmarshal([]byte(data), &a)
}
