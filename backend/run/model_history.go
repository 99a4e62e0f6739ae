package run

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"rondo/backend/errs"
)

// maxModelPoints is how many points of a logged model's metrics are told at once.
const maxModelPoints = 10_000

var errMany = errors.New("more points than are told at once")

// ModelHistory returns what every run has logged for the metrics of a logged model, in
// the order (key, time, step). Of more than 10,000 points, and of a run that is gone, it
// has the newest of each metric, as m.Metrics has.
func (s *Service) ModelHistory(ctx context.Context, m LoggedModel) (all []Metric, err error) {
	byRun := map[string][]Metric{}
	for _, x := range m.Metrics {
		byRun[x.Run] = append(byRun[x.Run], x)
	}
	for id, newest := range byRun {
		list, err := s.loggedFor(ctx, m.ID, id, newest)
		if errs.Is(err, errs.NotFound) {
			list, err = newest, nil
		}
		if err == nil && len(all)+len(list) > maxModelPoints {
			err = errMany
		}
		if errors.Is(err, errMany) {
			return m.Metrics, nil
		}
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	slices.SortFunc(all, func(a, b Metric) int {
		return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Time, b.Time), cmp.Compare(a.Step, b.Step), cmp.Compare(a.Run, b.Run))
	})
	return all, nil
}

// loggedFor reads what one run has logged for a logged model, of which newest is known.
func (s *Service) loggedFor(ctx context.Context, model, id string, newest []Metric) ([]Metric, error) {
	sure, err := s.confirmed(ctx, id)
	if err != nil {
		return nil, err
	}
	keys, found := map[string]bool{}, []Point{}
	for _, x := range newest {
		keys[x.Key] = true
	}
	add := func(p Point) error {
		if p.Model == model {
			found = append(found, p)
		}
		if len(found) > maxModelPoints {
			return errMany
		}
		return nil
	}
	for _, f := range filesOf(s.runs, id) {
		if err := s.readFile(ctx, f, sure, keys, add); err != nil {
			return nil, err
		}
	}
	return metricsOf(found, id), nil
}

// metricsOf has each point once: a client that repeats a call logs nothing twice.
func metricsOf(found []Point, run string) []Metric {
	slices.SortFunc(found, func(a, b Point) int { return cmp.Or(cmp.Compare(a.Key, b.Key), comparePoints(a, b)) })
	found = slices.CompactFunc(found, func(a, b Point) bool { return a.Key == b.Key && comparePoints(a, b) == 0 })
	list := make([]Metric, 0, len(found))
	for _, p := range found {
		v := Float(p.Value)
		list = append(list, Metric{Key: p.Key, Value: v, Step: p.Step, Time: p.Time, Min: v, Max: v, Model: p.Model, Run: run, Data: p.Dataset})
	}
	return list
}
