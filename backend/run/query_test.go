package run_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"rondo/backend/errs"
	"rondo/backend/run"
)

// zoo makes runs that differ in all that can be searched.
func zoo(t *testing.T) *house {
	h := open(t, t.TempDir())
	at := time.UnixMilli(1_700_000_000_000)
	for i, c := range []struct {
		name, model string
		loss        float64
	}{{"ant", "tree", 0.5}, {"bee", "Tree", math.NaN()}, {"cat", "linear", 0.1}, {"dog", "tree_2", math.Inf(1)}, {"eel", "", -1}} {
		in := run.Create{Name: c.name, StartedAt: at.Add(time.Duration(i) * time.Second), Params: map[string]string{}, User: "ann", Tags: map[string]string{"n": fmt.Sprint(i)}}
		if c.model != "" {
			in.Params["model"] = c.model
		}
		r := h.run(t, in)
		if c.name != "eel" {
			must(t, h.Log(t.Context(), r.ID, run.Batch{Points: []run.Point{{Key: "loss", Value: 99, Time: 1}, {Key: "loss", Value: c.loss, Time: 2, Step: 1}}}))
		}
		if c.name == "cat" {
			must(t, h.LogInputs(t.Context(), r.ID, []run.Input{{Dataset: run.Dataset{Name: "weather", Digest: "abc"}, Tags: map[string]string{"mlflow.data.context": "train"}}}, nil))
		}
	}
	return h
}

func names(list []run.Run) string {
	var all []string
	for _, r := range list {
		all = append(all, r.Name)
	}
	return strings.Join(all, " ")
}

func TestSearchSelects(t *testing.T) {
	h := zoo(t)
	for filter, want := range map[string]string{
		"":                                          "eel dog cat bee ant",
		"metrics.loss < 1":                          "cat ant",
		"metrics.loss != 0.5":                       "dog cat bee", // NaN is unequal to all; who has none matches nothing
		"metrics.loss > 1e308":                      "dog",
		"params.model = 'tree'":                     "ant",
		"params.model != 'tree'":                    "dog cat bee",
		"params.model LIKE 'tree%'":                 "dog ant",
		"params.model ILIKE 'TREE'":                 "bee ant",
		"params.model LIKE 't_ee'":                  "ant",
		"params.none != 'x'":                        "",
		"tags.n = '3'":                              "dog",
		"tags.`mlflow.runName`='ant'":               "ant",
		"attributes.run_name = 'bee'":               "bee",
		"run_name IN ('bee','cat')":                 "cat bee",
		"run_name NOT IN ('bee','cat')":             "eel dog ant",
		"status = 'RUNNING' AND metrics.loss = 0.1": "cat",
		"start_time >= 1700000003000":               "eel dog",
		"datasets.name = 'weather' AND dataset.context = 'train'":            "cat",
		"datasets.digest LIKE 'x%'":                                          "",
		"user_id = 'ann' AND params.model = 'x'' OR 1=1 --'":                 "",
		"params.model = 'tree' AND params.model LIKE '%' AND metrics.loss>0": "ant",
	} {
		list, _, total, err := h.Search(t.Context(), run.Search{Filter: filter})
		if err != nil || names(list) != want || total != len(list) {
			t.Errorf("%q selects %q (%d), want %q; %v", filter, names(list), total, want, err)
		}
	}
	for filter, want := range map[string]string{
		"metrics.loss = 'a'":   "compared with a number",
		"params.model = 1":     "compared with a text",
		"params.model > 'a'":   "character 14: > compares numbers",
		"metrics.loss LIKE 1":  "LIKE compares texts",
		"attributes.what = 1":  "runs have no attribute",
		"datasets.foo = 'bar'": "name, digest and context",
		"metrics.loss IN (1)":  "IN compares texts",
	} {
		_, _, _, err := h.Search(t.Context(), run.Search{Filter: filter})
		refused(t, err, errs.Invalid, want)
	}
}

func TestSearchSorts(t *testing.T) {
	h := zoo(t)
	for order, want := range map[string]string{
		"metrics.loss ASC":              "cat ant dog bee eel", // numbers, then NaN, then missing
		"metrics.loss DESC":             "dog ant cat bee eel",
		"params.model":                  "bee cat ant dog eel",
		"tags.n DESC":                   "eel dog cat bee ant",
		"attributes.start_time":         "ant bee cat dog eel",
		"run_name DESC":                 "eel dog cat bee ant",
		"end_time":                      "eel dog cat bee ant",
		"params.nothing":                "eel dog cat bee ant",
		"tags.`mlflow.runName` DESC":    "eel dog cat bee ant",
		"attributes.status, metrics.x":  "",
		"datasets.name":                 "",
		"metrics.loss; DROP TABLE runs": "",
	} {
		list, _, _, err := h.Search(t.Context(), run.Search{OrderBy: []string{order}})
		if want == "" {
			if !errs.Is(err, errs.Invalid) {
				t.Errorf("%q: %v", order, err)
			}
			continue
		}
		if err != nil || names(list) != want {
			t.Errorf("%q gives %q, want %q; %v", order, names(list), want, err)
		}
	}
}

func TestPagesStayTheSameWhileRunsAreMade(t *testing.T) {
	h := zoo(t)
	in := run.Search{Limit: 2, Filter: "tags.n != 'x'"}
	var seen []string
	for page := 0; ; page++ {
		list, next, total, err := h.Search(t.Context(), in)
		if err != nil || page == 0 && total != 5 {
			t.Fatalf("%d, %v", total, err)
		}
		seen = append(seen, strings.Fields(names(list))...)
		h.run(t, run.Create{Name: "new", Tags: map[string]string{"n": "new"}})
		if in.Page = next; next == "" {
			break
		}
	}
	if got := strings.Join(seen, " "); got != "eel dog cat bee ant" {
		t.Errorf("pages %q", got)
	}
	_, next, _, err := h.Search(t.Context(), run.Search{Limit: 1})
	must(t, err)
	for _, bad := range []run.Search{{Page: "nonsense"}, {Page: next, Filter: "tags.n = '1'"}, {Limit: -1}, {Limit: 1 << 20}} {
		_, _, _, err := h.Search(t.Context(), bad)
		refused(t, err, errs.Invalid, "")
	}
}

func TestExperiments(t *testing.T) {
	h := open(t, t.TempDir())
	ctx := t.Context()
	d, err := h.Experiment(ctx, "0")
	if err != nil || d.Name != "Default" || d.Lifecycle != run.Active {
		t.Fatalf("experiment 0: %+v, %v", d, err)
	}
	first := h.run(t, run.Create{})
	if d, err = h.Experiment(ctx, "0"); err != nil || d.CreatedAt.IsZero() || d.CreatedAt.After(first.StartedAt.Add(time.Hour)) || d.CreatedAt.Year() < 2000 {
		t.Errorf("the default experiment is as old as its first run: %+v, %v", d, err)
	}
	e, err := h.CreateExperiment(ctx, "weather", "", map[string]string{"team": "north"})
	must(t, err)
	if len(e.ID) != 18 || strings.Trim(e.ID, "0123456789") != "" || e.Tags["team"] != "north" {
		t.Errorf("experiment %+v", e)
	}
	_, err = h.CreateExperiment(ctx, "weather", "", nil)
	refused(t, err, errs.Conflict, "already exists")
	keep, gone := h.run(t, run.Create{ExperimentID: e.ID, Name: "keep"}), h.run(t, run.Create{ExperimentID: e.ID, Name: "gone"})
	must(t, h.Delete(ctx, gone.ID))
	must(t, h.DeleteExperiment(ctx, e.ID))
	refused(t, h.DeleteExperiment(ctx, e.ID), errs.NotFound, "deleted already")
	if r, _ := h.Get(ctx, keep.ID); r.Lifecycle != run.Deleted {
		t.Error("a run of a deleted experiment is active")
	}
	refused(t, h.Restore(ctx, keep.ID), errs.Precondition, "must be in the 'active' state")
	_, err = h.Create(ctx, run.Create{ExperimentID: e.ID})
	refused(t, err, errs.Precondition, "must be in the 'active' state")
	_, err = h.EnsureExperiment(ctx, "weather")
	refused(t, err, errs.Precondition, "weather")
	must(t, h.RestoreExperiment(ctx, e.ID))
	k, _ := h.Get(ctx, keep.ID)
	g, _ := h.Get(ctx, gone.ID)
	if k.Lifecycle != run.Active || g.Lifecycle != run.Deleted {
		t.Errorf("after the restore: %s and %s, want active and deleted", k.Lifecycle, g.Lifecycle)
	}
	must(t, h.RenameExperiment(ctx, e.ID, "climate"))
	must(t, h.SetExperimentTag(ctx, e.ID, "team", "", true))
	refused(t, h.SetExperimentTag(ctx, e.ID, "team", "", true), errs.NotFound, "No tag")
	same, err := h.EnsureExperiment(ctx, "climate")
	if err != nil || same.ID != e.ID || same.Runs != 1 || len(same.Tags) != 0 {
		t.Errorf("ensured %+v, %v", same, err)
	}
	list, _, err := h.SearchExperiments(ctx, run.Search{Filter: "name LIKE 'cli%'", OrderBy: []string{"name"}})
	if err != nil || len(list) != 1 {
		t.Errorf("found %v, %v", list, err)
	}
	if list, _, _ = h.SearchExperiments(ctx, run.Search{}); len(list) != 2 || list[0].Name != "climate" {
		t.Errorf("all %+v", list)
	}
	_, _, err = h.SearchExperiments(ctx, run.Search{Filter: "metrics.x > 1"})
	refused(t, err, errs.Invalid, "experiments have no metrics")
}

func TestLoggedModels(t *testing.T) {
	h := open(t, t.TempDir())
	ctx := t.Context()
	r := h.run(t, run.Create{})
	m, err := h.CreateLoggedModel(ctx, run.LoggedModel{Name: "net", RunID: r.ID, Params: map[string]string{"depth": "3"}})
	if err != nil || m.Status != run.ModelPending || !strings.HasPrefix(m.ID, "m-") {
		t.Fatalf("%+v, %v", m, err)
	}
	other, err := h.CreateLoggedModel(ctx, run.LoggedModel{Name: "tree"})
	must(t, err)
	must(t, h.Log(ctx, r.ID, run.Batch{Points: []run.Point{
		{Key: "acc", Value: 0.7, Step: 1, Model: m.ID, Dataset: run.Dataset{Name: "d", Digest: "1"}},
		{Key: "acc", Value: 0.9, Step: 2, Model: m.ID, Dataset: run.Dataset{Name: "d", Digest: "1"}},
		{Key: "acc", Value: 0.3, Step: 3, Model: m.ID},
		{Key: "acc", Value: 0.1, Step: 1, Model: other.ID},
	}}))
	m, err = h.LoggedModel(ctx, m.ID)
	if err != nil || len(m.Metrics) != 2 || m.Metrics[1].Value != 0.9 || m.Metrics[1].Data.Name != "d" || m.Metrics[1].Run != r.ID {
		t.Errorf("metrics %+v, %v", m.Metrics, err)
	}
	m, err = h.FinalizeLoggedModel(ctx, m.ID, run.ModelReady, "")
	must(t, err)
	m, err = h.TagLoggedModel(ctx, m.ID, map[string]string{"a": "1"}, nil)
	if err != nil || m.Status != run.ModelReady || m.Tags["a"] != "1" {
		t.Errorf("%+v, %v", m, err)
	}
	_, err = h.TagLoggedModel(ctx, m.ID, nil, []string{"b"})
	refused(t, err, errs.NotFound, `"b"`)
	refused(t, h.LogModelParams(ctx, m.ID, map[string]string{"depth": "4"}), errs.Conflict, "depth")
	must(t, h.LogModelParams(ctx, m.ID, map[string]string{"width": "4"}))
	for filter, want := range map[string]int{"metrics.acc > 0.2": 1, "name = 'net' AND params.width = '4'": 1, "status = 'READY'": 1, "tags.a = '1'": 1, "": 2, "model_type = 'x'": 0} {
		list, _, err := h.SearchLoggedModels(ctx, run.Search{Filter: filter, OrderBy: []string{"metrics.acc DESC"}})
		if err != nil || len(list) != want {
			t.Errorf("%q: %d models, %v", filter, len(list), err)
		}
	}
	must(t, h.LogOutputs(ctx, r.ID, []run.ModelOutput{{ModelID: m.ID, Step: 3}}))
	must(t, h.LogInputs(ctx, r.ID, nil, []string{other.ID}))
	r, err = h.Get(ctx, r.ID)
	if err != nil || len(r.ModelOutputs) != 1 || r.ModelOutputs[0].Step != 3 || len(r.ModelInputs) != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	must(t, h.DeleteLoggedModel(ctx, m.ID))
	_, err = h.LoggedModel(ctx, m.ID)
	refused(t, err, errs.NotFound, "not found")
	_, err = h.CreateLoggedModel(ctx, run.LoggedModel{Name: "a/b"})
	refused(t, err, errs.Invalid, "name")
}
