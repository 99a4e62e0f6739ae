package monitor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/index"
	"rondo/backend/ref"
)

// finding is a window seen by one kind of alert.
type finding struct {
	window  Window
	bad     bool
	columns []string
	text    string
}

// watch raises the alerts that the newest windows call for and resolves those that
// they have made obsolete. It runs after every window, so that windows computed
// together raise what they would have raised one by one.
func (s *Service) watch(ctx context.Context, c Config, live VersionRef, out *Evaluation) error {
	if live.Version == 0 {
		return nil
	}
	for _, kind := range []string{AlertData, AlertDrift, AlertQuality} {
		found, err := s.findings(ctx, c, live, kind)
		if err != nil {
			return err
		}
		a, err := s.settleAlert(ctx, c, live, kind, found)
		if err != nil {
			return err
		}
		if a != nil {
			out.Alerts = append(out.Alerts, *a)
		}
	}
	return nil
}

// findings returns the live version's windows that an alert of the kind can be
// about, newest first: as many as the rule looks at.
func (s *Service) findings(ctx context.Context, c Config, live VersionRef, kind string) (list []finding, err error) {
	err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		read := judgedRows
		depth := c.Alert.Of
		if kind == AlertQuality {
			read, depth = scoredRows, depth+listLimit // some have too few labels
		}
		windows, err := read(tx, c.Name, live, depth)
		if err != nil {
			return err
		}
		for _, w := range windows {
			if len(list) == c.Alert.Of {
				break
			}
			f, ok, err := find(tx, w, kind)
			if err != nil {
				return err
			}
			if ok {
				list = append(list, f)
			}
		}
		return nil
	})
	return list, err
}

// find is false where a window says nothing on the matter, such as one without labels.
func find(tx *index.Tx, w Window, kind string) (finding, bool, error) {
	switch kind {
	case AlertDrift:
		return finding{w, w.Status == StatusDrift, w.Drifted, w.Verdict.Text}, true, nil
	case AlertData:
		return finding{w, len(w.Faults) > 0, w.Faults, faultList(w)}, true, nil
	}
	q, err := newestQuality(tx, w.ID)
	if err != nil || q == nil || q.Status != QualityOK && q.Status != QualityBelow {
		return finding{}, false, err
	}
	f := finding{window: w, bad: q.Status == QualityBelow, text: q.Verdict.Text}
	for _, b := range q.Breaches {
		f.columns = append(f.columns, b.Metric)
	}
	return f, true, nil
}

// settleAlert opens an alert where enough windows are bad, or resolves the active
// one where as many windows in a row, all newer than it, are good again, or another
// version answers now.
func (s *Service) settleAlert(ctx context.Context, c Config, live VersionRef, kind string, found []finding) (*Alert, error) {
	var last *Alert
	err := s.opts.Ledger.View(ctx, func(tx *index.Tx) (err error) {
		last, err = lastAlert(tx, c.Name, kind)
		return err
	})
	if err != nil {
		return nil, err
	}
	if last != nil && last.Status != AlertResolved {
		if last.Model != live.Model || last.Version != live.Version {
			return s.resolve(ctx, *last, fmt.Sprintf("version %d answers now", live.Version))
		}
		return s.calm(ctx, c, *last, found)
	}
	if len(found) == 0 {
		return nil, nil
	}
	a := newAlert(c, live, kind, found)
	if len(a.Windows) < c.Alert.Windows || !found[0].bad || last != nil && slices.Contains(last.Windows, found[0].window.ID) {
		return nil, nil
	}
	return s.raise(ctx, a)
}

func lastAlert(tx *index.Tx, monitor, kind string) (*Alert, error) {
	list, err := rows[Alert](tx, `SELECT data FROM monitor_alerts WHERE monitor=? AND kind=? ORDER BY status='resolved', opened DESC, id LIMIT 1`, monitor, kind)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

func newAlert(c Config, live VersionRef, kind string, found []finding) Alert {
	a := Alert{Monitor: c.Name, Endpoint: c.Endpoint, Model: live.Model, Version: live.Version, Kind: kind, Status: AlertOpen, Windows: []string{}, History: []AlertEvent{}}
	text := ""
	for _, f := range found {
		if !f.bad {
			continue
		}
		if text == "" {
			text, a.Number = f.text, f.window.Number
		}
		a.Windows = append(a.Windows, f.window.ID)
		for _, name := range f.columns {
			if !slices.Contains(a.Columns, name) {
				a.Columns = append(a.Columns, name)
			}
		}
	}
	a.Verdict = says("alert."+kind, map[string]any{"bad": len(a.Windows), "of": len(found), "columns": a.Columns},
		"%s: %d of the last %d windows; the newest: %s", alertTitles[kind], len(a.Windows), len(found), text)
	key, _ := json.Marshal([]any{c.Name, kind, a.Windows})
	a.ID = ref.Of(key).String()[:16]
	return a
}

var alertTitles = map[string]string{AlertDrift: "Drift", AlertQuality: "Quality out of bounds", AlertData: "Data checks fail"}

var errRaised = errs.New(errs.Conflict, "the alert is there already")

func (s *Service) raise(ctx context.Context, a Alert) (*Alert, error) {
	fault.Point("monitor.alerting")
	rec, err := s.opts.Ledger.Do(ctx, recRaised, a.ID, func(tx *index.Tx) (any, error) {
		last, err := lastAlert(tx, a.Monitor, a.Kind)
		if err != nil {
			return nil, err
		}
		if last != nil && (last.ID == a.ID || last.Status != AlertResolved) {
			return nil, errRaised
		}
		return a, nil
	})
	if errors.Is(err, errRaised) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	a.OpenedAt, a.History = rec.Time(), []AlertEvent{{At: rec.Time(), By: rec.By, Action: "open"}}
	return &a, nil
}

// calm resolves an alert after as many good windows as it took bad ones.
func (s *Service) calm(ctx context.Context, c Config, a Alert, found []finding) (*Alert, error) {
	need := c.Alert.Windows
	if len(found) < need {
		return nil, nil
	}
	for _, f := range found[:need] {
		if f.bad || f.window.Number <= a.Number {
			return nil, nil
		}
	}
	return s.resolve(ctx, a, fmt.Sprintf("quiet for %d windows", need))
}

func (s *Service) resolve(ctx context.Context, a Alert, note string) (*Alert, error) {
	out, err := s.step(ctx, recResolved, a.ID, note)
	if errs.Is(err, errs.Precondition) {
		return nil, nil // a person was faster
	}
	return &out, err
}

// Acknowledge says that someone looks after an alert.
func (s *Service) Acknowledge(ctx context.Context, id, note string) (Alert, error) {
	return s.step(ctx, recAcknowledged, id, note)
}

// Resolve says that an alert is over. The windows that raised it raise no other.
func (s *Service) Resolve(ctx context.Context, id, note string) (Alert, error) {
	return s.step(ctx, recResolved, id, note)
}

const maxNote = 2000

func (s *Service) step(ctx context.Context, kind, id, note string) (a Alert, err error) {
	if len(note) > maxNote {
		return a, errs.New(errs.TooLarge, "the note is longer than %d bytes", maxNote)
	}
	_, err = s.opts.Ledger.Do(ctx, kind, id, func(tx *index.Tx) (any, error) {
		a, err := alertRow(tx, id)
		if err != nil {
			return nil, err
		}
		if a.Status == AlertResolved {
			return nil, errs.New(errs.Precondition, "alert %s is resolved already", id)
		}
		if a.Status == AlertAcknowledged && kind == recAcknowledged {
			return nil, errs.New(errs.Precondition, "alert %s is acknowledged already", id).WithHint("resolve it when it is over")
		}
		return word{note}, nil
	})
	if err != nil {
		return a, err
	}
	err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		a, err = alertRow(tx, id)
		return err
	})
	return a, err
}
