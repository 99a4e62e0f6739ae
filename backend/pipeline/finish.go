package pipeline

import (
	"context"
	"slices"
	"strconv"
	"time"

	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/index"
	"rondo/backend/project"
	"rondo/backend/ref"
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
	Kept      *Experiment         `json:"experiment,omitempty"`
}

func newEnded(state string, at time.Time) ended {
	return ended{
		State: state, EndedAt: at, Stages: []StageResult{}, Outs: map[string]Artifact{}, Snapshots: []string{},
		Params: map[string]string{}, Metrics: map[string]float64{},
	}
}

// Finish puts on record what an execution's run has left. It is called when the run
// has ended; a second call changes nothing.
func (s *Service) Finish(ctx context.Context, id string) (Execution, error) {
	s.finishing.Lock()
	defer s.finishing.Unlock()
	e, err := s.stored(ctx, id)
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
	if err := s.opts.LogRun(ctx, e.with(out)); err != nil { // before the record, which says that all is done
		return e, err
	}
	fault.Point("execution.logged")
	if err := s.end(ctx, id, out); err != nil {
		return e, err
	}
	return s.Execution(ctx, id)
}

func (s *Service) end(ctx context.Context, id string, out ended) error {
	_, err := s.opts.Ledger.Do(ctx, "execution.finish", id, func(tx *index.Tx) (any, error) {
		var clock int64
		now, err := executionRow(tx, id, &clock)
		if err == nil && now.State != Running {
			err = errs.New(errs.Conflict, "execution %s has ended already", id)
		}
		return out, err
	})
	if errs.Is(err, errs.Conflict) {
		return nil
	}
	return err
}

func (e Execution) with(out ended) Execution {
	e.State, e.Reason, e.Stages, e.Outs, e.Snapshots = out.State, out.Reason, out.Stages, out.Outs, out.Snapshots
	e.Params, e.Metrics, e.EndedAt, e.Kept = out.Params, out.Metrics, out.EndedAt, out.Kept
	return e
}

// Recover finishes what ended, and launches what was put on record and then not
// started, while no server ran. What other devices began is theirs.
func (s *Service) Recover(ctx context.Context) error {
	open, err := list[Execution](ctx, s, "SELECT data FROM pipeline_executions WHERE state=? ORDER BY clock", Running)
	if err != nil {
		return err
	}
	for _, e := range open {
		if e.Device != s.opts.Ledger.Device() {
			continue
		}
		err := s.relaunch(ctx, e)
		if err == nil {
			_, err = s.Finish(ctx, e.ID)
		}
		if err != nil && !errs.Is(err, errs.Denied) { // it waits for trust; Start with its id tries again
			return err
		}
	}
	return s.recoverRepeats(ctx)
}

// graph is the pipeline as it was when the execution began.
func (e Execution) graph() (Graph, error) {
	g, err := Build(e.Spec.Stages)
	if err != nil {
		return nil, err
	}
	return g.Chosen(e.Request.Stages, e.Request.Extent)
}

func (s *Service) gather(ctx context.Context, e Execution, run RunState) (ended, error) {
	out := newEnded(Finished, run.EndedAt)
	g, err := e.graph()
	if err != nil {
		out.State, out.Reason = Failed, err.Error()
		return out, nil
	}
	results, err := readResults(s.opts.RunDir(e.ID))
	if err != nil {
		out.State, out.Reason = Failed, err.Error()
		return out, nil
	}
	if err := s.opts.Store.Reload(); err != nil { // the runner is another process
		return out, err
	}
	kept, err := readExperiment(s.opts.RunDir(e.ID))
	if err != nil {
		out.State, out.Reason = Failed, err.Error()
		return out, nil
	}
	if out.Reason = kept.Error; kept.Commit != "" {
		out.Kept = &kept.Experiment
	}
	out.judge(g, results, run)
	known := map[ref.Digest][]string{}
	for i, n := range g {
		if err := s.collect(ctx, n, out.Stages[i], known, &out); err != nil {
			return out, err
		}
	}
	return out, nil
}

// judge decides how it ended, and keeps the stages in their order.
func (out *ended) judge(g Graph, results map[string]StageResult, run RunState) {
	for _, n := range g {
		r, ok := results[n.Name]
		if !ok {
			r = newResult(n)
		}
		if !ok || r.State == Running {
			r.State, r.Error = Stopped, "it was cut off"
		}
		if r.State == Broken && out.Reason == "" {
			out.Reason = "stage " + n.Name + ": " + r.Error
		}
		if bars(r.State) {
			out.State = Failed
		}
		out.Stages = append(out.Stages, r)
	}
	switch {
	case run.Killed:
		out.State = Killed
	case !run.OK:
		out.State = Failed
	}
	if out.State != Finished && out.Reason == "" {
		out.Reason = run.Reason
	}
	if out.State != Finished && out.Reason == "" {
		out.Reason = "the runner ended before all stages did"
	}
}

// collect adds what one stage read and wrote. Known are the snapshots of contents that
// another stage has read.
func (s *Service) collect(ctx context.Context, n *Node, r StageResult, known map[ref.Digest][]string, out *ended) error {
	for k, v := range r.Params {
		out.Params[k] = v
	}
	for _, a := range r.Outs {
		out.Outs[a.Path] = a
	}
	for _, a := range r.Deps {
		ids, asked := known[a.Digest]
		if !asked {
			var err error
			if ids, err = s.opts.SnapshotOf(ctx, a.Digest.String()); err != nil {
				return err
			}
			known[a.Digest] = ids
		}
		for _, id := range ids {
			if !slices.Contains(out.Snapshots, id) {
				out.Snapshots = append(out.Snapshots, id)
			}
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

const maxMetrics = 4 << 20 // bytes of a metrics file

// readMetrics adds the numbers of a JSON or YAML file under their dotted keys. A file
// that is neither has none. Where two files have a key, the later one's is told with
// its path in front.
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
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || f-f != 0 { // finite: JSON has no other
			continue
		}
		if _, taken := into[k]; taken {
			k = a.Path + ":" + k
		}
		into[k] = f
	}
}
