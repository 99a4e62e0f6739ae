package server

import (
	"context"
	"fmt"

	"rondo/backend/api"
	"rondo/backend/dataset"
	"rondo/backend/loop"
	"rondo/backend/monitor"
	"rondo/backend/run"
	"rondo/backend/serve"
)

// home looks at every stage of the lifecycle, in its order.
func (h *house) home(ctx context.Context) (api.Loop, error) {
	l := api.Loop{Stages: []api.LoopStage{}, Running: []api.LoopItem{}, Attention: []api.LoopItem{}}
	if err := h.attention(&l); err != nil {
		return l, err
	}
	for _, look := range []func(context.Context, *api.Loop) (api.LoopStage, error){
		h.lookData, h.lookTrain, h.lookRegister, h.lookEvaluate, h.lookServe, h.lookMonitor, h.lookDecide,
	} {
		stage, err := look(ctx, &l)
		if err != nil {
			return l, err
		}
		l.Stages = append(l.Stages, stage)
	}
	return l, nil
}

// attention adds what concerns the project as a whole.
func (h *house) attention(l *api.Loop) error {
	f, problem := h.file.current()
	if problem != nil {
		l.Attention = append(l.Attention, api.LoopItem{Kind: "project", Text: problem.Error(), Link: "/settings"})
	}
	q, err := h.trust.Needed(f)
	if q.Needed {
		l.Attention = append(l.Attention, api.LoopItem{
			Kind: "trust", ID: q.Digest.String(), Link: "/settings",
			Text: fmt.Sprintf("%d commands and triggers of rondo.yaml wait for your trust", len(q.Actions)),
		})
	}
	return err
}

func headline(code string, values map[string]any, format string, args ...any) api.Headline {
	return api.Headline{Code: "loop." + code, Text: fmt.Sprintf(format, args...), Values: values}
}

func (h *house) lookData(ctx context.Context, _ *api.Loop) (api.LoopStage, error) {
	st := api.LoopStage{Name: "data", State: api.LoopEmpty, Link: "/data"}
	all, err := h.datasets.List(ctx)
	if err != nil || len(all) == 0 {
		st.Headline = headline("data.empty", nil, "no dataset yet")
		return st, err
	}
	st.State, st.Count = api.LoopReady, len(all)
	newest, err := h.newestSnapshot(ctx, all)
	if err != nil || newest == nil {
		st.Headline = headline("data.unversioned", map[string]any{"count": len(all)}, "%d datasets, no snapshot yet", len(all))
		return st, err
	}
	st.At = newest.CreatedAt
	st.Headline = headline("data.latest", map[string]any{"dataset": newest.Dataset, "number": newest.Number},
		"%s v%d", newest.Dataset, newest.Number)
	return st, nil
}

func (h *house) newestSnapshot(ctx context.Context, all []dataset.Dataset) (newest *dataset.Snapshot, err error) {
	for _, d := range all {
		list, err := h.datasets.Snapshots(ctx, d.Name)
		if err != nil {
			return nil, err
		}
		if len(list) > 0 && (newest == nil || list[0].CreatedAt.After(newest.CreatedAt)) {
			newest = &list[0]
		}
	}
	return newest, nil
}

func (h *house) lookTrain(ctx context.Context, l *api.Loop) (api.LoopStage, error) {
	st := api.LoopStage{Name: "train", State: api.LoopEmpty, Link: "/runs"}
	runs, _, total, err := h.runs.Search(ctx, run.Search{Limit: 1, OrderBy: []string{"attributes.start_time DESC"}})
	if err != nil || len(runs) == 0 {
		st.Headline = headline("train.empty", nil, "nothing trained yet")
		return st, err
	}
	r := runs[0]
	st.State, st.Count, st.At = api.LoopReady, total, r.StartedAt
	if r.Status == run.Failed {
		st.State = api.LoopFailed
	}
	st.Headline = headline("train.latest", map[string]any{"run": r.Name, "id": r.ID, "status": r.Status}, "%s: %s", r.Name, statusWord(r.Status))
	active, err := h.activeRuns(ctx)
	for _, a := range active {
		st.State = api.LoopRunning
		l.Running = append(l.Running, api.LoopItem{Kind: "run", ID: a.ID, Text: a.Name, At: a.StartedAt, Link: "/runs/" + a.ID})
	}
	return st, err
}

// activeRuns are those that Rondo started and that have not ended. A run that an
// outside client forgot to end is not waited for here.
func (h *house) activeRuns(ctx context.Context) ([]run.Run, error) {
	list, _, _, err := h.runs.Search(ctx, run.Search{
		Filter: "attributes.status = 'RUNNING'", Limit: 50, OrderBy: []string{"attributes.start_time DESC"},
	})
	active := list[:0]
	for _, r := range list {
		if r.Kind != "client" {
			active = append(active, r)
		}
	}
	return active, err
}

var statusWords = map[string]string{
	run.Queued: "waits in the queue", run.Running: "runs", run.Finished: "finished", run.Failed: "failed", run.Killed: "stopped",
}

func statusWord(status string) string {
	if w := statusWords[status]; w != "" {
		return w
	}
	return status
}

func (h *house) lookRegister(ctx context.Context, _ *api.Loop) (api.LoopStage, error) {
	st := api.LoopStage{Name: "register", State: api.LoopEmpty, Link: "/models"}
	versions, err := h.registry.Versions(ctx, "")
	if err != nil || len(versions) == 0 {
		st.Headline = headline("register.empty", nil, "no model yet")
		return st, err
	}
	v := versions[0]
	for _, other := range versions {
		if other.CreatedAt.After(v.CreatedAt) {
			v = other
		}
	}
	st.State, st.Count, st.At = api.LoopReady, len(versions), v.CreatedAt
	st.Link = "/models/" + v.Model
	st.Headline = headline("register.latest", map[string]any{"model": v.Model, "version": v.Version}, "%s version %d", v.Model, v.Version)
	return st, nil
}

func (h *house) lookEvaluate(ctx context.Context, _ *api.Loop) (api.LoopStage, error) {
	st := api.LoopStage{Name: "evaluate", State: api.LoopEmpty, Link: "/models"}
	st.Headline = headline("evaluate.empty", nil, "nothing judged yet")
	models, err := h.registry.Models(ctx)
	if err != nil {
		return st, err
	}
	for _, m := range models {
		if m.Latest == 0 {
			continue
		}
		all, err := h.registry.Evidences(ctx, m.Name, m.Latest)
		if err != nil {
			return st, err
		}
		for _, e := range all {
			if e.At.Before(st.At) {
				continue
			}
			st.Count, st.At, st.State = len(e.Verdicts), e.At, api.LoopReady
			st.Link = fmt.Sprintf("/models/%s/%d", e.Model, e.Version)
			st.Headline = headline("evaluate.passed", map[string]any{"model": e.Model, "version": e.Version}, "%s version %d passed its gates", e.Model, e.Version)
			if !e.Passed {
				st.State = api.LoopAttention
				st.Headline = headline("evaluate.refused", map[string]any{"model": e.Model, "version": e.Version}, "%s version %d did not pass", e.Model, e.Version)
			}
		}
	}
	return st, nil
}

func (h *house) lookServe(ctx context.Context, l *api.Loop) (api.LoopStage, error) {
	st := api.LoopStage{Name: "serve", State: api.LoopEmpty, Link: "/endpoints"}
	all, err := h.serve.Endpoints(ctx)
	if err != nil || len(all) == 0 {
		st.Headline = headline("serve.empty", nil, "nothing is served yet")
		return st, err
	}
	st.Count = len(all)
	var requests int64
	ready := 0
	for _, e := range all {
		requests += e.Stats.Requests
		switch e.Deployment.State {
		case serve.Ready:
			ready++
		case serve.Failed:
			st.State = api.LoopFailed
			l.Attention = append(l.Attention, api.LoopItem{Kind: "endpoint", ID: e.Name, Text: e.Name + ": " + e.Deployment.Reason, Link: "/endpoints/" + e.Name})
		}
	}
	if st.State == api.LoopEmpty && ready > 0 {
		st.State = api.LoopReady
	}
	st.Values = map[string]any{"ready": ready, "requests": requests}
	st.Headline = headline("serve.requests", st.Values, "%d of %d ready, %d requests", ready, len(all), requests)
	return st, nil
}

func (h *house) lookMonitor(ctx context.Context, l *api.Loop) (api.LoopStage, error) {
	st := api.LoopStage{Name: "monitor", State: api.LoopEmpty, Link: "/monitors", Headline: headline("monitor.empty", nil, "no monitor yet")}
	all, err := h.monitors.List(ctx)
	if err != nil {
		return st, err
	}
	for _, m := range all {
		st.Count++
		if st.Count == 1 || m.Last != nil && m.Last.At.After(st.At) {
			st.State, st.Link = api.LoopReady, "/monitors/"+m.Name
			st.Headline = api.Headline{Code: m.Verdict.Code, Text: m.Verdict.Text, Values: m.Verdict.Values}
		}
		if m.Last != nil && m.Last.At.After(st.At) {
			st.At = m.Last.At
		}
	}
	return st, h.openAlerts(ctx, l, &st)
}

func (h *house) openAlerts(ctx context.Context, l *api.Loop, st *api.LoopStage) error {
	alerts, err := h.monitors.Alerts(ctx, monitor.AlertQuery{Status: "active", Limit: 20})
	for _, a := range alerts {
		st.State = api.LoopAttention
		if a.Status == monitor.AlertOpen {
			l.Attention = append(l.Attention, api.LoopItem{Kind: "alert", ID: a.ID, Text: a.Verdict.Text, At: a.OpenedAt, Link: "/monitors/" + a.Monitor})
		}
	}
	return err
}

func (h *house) lookDecide(ctx context.Context, l *api.Loop) (api.LoopStage, error) {
	st := api.LoopStage{Name: "decide", State: api.LoopEmpty, Link: "/decisions", Headline: headline("decide.empty", nil, "no decision yet")}
	all, err := h.loop.Decisions(ctx, 50)
	if err != nil || len(all) == 0 {
		return st, err
	}
	st.State, st.Count, st.At = api.LoopReady, len(all), all[0].OpenedAt
	st.Link = "/decisions/" + all[0].ID
	st.Headline = headline("decide.latest", map[string]any{"id": all[0].ID, "state": all[0].State, "model": all[0].Model}, "%s", all[0].Text)
	for _, d := range all {
		item := api.LoopItem{Kind: "decision", ID: d.ID, Text: d.Cause.Text, At: d.OpenedAt, Link: "/decisions/" + d.ID}
		switch {
		case d.State == loop.Asked:
			st.State = api.LoopAttention
			l.Attention = append(l.Attention, item)
		case d.Open():
			if st.State == api.LoopReady {
				st.State = api.LoopRunning
			}
			l.Running = append(l.Running, item)
		}
	}
	return st, nil
}
