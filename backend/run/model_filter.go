package run

import (
	"context"
	"database/sql"
	"errors"
	"math"
	"slices"

	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/run/search"
)

// measurement is what the index knows of a metric of a logged model that one run has
// logged on one dataset: the least, the greatest and the newest of its values.
type measurement struct {
	model, run          string
	on                  Dataset
	least, most, newest float64 // NaN: all are, or the newest is
}

// onDatasets is a condition on run_model_metrics: any of some datasets, or all where there are none.
func onDatasets(list []Dataset) (out search.SQL) {
	if len(list) == 0 {
		return search.SQL{Text: "1"}
	}
	out.Text = "(0"
	for _, d := range list {
		out.Text += " OR dataset=? AND (?='' OR digest=?)"
		out.Args = append(out.Args, d.Name, d.Digest, d.Digest)
	}
	out.Text += ")"
	return out
}

// modelsWith returns the logged models that have a value of a metric of which a clause
// holds, at whichever step, and on one of some datasets where there are any. So does
// MLflow. Nearly always the least and the greatest value decide; else the points do.
func (s *Service) modelsWith(ctx context.Context, c search.Clause, on []Dataset) ([]string, error) {
	list, err := s.measurements(ctx, c.Key, on)
	if err != nil {
		return nil, err
	}
	found, open := map[string]bool{}, map[string][]measurement{}
	for _, m := range list {
		if holds, sure := m.decide(c); holds {
			found[m.model] = true
		} else if !sure {
			open[m.run] = append(open[m.run], m)
		}
	}
	for run, list := range open {
		list = slices.DeleteFunc(list, func(m measurement) bool { return found[m.model] })
		if err := s.decideByPoints(ctx, run, c, list, found); err != nil {
			return nil, err
		}
	}
	ids := make([]string, 0, len(found))
	for id := range found {
		ids = append(ids, id)
	}
	return ids, nil
}

func (s *Service) measurements(ctx context.Context, key string, datasets []Dataset) (list []measurement, err error) {
	on := onDatasets(datasets)
	err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		return tx.Each(func(rows *sql.Rows) error {
			var m measurement
			var least, most, newest sql.NullFloat64
			err := rows.Scan(&m.model, &m.run, &m.on.Name, &m.on.Digest, &least, &most, &newest)
			m.least, m.most, m.newest = orNaN(least), orNaN(most), orNaN(newest)
			list = append(list, m)
			return err
		}, "SELECT model, run, dataset, digest, least, most, value FROM run_model_metrics WHERE key=? AND "+on.Text, append([]any{key}, on.Args...)...)
	})
	return list, err
}

func orNaN(v sql.NullFloat64) float64 {
	if !v.Valid {
		return math.NaN()
	}
	return v.Float64
}

// decide reports whether a clause holds of one of the values, and whether that is sure:
// a value between the least and the greatest may be among them or not, and so may NaN.
func (m *measurement) decide(c search.Clause) (holds, sure bool) {
	if c.HoldsNumber(m.least) || c.HoldsNumber(m.most) || c.HoldsNumber(m.newest) {
		return true, true
	}
	want := c.Values[0].Number
	return false, c.Op != "!=" && (c.Op != "=" || !(m.least < want && want < m.most))
}

var errDecided = errors.New("nothing is left to decide")

// decideByPoints reads what a run has logged and adds the models of which the clause holds.
func (s *Service) decideByPoints(ctx context.Context, run string, c search.Clause, open []measurement, found map[string]bool) error {
	if len(open) == 0 {
		return nil
	}
	sure, err := s.confirmed(ctx, run)
	if errs.Is(err, errs.NotFound) { // it is gone, and its points with it
		return nil
	}
	if err != nil {
		return err
	}
	add := func(p Point) error {
		i := slices.IndexFunc(open, func(m measurement) bool { return m.model == p.Model && m.on == p.Dataset })
		if i < 0 || !c.HoldsNumber(p.Value) {
			return nil
		}
		found[p.Model] = true
		open = slices.DeleteFunc(open, func(m measurement) bool { return m.model == p.Model })
		if len(open) == 0 {
			return errDecided
		}
		return nil
	}
	for _, f := range filesOf(s.runs, run) {
		if err := s.readFile(ctx, f, sure, map[string]bool{c.Key: true}, add); errors.Is(err, errDecided) {
			return nil
		} else if err != nil {
			return err
		}
	}
	return nil
}
