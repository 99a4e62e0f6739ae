package run_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"

	"rondo/backend/index"
	"rondo/backend/run"
)

const (
	manyRuns    = 1100 // a span of 1,024 and some more
	manyMetrics = 120  // of each, of which the 1 MB of a span are made
)

// manyMetricRuns logs metric k of run n as n + k/100, and returns the runs' ids.
func manyMetricRuns(t *testing.T, h *house) []string {
	t.Helper()
	ids := make([]string, manyRuns)
	for n := range ids {
		ids[n] = fmt.Sprintf("%032x", n+1)
	}
	var wg sync.WaitGroup
	for w := range 32 { // who share syncs
		wg.Go(func() {
			for n := w; n < manyRuns; n += 32 {
				_, err := h.Create(context.Background(), run.Create{ID: ids[n]})
				if err == nil {
					err = h.Log(context.Background(), ids[n], run.Batch{Points: metricsOf(n)})
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	return ids
}

func metricsOf(n int) []run.Point {
	list := make([]run.Point, manyMetrics)
	for k := range list {
		list[k] = run.Point{Key: fmt.Sprintf("metric-%03d", k), Value: float64(n) + float64(k)/100}
	}
	return list
}

// found are the ids of the runs that a search finds, in its order.
func (h *house) found(t *testing.T, filter, order string) string {
	t.Helper()
	list, _, _, err := h.Search(t.Context(), run.Search{Filter: filter, OrderBy: []string{order}, Limit: 5})
	must(t, err)
	ids := make([]string, len(list))
	for i, r := range list {
		ids[i] = r.ID
	}
	return strings.Join(ids, " ")
}

// What was logged before the columns were made, after it, and when they are made anew, is
// what searches see, also after a restart.
func TestColumnsSayWhatTheRunsSay(t *testing.T) {
	h := open(t, t.TempDir())
	ids := manyMetricRuns(t, h)
	want := func(what, filter, order string, n ...int) {
		t.Helper()
		var all []string
		for _, i := range n {
			all = append(all, ids[i])
		}
		if got := h.found(t, filter, order); got != strings.Join(all, " ") {
			t.Errorf("%s: %s by %s: %s, want %v", what, filter, order, got, n)
		}
	}
	again := func() {
		h.close()
		h = open(t, h.dir)
	}
	before := h.dump(t)
	must(t, h.KeepColumns(t.Context()))
	again()
	want("made", "metrics.`metric-007` > 1096.1", "metrics.`metric-008` ASC", 1097, 1098, 1099)
	want("made", "metrics.`metric-007` < 3.1", "metrics.`metric-008` DESC", 3, 2, 1, 0)
	if h.dump(t) != before {
		t.Error("the index says something else than before")
	}
	low := ids[3]
	must(t, h.Log(t.Context(), low, run.Batch{Points: []run.Point{{Key: "metric-007", Value: 9000, Step: 1}, {Key: "metric-009", Value: math.NaN(), Step: 1}, {Key: "new", Value: 1}}}))
	want("changed", "metrics.`metric-007` > 8000", "metrics.`metric-008` ASC", 3)
	again()
	want("changed and read anew", "metrics.`metric-007` > 8000", "metrics.`metric-008` ASC", 3)
	want("of some runs only", "metrics.new = 1", "metrics.`metric-008` ASC", 3)
	must(t, h.KeepColumns(t.Context()))
	again()
	want("made anew", "metrics.`metric-007` > 8000", "metrics.`metric-008` ASC", 3)
	want("NaN", "metrics.`metric-009` < 5", "metrics.`metric-008` DESC", 4, 2, 1, 0)
	want("of some runs only", "metrics.new = 1", "metrics.`metric-008` ASC", 3)
	h.logWhileColumnsAreMade(t, ids[9])
	again()
	want("logged while they were made", "metrics.`metric-007` = 7777", "metrics.`metric-008` ASC", 9)
	must(t, h.KeepColumns(t.Context()))
	h.spoil(t, ids[5])
	again()
	want("where the columns alone can be read", "metrics.`metric-050` > 5.4 AND metrics.`metric-050` < 6", "metrics.`metric-001` DESC", 5)
}

// logWhileColumnsAreMade logs until columns were made five times, at last 7777.
func (h *house) logWhileColumnsAreMade(t *testing.T, id string) {
	t.Helper()
	made := make(chan error)
	go func() {
		var err error
		for range 5 {
			err = errors.Join(err, h.KeepColumns(context.Background()))
		}
		made <- err
	}()
	for step := int64(2); ; step++ {
		select {
		case err := <-made:
			must(t, errors.Join(err, h.Log(t.Context(), id, run.Batch{Params: map[string]string{fmt.Sprint("p", step): ""}, Points: []run.Point{{Key: "metric-007", Value: 7777, Step: step}}})))
			return
		default:
			must(t, h.Log(t.Context(), id, run.Batch{Params: map[string]string{fmt.Sprint("p", step): ""}, Points: []run.Point{{Key: "metric-007", Value: float64(step), Step: step}}}))
		}
	}
}

// spoil makes the packed values of all runs but one unreadable that have columns: a
// search by one metric does not read them.
func (h *house) spoil(t *testing.T, but string) {
	t.Helper()
	must(t, h.ledger.Derive(t.Context(), func(tx *index.Tx) error {
		for _, q := range []string{"DROP TRIGGER run_spans_changed", "UPDATE run_latest SET data=x'ff' WHERE run<1024 AND run<>(SELECT no FROM run_runs WHERE id='" + but + "')"} {
			if _, err := tx.Exec(q); err != nil {
				return err
			}
		}
		return nil
	}))
}
