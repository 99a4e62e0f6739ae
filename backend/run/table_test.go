package run_test

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"rondo/backend/run"
)

// TestSearchesSeeEveryChange makes random changes and looks, after each few, whether
// searches answer what reading all runs one by one says. Searches keep columns in
// memory, which must never be older than what was acknowledged.
func TestSearchesSeeEveryChange(t *testing.T) {
	h := open(t, t.TempDir())
	r := rand.New(rand.NewPCG(7, 11))
	second, err := h.CreateExperiment(t.Context(), "second", "", nil)
	must(t, err)
	var ids []string
	for step := range 240 {
		change(t, h, r, &ids, second.ID)
		if step%6 == 0 {
			look(t, h, r, ids, second.ID)
		}
	}
	before := answers(t, h)
	h.close()
	h = open(t, h.dir)
	if after := answers(t, h); after != before {
		t.Errorf("after the restart\n%s\nbefore\n%s", after, before)
	}
}

func change(t *testing.T, h *house, r *rand.Rand, ids *[]string, second string) {
	t.Helper()
	ctx := t.Context()
	if len(*ids) < 3 || r.IntN(4) == 0 {
		in := run.Create{User: "ann", Params: map[string]string{"p": fmt.Sprint(r.IntN(3))}}
		if r.IntN(3) == 0 {
			in.ExperimentID = second
		}
		*ids = append(*ids, h.run(t, in).ID)
		return
	}
	id := (*ids)[r.IntN(len(*ids))]
	name := fmt.Sprint("n", r.IntN(5))
	switch r.IntN(9) {
	case 0:
		_ = h.Delete(ctx, id)
	case 1:
		_ = h.Restore(ctx, id)
	case 2:
		_, _ = h.Update(ctx, id, run.Change{Name: &name})
	case 3:
		_ = h.DeleteTag(ctx, id, "t")
	case 4, 5:
		_ = h.Log(ctx, id, run.Batch{Tags: map[string]string{"t": fmt.Sprint(r.IntN(3)), "mlflow.user": name}})
	case 6:
		_ = h.Log(ctx, id, run.Batch{Params: map[string]string{"q": name}, Points: []run.Point{{Key: "x", Value: r.Float64(), Step: int64(r.IntN(4))}}})
	default:
		v := math.Floor(r.Float64() * 4)
		if v == 3 {
			v = math.NaN()
		}
		_ = h.Log(ctx, id, run.Batch{Points: []run.Point{{Key: "x", Value: v, Step: int64(r.IntN(4))}, {Key: "y", Value: v}}})
	}
}

// look compares one search with a look at every run.
func look(t *testing.T, h *house, r *rand.Rand, ids []string, second string) {
	t.Helper()
	in := run.Search{View: run.View(r.IntN(3))}
	if r.IntN(2) == 0 {
		in.ExperimentIDs = []string{second}
	}
	filters := map[string]func(run.Run) bool{
		"":                         func(run.Run) bool { return true },
		"metrics.x > 0.5":          func(r run.Run) bool { return float64(r.Metrics["x"].Value) > 0.5 },
		"metrics.x != 1":           func(r run.Run) bool { m, ok := r.Metrics["x"]; return ok && m.Value != 1 },
		"params.q = 'n1'":          func(r run.Run) bool { return r.Params["q"] == "n1" },
		"tags.t != '1'":            func(r run.Run) bool { v, ok := r.Tags["t"]; return ok && v != "1" },
		"run_name LIKE 'n%'":       func(r run.Run) bool { return strings.HasPrefix(r.Name, "n") },
		"tags.`mlflow.user`='ann'": func(r run.Run) bool { return cmp.Or(r.Tags["mlflow.user"], r.User) == "ann" },
		"params.p IN ('0','2') AND metrics.y <= 2": func(r run.Run) bool {
			m, ok := r.Metrics["y"]
			return ok && float64(m.Value) <= 2 && r.Params["p"] != "1"
		},
	}
	var all []string
	for f := range filters {
		all = append(all, f)
	}
	slices.Sort(all)
	in.Filter, in.OrderBy = all[r.IntN(len(all))], []string{"metrics.x DESC"}
	var want []run.Run
	for _, id := range ids {
		one, err := h.Get(t.Context(), id)
		must(t, err)
		if filters[in.Filter](one) && (in.ExperimentIDs == nil || one.ExperimentID == second) &&
			(in.View == run.ViewAll || (in.View == run.ViewDeleted) == (one.Lifecycle == run.Deleted)) {
			want = append(want, one)
		}
	}
	slices.SortFunc(want, byX)
	got, _, total, err := h.Search(t.Context(), in)
	if err != nil || total != len(want) || fmt.Sprint(idsOf(got)) != fmt.Sprint(idsOf(want)) {
		t.Fatalf("%+v finds %d\n%v\nwant\n%v\n%v", in, total, idsOf(got), idsOf(want), err)
	}
}

// byX orders by x descending, NaN and then missing last; then by the newest start and the id.
func byX(a, b run.Run) int {
	rank := func(r run.Run) (int, float64) {
		m, ok := r.Metrics["x"]
		switch {
		case !ok:
			return 2, 0
		case math.IsNaN(float64(m.Value)):
			return 1, 0
		}
		return 0, float64(m.Value)
	}
	i, x := rank(a)
	j, y := rank(b)
	return cmp.Or(cmp.Compare(i, j), cmp.Compare(y, x), b.StartedAt.Compare(a.StartedAt), cmp.Compare(a.ID, b.ID))
}

func idsOf(list []run.Run) (ids []string) {
	for _, r := range list {
		ids = append(ids, r.ID)
	}
	return ids
}

func answers(t *testing.T, h *house) string {
	t.Helper()
	var b strings.Builder
	for _, f := range []string{"", "metrics.x > 0.5", "params.q = 'n1'", "tags.t != '1'"} {
		list, _, total, err := h.Search(t.Context(), run.Search{Filter: f, OrderBy: []string{"tags.t", "metrics.y"}, View: run.ViewAll})
		must(t, err)
		fmt.Fprintln(&b, f, total, idsOf(list))
	}
	return b.String()
}

// TestManyKeysAndRuns: pages of a search over more runs than a page holds, each metric
// in some of them only, are all runs once and in order.
func TestManyKeysAndRuns(t *testing.T) {
	h := open(t, t.TempDir())
	for i := range 120 {
		id := h.run(t, run.Create{}).ID
		must(t, h.Log(t.Context(), id, run.Batch{Points: []run.Point{{Key: fmt.Sprint("k", i%7), Value: float64(i)}, {Key: "all", Value: float64(i * 37 % 120)}}}))
	}
	seen, in := []float64{}, run.Search{Limit: 7, OrderBy: []string{"metrics.all"}}
	for {
		list, next, total, err := h.Search(t.Context(), in)
		if err != nil || total != 120 {
			t.Fatal(total, err)
		}
		for _, r := range list {
			seen = append(seen, float64(r.Metrics["all"].Value))
		}
		if in.Page = next; next == "" {
			break
		}
	}
	if len(seen) != 120 || !slices.IsSorted(seen) {
		t.Errorf("%d runs: %v", len(seen), seen)
	}
	for k := range 7 {
		_, _, total, err := h.Search(t.Context(), run.Search{Filter: fmt.Sprintf("metrics.k%d >= 0", k)})
		if want := 120/7 + (120%7+6-k)/7; err != nil || total != want {
			t.Errorf("k%d: %d runs, want %d, %v", k, total, want, err)
		}
	}
}

// TestAHistoryGrows: what is read again while it grows, out of order and with a batch
// that a record confirms, is what a fresh look at the files says.
func TestAHistoryGrows(t *testing.T) {
	h := open(t, t.TempDir())
	id := h.run(t, run.Create{}).ID
	r := rand.New(rand.NewPCG(3, 5))
	for i := range 60 {
		b := run.Batch{Points: []run.Point{{Key: "loss", Value: r.Float64(), Step: int64(i), Time: int64(i)}, {Key: "other", Value: 1}}}
		if i%7 == 3 {
			b.Points[0].Time, b.Points[0].Step = int64(r.IntN(i)), 0
		}
		if i%5 == 4 {
			b.Params = map[string]string{fmt.Sprint("p", i): "x"}
		}
		must(t, h.Log(t.Context(), id, b))
		list, total, err := h.History(t.Context(), id, "loss", 0, 1000)
		whole, err2 := h.Sample(t.Context(), id, nil, 0)
		must(t, err2)
		if err != nil || total != i+1 || len(list) != i+1 || len(whole["loss"]) != i+1 {
			t.Fatalf("after %d: %d of %d, %d in the files, %v", i, len(list), total, len(whole["loss"]), err)
		}
		if !slices.IsSortedFunc(list, func(a, b run.Point) int { return cmp.Compare(a.Time, b.Time) }) {
			t.Fatalf("after %d out of order", i)
		}
	}
	list, _, err := h.History(t.Context(), id, "loss", 10, 5)
	all, _, err2 := h.History(t.Context(), id, "loss", 0, 100)
	if err != nil || err2 != nil || fmt.Sprint(list) != fmt.Sprint(all[10:15]) {
		t.Errorf("a page is %v, want %v", list, all[10:15])
	}
}
