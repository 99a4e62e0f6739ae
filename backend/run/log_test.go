package run_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"rondo/backend/errs"
	"rondo/backend/run"
)

func TestWhatIsLoggedComesBackExactly(t *testing.T) {
	h := open(t, t.TempDir())
	r := h.run(t, run.Create{Name: "one", Params: map[string]string{"lr": "0.1"}, Tags: map[string]string{"team": "a"}})
	values := []float64{1, math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1), 5e-324, math.MaxFloat64}
	var list []run.Point
	for i, v := range values {
		list = append(list, run.Point{Key: "odd", Value: v, Step: int64(i), Time: 1000 + int64(i)})
	}
	must(t, h.Log(t.Context(), r.ID, run.Batch{Points: list}))
	got, total, err := h.History(t.Context(), r.ID, "odd", 0, 100)
	if err != nil || total != len(values) {
		t.Fatalf("%d points, %v", total, err)
	}
	for i, p := range got {
		if math.Float64bits(p.Value) != math.Float64bits(values[i]) {
			t.Errorf("value %d came back as %v, want %v", i, p.Value, values[i])
		}
	}
	r, err = h.Get(t.Context(), r.ID)
	must(t, err)
	m := r.Metrics["odd"]
	if float64(m.Value) != math.MaxFloat64 || !math.IsInf(float64(m.Min), -1) || !math.IsInf(float64(m.Max), 1) || m.Count != 7 || m.Step != 6 {
		t.Errorf("summary %+v", m)
	}
	if r.Params["lr"] != "0.1" || r.Tags["team"] != "a" || r.Status != run.Running || r.Device != "laptop" {
		t.Errorf("run %+v", r)
	}
}

func TestCreateAnswersWhatIsKept(t *testing.T) {
	h := open(t, t.TempDir())
	parent := h.run(t, run.Create{})
	for _, in := range []run.Create{
		{}, {Name: "a", User: "ann", Kind: run.Launched, Status: run.Queued, ParentID: parent.ID, StartedAt: time.Now(), Params: map[string]string{"lr": "1"}, Tags: map[string]string{"t": ""}},
	} {
		made := h.run(t, in)
		kept, err := h.Get(t.Context(), made.ID)
		if must(t, err); !reflect.DeepEqual(made, kept) {
			t.Errorf("made %+v\nkept %+v", made, kept)
		}
	}
}

func TestTheLatestIsTheGreatestByStepTimeAndValue(t *testing.T) {
	h := open(t, t.TempDir())
	r := h.run(t, run.Create{})
	for _, p := range []run.Point{
		{Key: "a", Step: 2, Time: 5, Value: 7}, {Key: "a", Step: 1, Time: 9, Value: 99}, {Key: "a", Step: 2, Time: 6, Value: math.NaN()}, {Key: "a", Step: 2, Time: 6, Value: -3},
	} {
		must(t, h.Log(t.Context(), r.ID, run.Batch{Points: []run.Point{p}}))
		h.dump(t) // has it written
	}
	r, err := h.Get(t.Context(), r.ID)
	must(t, err)
	if m := r.Metrics["a"]; m.Value != -3 || m.Step != 2 || m.Time != 6 || m.Min != -3 || m.Max != 99 || m.Count != 4 {
		t.Errorf("latest %+v", m)
	}
}

func TestABatchIsAllOrNothing(t *testing.T) {
	h := open(t, t.TempDir())
	r := h.run(t, run.Create{Params: map[string]string{"lr": "0.1"}})
	batch := run.Batch{
		Points: []run.Point{{Key: "loss", Value: 1, Time: 1}}, Tags: map[string]string{"t": "1"},
		Params: map[string]string{"lr": "0.2", "depth": "3"},
	}
	refused(t, h.Log(t.Context(), r.ID, batch), errs.Conflict, "'lr' was already logged with value='0.1'")
	check := func(params, points int) {
		t.Helper()
		got, err := h.Get(t.Context(), r.ID)
		must(t, err)
		history, _, err := h.History(t.Context(), r.ID, "loss", 0, 10)
		must(t, err)
		if len(got.Params) != params || len(history) != points || int(got.Metrics["loss"].Count) != points {
			t.Errorf("%d params, %d points, summary %+v; want %d and %d", len(got.Params), len(history), got.Metrics["loss"], params, points)
		}
	}
	check(1, 0)
	batch.Params["lr"] = "0.1"
	must(t, h.Log(t.Context(), r.ID, batch))
	check(2, 1)
	before := h.dump(t)
	h.close()
	must(t, os.RemoveAll(filepath.Dir(indexPath(h.dir))))
	h = open(t, h.dir)
	check(2, 1)
	if after := h.dump(t); after != before {
		t.Errorf("rebuilt:\n%s\nwant\n%s", after, before)
	}
}

func TestConcurrentWritersOfOneRunAndOfMany(t *testing.T) {
	h := open(t, t.TempDir())
	ids := []string{h.run(t, run.Create{}).ID, h.run(t, run.Create{}).ID}
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 25 {
				p := run.Point{Key: fmt.Sprint("k", w), Step: int64(i), Time: int64(i), Value: float64(i)}
				if err := h.Log(t.Context(), ids[i%2], run.Batch{Points: []run.Point{p}}); err != nil {
					t.Error(err)
				}
				if i == 12 { // an end in between closes the file
					if _, err := h.Update(t.Context(), ids[w%2], run.Change{Status: ptr(run.Finished)}); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	total := 0
	for _, id := range ids {
		r, err := h.Get(t.Context(), id)
		must(t, err)
		for _, m := range r.Metrics {
			total += int(m.Count)
		}
	}
	if total != 8*25 {
		t.Errorf("%d points, want %d", total, 8*25)
	}
	before := h.dump(t)
	h.close()
	must(t, os.RemoveAll(filepath.Dir(indexPath(h.dir))))
	h = open(t, h.dir)
	if after := h.dump(t); after != before {
		t.Error("the rebuilt index differs")
	}
	if r := h.Repairs(); len(r) > 0 {
		t.Errorf("repairs %v", r)
	}
}

func ptr[T any](v T) *T { return &v }

func TestLimitsAreClear(t *testing.T) {
	h := open(t, t.TempDir())
	r := h.run(t, run.Create{})
	many := map[string]string{}
	for i := range 100_000 {
		many[fmt.Sprint("p", i)] = "1"
	}
	refused(t, h.Log(t.Context(), r.ID, run.Batch{Params: many}), errs.TooLarge, "100000 params in one call are over the limit of 1000")
	_, err := h.Create(t.Context(), run.Create{Params: many})
	refused(t, err, errs.TooLarge, "over the limit")
	refused(t, h.Log(t.Context(), r.ID, run.Batch{Params: map[string]string{strings.Repeat("k", 251): ""}}), errs.TooLarge, "251 characters")
	refused(t, h.Log(t.Context(), r.ID, run.Batch{Points: make([]run.Point, 100_001)}), errs.TooLarge, "over the limit of 100000")
	refused(t, h.Log(t.Context(), r.ID, run.Batch{Points: make([]run.Point, 1)}), errs.Invalid, "empty key")
	refused(t, h.Log(t.Context(), "nope", run.Batch{}), errs.NotFound, "not found")
	_, err = h.Create(t.Context(), run.Create{ID: "../etc"})
	refused(t, err, errs.Invalid, "not the id of a run")
	must(t, h.Delete(t.Context(), r.ID))
	refused(t, h.Log(t.Context(), r.ID, run.Batch{Points: []run.Point{{Key: "a"}}}), errs.Precondition, "must be in the 'active' state. Current state is deleted.")
}

func TestASampleKeepsTheSpikes(t *testing.T) {
	h := open(t, t.TempDir())
	r := h.run(t, run.Create{})
	list := make([]run.Point, 20_000)
	for i := range list {
		list[i] = run.Point{Key: "loss", Step: int64(i), Time: int64(i), Value: math.Sin(float64(i) / 500)}
	}
	list[7_777].Value, list[13_131].Value, list[15_000].Value = 42, -42, math.NaN()
	must(t, h.Log(t.Context(), r.ID, run.Batch{Points: list}))
	all, err := h.Sample(t.Context(), r.ID, []string{"loss"}, 200)
	must(t, err)
	got := all["loss"]
	seen := map[string]bool{}
	for i, p := range got {
		seen[fmt.Sprint(p.Value)] = true
		if i > 0 && got[i-1].Step >= p.Step {
			t.Fatalf("step %d after %d", p.Step, got[i-1].Step)
		}
	}
	if len(got) > 200 || len(got) < 100 || !seen["42"] || !seen["-42"] || !seen["NaN"] || got[0].Step != 0 || got[len(got)-1].Step != 19_999 {
		t.Errorf("%d points from %d to %d, spikes %v %v %v", len(got), got[0].Step, got[len(got)-1].Step, seen["42"], seen["-42"], seen["NaN"])
	}
}

func TestLoggingIsTold(t *testing.T) {
	h := open(t, t.TempDir())
	r := h.run(t, run.Create{})
	sub := h.events.Subscribe(h.events.Last(), 100)
	for i := range 3 {
		must(t, h.Log(t.Context(), r.ID, run.Batch{Points: []run.Point{{Key: "loss", Value: float64(i), Step: int64(i)}}}))
	}
	told := map[string]run.Float{}
	for range 3 { // at the latest after as many events as there were calls
		e := <-sub.C
		logged, ok := e.Data.(run.Logged)
		if !ok || e.Kind != "run.metrics" || e.ID != r.ID {
			t.Fatalf("event %+v", e)
		}
		for _, m := range logged.Metrics {
			told[m.Key] = m.Value
		}
		if told["loss"] == 2 {
			return
		}
	}
	t.Errorf("told %v", told)
}
