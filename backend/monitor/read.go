package monitor

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"rondo/backend/errs"
	"rondo/backend/index"
)

const (
	listLimit    = 100
	maxListLimit = 1000
	maxDetails   = 64 << 20 // bytes of a window's columns
)

// rows reads JSON values of one column into a list that is never nil.
func rows[T any](tx *index.Tx, query string, args ...any) ([]T, error) {
	list := []T{}
	r, err := tx.Query(query, args...)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	for r.Next() {
		var data string
		var v T
		if err := r.Scan(&data); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(data), &v); err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, r.Err()
}

func limited(n int) int {
	if n <= 0 {
		return listLimit
	}
	return min(n, maxListLimit)
}

// Windows returns windows without their columns, newest first; before is the number
// of a window that they must come before, or 0.
func (s *Service) Windows(ctx context.Context, name string, limit int, before int) (list []Window, err error) {
	if err := s.known(ctx, name); err != nil {
		return nil, err
	}
	if before <= 0 {
		before = 1 << 62
	}
	err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		list, err = rows[Window](tx, "SELECT data FROM monitor_windows WHERE monitor=? AND number<? ORDER BY number DESC, id LIMIT ?", name, before, limited(limit))
		if err != nil {
			return err
		}
		return join(tx, list)
	})
	return list, err
}

// join adds the newest quality to windows.
func join(tx *index.Tx, list []Window) error {
	for i := range list {
		q, err := newestQuality(tx, list[i].ID)
		if err != nil {
			return err
		}
		list[i].Quality = q
		list[i].Columns = []Column{}
	}
	return nil
}

// newestQuality returns nil where a window's answers were never judged.
func newestQuality(tx *index.Tx, window string) (*Quality, error) {
	var data string
	err := tx.QueryRow("SELECT data FROM monitor_quality WHERE window=? ORDER BY revision DESC LIMIT 1", window).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	q := new(Quality)
	return q, json.Unmarshal([]byte(data), q)
}

// Window returns one window whole, with the histograms of its columns.
func (s *Service) Window(ctx context.Context, name, id string) (w Window, err error) {
	err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		list, err := rows[Window](tx, "SELECT data FROM monitor_windows WHERE monitor=? AND id=?", name, id)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return errs.New(errs.NotFound, "monitor %s has no window %.80q", name, id).WithHint("`rondo monitor windows %s` lists them", name)
		}
		err = join(tx, list)
		w = list[0]
		return err
	})
	if err != nil || w.Details.IsZero() {
		return w, err
	}
	b, err := s.opts.Store.ReadAll(ctx, w.Details, maxDetails)
	if err != nil {
		return w, errs.Wrap(errs.KindOf(err), err, "the columns of window %d of monitor %s", w.Number, name)
	}
	return w, json.Unmarshal(b, &w.Columns)
}

// Quality returns the newest quality of the monitor's windows, oldest window first.
func (s *Service) Quality(ctx context.Context, name string) ([]Quality, error) {
	list, err := s.Windows(ctx, name, maxListLimit, 0)
	if err != nil {
		return nil, err
	}
	out := []Quality{}
	for i := len(list) - 1; i >= 0; i-- {
		if q := list[i].Quality; q != nil {
			out = append(out, *q)
		}
	}
	return out, nil
}

// Revisions returns every quality that was computed for a window, oldest first.
func (s *Service) Revisions(ctx context.Context, name, window string) (list []Quality, err error) {
	if _, err := s.Window(ctx, name, window); err != nil {
		return nil, err
	}
	err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		list, err = rows[Quality](tx, "SELECT data FROM monitor_quality WHERE monitor=? AND window=? ORDER BY revision", name, window)
		return err
	})
	return list, err
}

// Alerts returns alerts, newest first.
func (s *Service) Alerts(ctx context.Context, q AlertQuery) (list []Alert, err error) {
	switch q.Status {
	case "", "active", AlertOpen, AlertAcknowledged, AlertResolved:
	default:
		return nil, errs.New(errs.Invalid, "status %.40q: alerts are open, acknowledged or resolved", q.Status).WithHint("active means the first two")
	}
	err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		list, err = rows[Alert](tx, `SELECT data FROM monitor_alerts WHERE (?1='' OR monitor=?1)
			AND (?2='' OR status=?2 OR ?2='active' AND status<>'resolved') ORDER BY opened DESC, id LIMIT ?3`,
			q.Monitor, q.Status, limited(q.Limit))
		return err
	})
	return list, err
}

// List returns every configured monitor with its state, by name.
func (s *Service) List(ctx context.Context) ([]Monitor, error) {
	list := []Monitor{}
	for _, name := range s.Names() {
		m, err := s.Get(ctx, name)
		if errs.Is(err, errs.NotFound) {
			continue // taken out of rondo.yaml meanwhile
		}
		if err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	return list, nil
}

// Get returns one monitor with its state.
func (s *Service) Get(ctx context.Context, name string) (Monitor, error) {
	c, err := s.config(name)
	if err != nil {
		return Monitor{}, err
	}
	m := Monitor{Config: c, Status: StatusTooSmall}
	if v, err := s.opts.Captures.Live(ctx, c.Endpoint); err == nil && v.Version != 0 {
		m.Live = &v
	}
	list, err := s.Windows(ctx, name, recent, 0)
	if err != nil {
		return m, err
	}
	m.Pending = s.state(name).waiting(m.Live)
	m.Verdict = waitingVerdict(m)
	if len(list) > 0 {
		m.Windows = list[0].Number
	}
	if w := ofLive(list, m.Live); w != nil {
		m.Last, m.Status, m.Verdict = w, w.Status, w.Verdict
	}
	return m, s.opts.Ledger.View(ctx, func(tx *index.Tx) error { return m.present(tx) })
}

// recent is how far back Get looks for a window of the version that is live.
const recent = 50

// ofLive returns the newest window of the live version: what an earlier one left
// says nothing about now. Without a live version it is the newest of all.
func ofLive(newestFirst []Window, live *VersionRef) *Window {
	for i, w := range newestFirst {
		if live == nil || w.Model == live.Model && w.Version == live.Version {
			return &newestFirst[i]
		}
	}
	return nil
}

// present adds the newest measured quality and the number of open alerts.
func (m *Monitor) present(tx *index.Tx) error {
	var live VersionRef
	if m.Live != nil {
		live = *m.Live
	}
	list, err := rows[Quality](tx, `SELECT q.data FROM monitor_quality q JOIN monitor_windows w ON w.id=q.window
		WHERE w.monitor=?1 AND (?2='' OR w.model=?2 AND w.version=?3) ORDER BY w.number DESC, q.revision DESC LIMIT 1`, m.Name, live.Model, live.Version)
	if err != nil {
		return err
	}
	if len(list) > 0 {
		m.Quality = &list[0]
	}
	return tx.QueryRow("SELECT count(*) FROM monitor_alerts WHERE monitor=? AND status<>'resolved'", m.Name).Scan(&m.OpenAlerts)
}

// known accepts a configured monitor, or one that has left windows.
func (s *Service) known(ctx context.Context, name string) error {
	_, missing := s.config(name)
	if missing == nil {
		return nil
	}
	return s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		var n int
		if err := tx.QueryRow("SELECT count(*) FROM monitor_windows WHERE monitor=?", name).Scan(&n); err != nil {
			return err
		}
		if n == 0 {
			return missing
		}
		return nil
	})
}
