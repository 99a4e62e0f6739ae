package monitor

import (
	"context"
	"fmt"
	"slices"

	"rondo/backend/errs"
	"rondo/backend/index"
)

// Fact is the answer to a question that a trigger asks, with what it rests on.
type Fact struct {
	Holds    bool       `json:"holds"`
	Monitor  string     `json:"monitor"`
	Live     VersionRef `json:"live"` // the version it is about
	Text     string     `json:"text"`
	Windows  []string   `json:"windows"` // ids, newest first
	Columns  []string   `json:"columns"` // that drifted, or metrics out of bounds
	Labelled int        `json:"labelled"`
	Value    float64    `json:"value"` // share of drifted columns in the newest window, or the metric
}

// SustainedDrift tells whether the last k judged windows of the version that is
// live now all drifted. Windows of earlier versions do not count: a new version has
// a new baseline.
func (s *Service) SustainedDrift(ctx context.Context, name string, k int) (Fact, error) {
	k = max(1, k)
	f, list, err := s.judged(ctx, name, k)
	if err != nil {
		return f, err
	}
	f.Holds = len(list) == k
	for i, w := range list {
		f.Holds = f.Holds && w.Status == StatusDrift
		f.Windows = append(f.Windows, w.ID)
		if i == 0 {
			f.Value = w.DriftShare
		}
		for _, c := range w.Drifted {
			if !slices.Contains(f.Columns, c) {
				f.Columns = append(f.Columns, c)
			}
		}
	}
	f.Text = fmt.Sprintf("the last %d windows of version %d did not all drift", k, f.Live.Version)
	if f.Holds {
		f.Text = fmt.Sprintf("%d windows in a row drifted from the training data of version %d; the newest: %s", k, f.Live.Version, list[0].Verdict.Text)
	}
	return f, nil
}

// Judged returns the newest windows of the live version that could be judged, newest
// first, with their quality and without their columns.
func (s *Service) Judged(ctx context.Context, name string, k int) ([]Window, error) {
	_, list, err := s.judged(ctx, name, limited(k))
	if err != nil || list == nil {
		return []Window{}, err
	}
	err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error { return join(tx, list) })
	return list, err
}

// judged returns the newest windows of the live version that could be judged.
func (s *Service) judged(ctx context.Context, name string, k int) (f Fact, list []Window, err error) {
	c, err := s.config(name)
	if err != nil {
		return f, nil, err
	}
	f = Fact{Monitor: name, Windows: []string{}, Columns: []string{}}
	if f.Live, err = s.opts.Captures.Live(ctx, c.Endpoint); err != nil || f.Live.Version == 0 {
		return f, nil, err
	}
	err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		list, err = judgedRows(tx, name, f.Live, k)
		return err
	})
	return f, list, err
}

func judgedRows(tx *index.Tx, name string, v VersionRef, k int) ([]Window, error) {
	return rows[Window](tx, `SELECT data FROM monitor_windows WHERE monitor=? AND model=? AND version=? AND status IN ('quiet','drift')
		ORDER BY number DESC, id LIMIT ?`, name, v.Model, v.Version, k)
}

// scoredRows returns the newest windows whose quality was measured, comparable or not.
func scoredRows(tx *index.Tx, name string, v VersionRef, k int) ([]Window, error) {
	return rows[Window](tx, `SELECT data FROM monitor_windows w WHERE monitor=? AND model=? AND version=?
		AND EXISTS (SELECT 1 FROM monitor_quality WHERE window=w.id) ORDER BY number DESC, id LIMIT ?`, name, v.Model, v.Version, k)
}

// QualityBelow tells whether the answers of the live version are right less often
// than floor says, over its newest windows that together have minLabels labels. With
// floor 0 it is the bounds under the monitor's quality: that count, in the newest
// window that has minLabels labels.
func (s *Service) QualityBelow(ctx context.Context, name string, floor float64, minLabels int) (Fact, error) {
	minLabels = max(minLabels, MinLabels)
	f, list, err := s.measured(ctx, name)
	if err != nil {
		return f, err
	}
	if floor <= 0 {
		return f.outOfBounds(list, minLabels), nil
	}
	right := 0.0
	for _, q := range list {
		accuracy, ok := q.Metrics["accuracy"]
		if !ok {
			return f, errs.New(errs.Invalid, "monitor %s watches a regression, which has no accuracy to hold against a floor", name).
				WithHint("bound mae or rmse under the monitor's quality: instead")
		}
		f.Windows = append(f.Windows, q.WindowID)
		f.Labelled += q.Labelled
		right += accuracy * float64(q.Labelled)
		if f.Labelled >= minLabels {
			break
		}
	}
	if f.Labelled > 0 {
		f.Value = right / float64(f.Labelled)
	}
	f.Holds = f.Labelled >= minLabels && f.Value < floor
	f.Text = fmt.Sprintf("accuracy of version %d is %.3f over %d labelled answers; the floor is %v", f.Live.Version, f.Value, f.Labelled, floor)
	if f.Holds {
		f.Columns = []string{"accuracy"}
	}
	return f, nil
}

func (f Fact) outOfBounds(list []Quality, minLabels int) Fact {
	f.Text = fmt.Sprintf("no window of version %d has %d labels yet", f.Live.Version, minLabels)
	for _, q := range list {
		if q.Labelled < minLabels {
			continue
		}
		f.Windows, f.Labelled, f.Text = []string{q.WindowID}, q.Labelled, q.Verdict.Text
		f.Holds = len(q.Breaches) > 0
		for _, b := range q.Breaches {
			f.Columns = append(f.Columns, b.Metric)
		}
		f.Value = q.Metrics[headline(q)]
		break
	}
	return f
}

// measured returns the newest qualities of the live version's windows.
func (s *Service) measured(ctx context.Context, name string) (f Fact, list []Quality, err error) {
	c, err := s.config(name)
	if err != nil {
		return f, nil, err
	}
	f = Fact{Monitor: name, Windows: []string{}, Columns: []string{}}
	if f.Live, err = s.opts.Captures.Live(ctx, c.Endpoint); err != nil || f.Live.Version == 0 {
		return f, nil, err
	}
	err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		list, err = measuredRows(tx, name, f.Live, listLimit)
		return err
	})
	return f, list, err
}

// measuredRows returns the newest revision of each window that has labels, newest window first.
func measuredRows(tx *index.Tx, name string, v VersionRef, limit int) ([]Quality, error) {
	all, err := rows[Quality](tx, `SELECT q.data FROM monitor_windows w JOIN monitor_quality q ON q.window=w.id
		WHERE w.monitor=? AND w.model=? AND w.version=? AND q.revision=(SELECT max(revision) FROM monitor_quality WHERE window=w.id)
		ORDER BY w.number DESC, w.id LIMIT ?`, name, v.Model, v.Version, limit)
	return slices.DeleteFunc(all, func(q Quality) bool { return q.Labelled == 0 }), err
}
