package mlflow

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"rondo/backend/errs"
	"rondo/backend/run"
)

// Experiments implements Source.
func (s *server) Experiments(ctx context.Context) (list []run.Experiment, err error) {
	for token := ""; ; {
		var out struct {
			Experiments []wireExperiment `json:"experiments"`
			Next        string           `json:"next_page_token"`
		}
		in := map[string]any{"max_results": 1000, "view_type": "ALL"}
		if token != "" {
			in["page_token"] = token
		}
		if err := s.ask(ctx, http.MethodPost, api2+"/experiments/search", in, &out); err != nil {
			return nil, err
		}
		for _, e := range out.Experiments {
			list = append(list, run.Experiment{
				ID: e.ID, Name: e.Name, Location: e.Location, Lifecycle: lifecycleOf(e.Lifecycle), Tags: mapOf(e.Tags), CreatedAt: e.Created.moment(), UpdatedAt: e.Updated.moment(),
			})
		}
		if token = out.Next; token == "" {
			slices.SortFunc(list, func(a, b run.Experiment) int {
				if n := len(a.ID) - len(b.ID); n != 0 {
					return n
				}
				return strings.Compare(a.ID, b.ID)
			})
			return list, nil
		}
	}
}

const (
	runsAtOnce = 100    // as many as one request for histories may name
	bulkMost   = 25_000 // points that it answers with at most
)

// Runs implements Source.
func (s *server) Runs(ctx context.Context, experiment string, fn func(Run) error) error {
	for token := ""; ; {
		var out struct {
			Runs []wireRun `json:"runs"`
			Next string    `json:"next_page_token"`
		}
		in := map[string]any{"experiment_ids": []string{experiment}, "run_view_type": "ALL", "max_results": runsAtOnce, "order_by": []string{"attributes.start_time ASC"}}
		if token != "" {
			in["page_token"] = token
		}
		if err := s.ask(ctx, http.MethodPost, api2+"/runs/search", in, &out); err != nil {
			return err
		}
		if err := s.modelInputs(ctx, out.Runs); err != nil {
			return err
		}
		h := &histories{s: s}
		for _, w := range out.Runs {
			h.add(w)
		}
		for _, w := range out.Runs {
			r := w.run(experiment)
			r.inside = h
			if err := fn(r); err != nil {
				return err
			}
		}
		if token = out.Next; token == "" {
			return nil
		}
	}
}

// modelInputs asks each run by itself for the models that went in: a search of MLflow's
// server leaves them out.
func (s *server) modelInputs(ctx context.Context, list []wireRun) error {
	s.mu.Lock()
	none := s.seen["logged models"]
	s.mu.Unlock()
	if none {
		return nil
	}
	g, ctx := pool(ctx)
	for i := range list {
		g.Go(func() error {
			id := list[i].id()
			var out struct {
				Run wireRun `json:"run"`
			}
			err := s.ask(ctx, http.MethodGet, api2+"/runs/get?"+url.Values{"run_id": {id}, "run_uuid": {id}}.Encode(), nil, &out)
			if errs.Is(err, errs.NotFound) { // taken away since
				return nil
			}
			list[i].Inputs.Models = out.Run.Inputs.Models
			return err
		})
	}
	return g.Wait()
}

func (w *wireRun) id() string {
	if w.Info.ID == "" {
		return w.Info.UUID
	}
	return w.Info.ID
}

func (w *wireRun) run(experiment string) Run {
	i := w.Info
	r := Run{URI: i.URI, Run: run.Run{
		ID: w.id(), ExperimentID: experiment, Name: i.Name, User: i.User, Status: statusOf(i.Status), Lifecycle: lifecycleOf(i.Lifecycle),
		StartedAt: i.Start.moment(), EndedAt: i.End.moment(), Params: mapOf(w.Data.Params), Tags: mapOf(w.Data.Tags),
	}}
	for _, d := range w.Inputs.Datasets {
		x := d.Dataset
		r.Inputs = append(r.Inputs, run.Input{Dataset: run.Dataset{Name: x.Name, Digest: x.Digest}, SourceType: x.SourceType, Source: x.Source, Schema: x.Schema, Profile: x.Profile, Tags: mapOf(d.Tags)})
	}
	for _, m := range w.Inputs.Models {
		r.ModelInputs = append(r.ModelInputs, m.ID)
	}
	for _, m := range w.Outputs.Models {
		r.ModelOutputs = append(r.ModelOutputs, run.ModelOutput{ModelID: m.ID, Step: int64(m.Step)})
	}
	for _, m := range w.Data.Metrics {
		r.Mark += fmt.Sprintf("%s %v %d %d\n", m.Key, float64(m.Value), m.Time, m.Step)
	}
	r.complete()
	return r
}

// histories are those of a page of runs, asked for all of them together when the first
// one is wanted: one request for each metric instead of one for each run and metric.
type histories struct {
	s    *server
	once sync.Once
	keys map[string][]string // runs that have a metric
	of   map[string][]run.Point
	cut  map[string][]string // metrics of a run that are asked by themselves
	err  error
}

func (h *histories) add(w wireRun) {
	if h.keys == nil {
		h.keys = map[string][]string{}
	}
	for _, m := range w.Data.Metrics {
		h.keys[m.Key] = append(h.keys[m.Key], w.id())
	}
}

func (h *histories) load(ctx context.Context) {
	h.of, h.cut = map[string][]run.Point{}, map[string][]string{}
	for key, ids := range h.keys {
		list, ok, err := h.bulk(ctx, key, ids)
		if h.err = err; err != nil {
			return
		}
		if !ok {
			for _, id := range ids {
				h.cut[id] = append(h.cut[id], key)
			}
			continue
		}
		for _, m := range list {
			h.of[m.RunID] = append(h.of[m.RunID], m.point())
		}
	}
}

// bulk asks for a metric of many runs. It is not ok where the answer may be cut.
func (h *histories) bulk(ctx context.Context, key string, ids []string) (list []wireMetric, ok bool, err error) {
	query := url.Values{"metric_key": {key}, "run_id": ids, "max_results": {fmt.Sprint(bulkMost)}}
	var out struct {
		Metrics []wireMetric `json:"metrics"`
	}
	err = h.s.ask(ctx, http.MethodGet, "/ajax-api/2.0/mlflow/metrics/get-history-bulk?"+query.Encode(), nil, &out)
	if h.s.lacks(err, "histories of many runs at once, so they are asked one by one") {
		return nil, false, nil
	}
	return out.Metrics, len(out.Metrics) < bulkMost, err
}

// Points implements Source.
func (s *server) Points(ctx context.Context, r Run, fn func([]run.Point) error) error {
	h, ok := r.inside.(*histories)
	if !ok {
		return nil
	}
	h.once.Do(func() { h.load(ctx) })
	if h.err != nil {
		return h.err
	}
	m := newMeasured(s.models[r.ID])
	var list []run.Point
	for _, p := range h.of[r.ID] {
		list = m.add(list, p)
	}
	for _, key := range h.cut[r.ID] {
		err := s.history(ctx, r.ID, key, func(p run.Point) { list = m.add(list, p) })
		if err != nil {
			return err
		}
	}
	return fn(m.rest(list))
}

// history asks for one metric of one run, page by page.
func (s *server) history(ctx context.Context, id, key string, fn func(run.Point)) error {
	query := url.Values{"run_id": {id}, "run_uuid": {id}, "metric_key": {key}, "max_results": {fmt.Sprint(bulkMost)}}
	for {
		var out struct {
			Metrics []wireMetric `json:"metrics"`
			Next    string       `json:"next_page_token"`
		}
		if err := s.ask(ctx, http.MethodGet, api2+"/metrics/get-history?"+query.Encode(), nil, &out); err != nil {
			return err
		}
		for _, m := range out.Metrics {
			fn(m.point())
		}
		if out.Next == "" || len(out.Metrics) == 0 {
			return nil
		}
		query.Set("page_token", out.Next)
	}
}
