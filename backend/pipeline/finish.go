package pipeline

import (
	"context"
	"strconv"
	"time"

	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/project"
)

// ended is what an execution.finish record adds to its execution.
type ended struct {
	State     string              `json:"state"`
	Reason    string              `json:"reason"`
	Stages    []StageResult       `json:"stages"`
	Outs      map[string]Artifact `json:"outs"`
	Snapshots []string            `json:"snapshot_ids"`
	Params    map[string]string   `json:"params"`
	Metrics   map[string]float64  `json:"metrics"`
	EndedAt   time.Time           `json:"ended_at"`
}

// Finish puts on record what an execution's run has left. It is called when the run
// has ended; a second call changes nothing.
func (s *Service) Finish(ctx context.Context, id string) (Execution, error) {
	e, err := s.Execution(ctx, id)
	if err != nil || e.State != Running {
		return e, err
	}
	run, err := s.opts.RunState(ctx, id)
	if err != nil || !run.Ended {
		return e, err
	}
	out, err := s.gather(ctx, e, run)
	if err != nil {
		return e, err
	}
	_, err = s.opts.Ledger.Do(ctx, "execution.finish", id, func(tx *index.Tx) (any, error) {
		var clock int64
		now, err := executionRow(tx, id, &clock)
		if err == nil && now.State != Running {
			err = errs.New(errs.Conflict, "execution %s has ended already", id)
		}
		return out, err
	})
	if err != nil && !errs.Is(err, errs.Conflict) {
		return e, err
	}
	if e, err = s.Execution(ctx, id); err != nil {
		return e, err
	}
	return e, s.opts.LogRun(ctx, e)
}

// Recover finishes what ended, and launches what was put on record and then not
// started, while no server ran.
func (s *Service) Recover(ctx context.Context) error {
	open, err := list[Execution](ctx, s, "SELECT data FROM pipeline_executions WHERE state=?", Running)
	if err != nil {
		return err
	}
	for _, e := range open {
		if _, err := s.opts.RunState(ctx, e.ID); errs.Is(err, errs.NotFound) {
			if s.opts.Trusted() == nil {
				err = s.launch(ctx, e)
			} else {
				err = nil // it waits for trust; Start with its id tries again
			}
			if err != nil {
				return err
			}
			continue
		}
		if _, err := s.Finish(ctx, e.ID); err != nil {
			return err
		}
	}
	return s.recoverRepeats(ctx)
}

func (s *Service) gather(ctx context.Context, e Execution, run RunState) (ended, error) {
	out := ended{State: Finished, EndedAt: run.EndedAt, Stages: []StageResult{}, Outs: map[string]Artifact{}, Snapshots: []string{}, Params: map[string]string{}, Metrics: map[string]float64{}}
	dir := s.opts.RunDir(e.ID)
	plan, err := readPlan(dir)
	if err != nil {
		out.State, out.Reason = Failed, err.Error()
		return out, nil
	}
	results, err := readResults(dir)
	if err != nil {
		return out, err
	}
	g, err := Build(plan.Stages)
	if err == nil {
		g, err = g.Only(plan.Only)
	}
	if err != nil {
		out.State, out.Reason = Failed, err.Error()
		return out, nil
	}
	if err := s.opts.Store.Reload(); err != nil { // the runner is another process
		return out, err
	}
	out.judge(g, results, run)
	for _, n := range g {
		if r, ok := results[n.Name]; ok {
			if err := s.collect(ctx, n, r, &out); err != nil {
				return out, err
			}
		}
	}
	return out, nil
}

// judge decides how it ended, and keeps the stages in their order.
func (out *ended) judge(g Graph, results map[string]StageResult, run RunState) {
	if !run.OK {
		out.State, out.Reason = Failed, run.Reason
	}
	if run.Killed {
		out.State = Killed
	}
	for _, n := range g {
		r, ok := results[n.Name]
		if !ok {
			r = StageResult{Name: n.Name, State: Stopped, Error: "it was cut off", Reasons: []string{}, Deps: []Artifact{}, Outs: []Artifact{}, Params: map[string]string{}}
			if out.State == Finished {
				out.State = Failed
			}
		}
		if r.State == Broken {
			out.Reason = "stage " + n.Name + ": " + r.Error
		}
		out.Stages = append(out.Stages, r)
	}
}

// collect adds what one stage read and wrote.
func (s *Service) collect(ctx context.Context, n *Node, r StageResult, out *ended) error {
	for k, v := range r.Params {
		out.Params[k] = v
	}
	for _, a := range r.Outs {
		out.Outs[a.Path] = a
	}
	for _, a := range r.Deps {
		ids, err := s.opts.SnapshotOf(ctx, a.Digest.String())
		if err != nil {
			return err
		}
		for _, id := range ids {
			out.addSnapshot(id)
		}
	}
	for _, m := range n.Metrics {
		p, err := inside(n.Name, n.Wdir, m.Path)
		if a, ok := out.Outs[p]; err == nil && ok && !a.Tree {
			s.readMetrics(ctx, a, out.Metrics)
		}
	}
	return nil
}

func (out *ended) addSnapshot(id string) {
	for _, had := range out.Snapshots {
		if had == id {
			return
		}
	}
	out.Snapshots = append(out.Snapshots, id)
}

const maxMetrics = 4 << 20 // bytes of a metrics file

// readMetrics adds the numbers of a JSON or YAML file under their dotted keys. A file
// that is neither has none.
func (s *Service) readMetrics(ctx context.Context, a Artifact, into map[string]float64) {
	b, err := s.opts.Store.ReadAll(ctx, a.Digest, maxMetrics)
	if err != nil {
		return
	}
	values, err := project.ParseParams(a.Path, b)
	if err != nil {
		return
	}
	for k, text := range values.Flat() {
		if f, err := strconv.ParseFloat(text, 64); err == nil && f-f == 0 { // finite: JSON has no other
			into[k] = f
		}
	}
}
