package run_test

import (
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"rondo/backend/run"
)

var (
	train = run.Dataset{Name: "train", Digest: "1"}
	test  = run.Dataset{Name: "test", Digest: "2"}
)

// modelFilters are about the models of TestAFilterLooksAtEveryPointOfAModel.
var modelFilters = []struct {
	filter string
	on     []run.Dataset
	want   string
}{
	{"metrics.acc > 0.85", nil, "a"},
	{"metrics.acc >= 0.9", []run.Dataset{{Name: "train"}}, "a"},
	{"metrics.acc > 0.85", []run.Dataset{test}, ""},
	{"metrics.acc < 0.15", nil, "a"},
	{"metrics.acc <= 0.2", []run.Dataset{test, train}, "a"},
	{"metrics.acc < 0.15", []run.Dataset{{Name: "test"}}, ""},
	{"metrics.acc = 0.5", nil, "a"},
	{"metrics.acc = 0.5", []run.Dataset{test}, ""},
	{"metrics.acc = 0.45", nil, "b"},
	{"metrics.acc = 0.55", []run.Dataset{{Name: "test", Digest: "2"}}, "b"},
	{"metrics.acc = 0.55", []run.Dataset{{Name: "test", Digest: "3"}}, ""},
	{"metrics.acc = 0.56", nil, ""},
	{"metrics.acc = 0.8", nil, "odd"},
	{"metrics.acc != 0.8", nil, "a b odd"},
	{"metrics.acc != 0.3 AND metrics.acc > 0.6", nil, "a b odd"},
	{"metrics.acc > 0.6 AND metrics.acc < 0.5", nil, "a b"},
	{"", []run.Dataset{test}, "a b"},
	{"metrics.none != 1", nil, ""},
}

// What a filter says of a metric of a logged model may hold at any step, of any run, but
// on one of the datasets that are asked for.
func TestAFilterLooksAtEveryPointOfAModel(t *testing.T) {
	h := open(t, t.TempDir())
	ctx := t.Context()
	first, second := h.run(t, run.Create{}).ID, h.run(t, run.Create{}).ID
	names := map[string]string{}
	model := func(name string) string {
		m, err := h.CreateLoggedModel(ctx, run.LoggedModel{Name: name})
		must(t, err)
		names[m.ID] = name
		return m.ID
	}
	a, b, odd := model("a"), model("b"), model("odd")
	log := func(id, model string, on run.Dataset, values ...float64) {
		var list []run.Point
		for i, v := range values {
			list = append(list, run.Point{Key: "acc", Value: v, Step: int64(i), Time: int64(i), Model: model, Dataset: on})
		}
		must(t, h.Log(ctx, id, run.Batch{Points: list}))
	}
	log(first, a, train, 0.1, 0.9, 0.5, 0.4)
	log(first, a, test, 0.2, 0.6)
	log(second, a, run.Dataset{}, 0.3)
	log(first, b, test, 0.6, 0.7)
	must(t, h.Log(ctx, second, run.Batch{Params: map[string]string{"p": "1"}, Points: []run.Point{ // a record makes these count
		{Key: "acc", Value: 0.65, Step: 1, Model: b, Dataset: test}, {Key: "acc", Value: 0.55, Step: 2, Model: b, Dataset: test}, {Key: "acc", Value: 0.45, Step: 3, Model: b, Dataset: test},
	}}))
	log(first, odd, run.Dataset{}, math.NaN(), 0.8, 0.8)
	h.wantModels(t, names)
	log(first, a, train, 0.05, 0.95) // beside what is in the index already, and not the newest
	_, err := h.LoggedModel(ctx, a)
	must(t, err)
	before := h.dump(t)
	h.wantModels(t, names)
	for _, filter := range []string{"metrics.acc < 0.08", "metrics.acc > 0.92"} {
		list, _, err := h.SearchLoggedModels(ctx, run.Search{Filter: filter})
		if err != nil || len(list) != 1 || list[0].ID != a {
			t.Errorf("%s: %+v, %v", filter, list, err)
		}
	}
	h.close()
	must(t, os.Remove(indexPath(h.dir))) // made anew from records and files, it says the same
	h = open(t, h.dir)
	if h.dump(t) != before {
		t.Error("another index than before")
	}
	h.wantModels(t, names)
}

func (h *house) wantModels(t *testing.T, names map[string]string) {
	t.Helper()
	for _, c := range modelFilters {
		list, _, err := h.SearchLoggedModels(t.Context(), run.Search{Filter: c.filter, Datasets: c.on})
		must(t, err)
		found := make([]string, len(list))
		for i, m := range list {
			found[i] = names[m.ID]
		}
		slices.Sort(found)
		if got := strings.Join(found, " "); got != c.want {
			t.Errorf("%q on %v: %q, want %q", c.filter, c.on, got, c.want)
		}
	}
}

// The newest of a model's metrics is what was logged last, on whichever dataset; an order
// may name one.
func TestModelsAreOrderedByWhatWasLoggedLast(t *testing.T) {
	h := open(t, t.TempDir())
	ctx := t.Context()
	id := h.run(t, run.Create{}).ID
	low, err := h.CreateLoggedModel(ctx, run.LoggedModel{Name: "low"})
	must(t, err)
	high, err := h.CreateLoggedModel(ctx, run.LoggedModel{Name: "high"})
	must(t, err)
	must(t, h.Log(ctx, id, run.Batch{Points: []run.Point{
		{Key: "acc", Value: 0.9, Step: 9, Time: 1, Model: low.ID, Dataset: train},
		{Key: "acc", Value: 0.1, Step: 1, Time: 2, Model: low.ID, Dataset: test},
		{Key: "acc", Value: 0.2, Step: 1, Time: 1, Model: high.ID, Dataset: train},
		{Key: "acc", Value: 0.3, Step: 1, Time: 2, Model: high.ID, Dataset: test},
	}}))
	for _, c := range []struct {
		filter []run.Dataset
		order  run.Dataset
		first  string
	}{{nil, run.Dataset{}, high.ID}, {nil, train, low.ID}, {[]run.Dataset{train}, run.Dataset{}, high.ID}} {
		list, _, err := h.SearchLoggedModels(ctx, run.Search{Datasets: c.filter, OrderBy: []string{"metrics.acc DESC"}, OrderOn: []run.Dataset{c.order}})
		if err != nil || len(list) != 2 || list[0].ID != c.first {
			t.Errorf("%+v: %+v, %v", c, list, err)
		}
	}
}

// Of one dataset and run too the newest is what was logged last, also where its step is
// less; an index that is made anew says the same.
func TestOfOneDatasetWhatWasLoggedLastOrdersModels(t *testing.T) {
	h := open(t, t.TempDir())
	id := h.run(t, run.Create{}).ID
	model := func(name string) string {
		m, err := h.CreateLoggedModel(t.Context(), run.LoggedModel{Name: name})
		must(t, err)
		return m.ID
	}
	back, usual := model("back"), model("usual")
	point := func(model string, value float64, step, time int64) run.Point {
		return run.Point{Key: "acc", Value: value, Step: step, Time: time, Model: model, Dataset: train}
	}
	must(t, h.Log(t.Context(), id, run.Batch{Points: []run.Point{point(back, 0.9, 9, 1), point(back, 0.1, 1, 2), point(usual, 0.5, 1, 1)}}))
	want := func(value run.Float) {
		t.Helper()
		list, _, err := h.SearchLoggedModels(t.Context(), run.Search{OrderBy: []string{"metrics.acc DESC"}, OrderOn: []run.Dataset{train}})
		if err != nil || len(list) != 2 || list[0].ID != usual || list[1].Metrics[0].Value != value {
			t.Errorf("%+v, %v; want %v last", list, err, value)
		}
	}
	want(0.1)
	must(t, h.Log(t.Context(), id, run.Batch{Params: map[string]string{"p": "1"}, Points: []run.Point{point(back, 0.8, 99, 1), point(back, 0.2, 2, 2)}})) // by a record
	want(0.2)
	h.close()
	must(t, os.Remove(indexPath(h.dir)))
	h = open(t, h.dir)
	want(0.2)
}
