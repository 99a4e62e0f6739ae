package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/project"
	"rondo/backend/store"
)

// runner carries out one plan in a process of its own.
type runner struct {
	runDir string
	plan   Plan
	graph  Graph
	eyes   *eyes
	store  *store.Store
	out    io.Writer

	describe  Describe   // nil: nobody knows
	openBooks OpenBooks  // nil: there are none
	books     Books      // of stages that come from another tool's project; nil where none do
	turn      sync.Mutex // of books
	alive     *os.File   // held open by all stages, so that one which outlives us keeps others away
	procs     procs
	unchanged unchanged

	mu     sync.Mutex // of out, of the lock and of what follows
	lock   Lock
	locked lockFile
	ends   map[string]chan struct{}
	done   map[string]string // state of each stage that ended
}

// Run carries out the plan in runDir, which is the body of `rondo pipeline-run`. When
// the process is asked to stop, or ctx ends, it passes that on to the stages that run,
// starts no new ones and waits. Describe and books may be nil.
func Run(ctx context.Context, runDir string, out io.Writer, describe Describe, books OpenBooks) error {
	r := &runner{runDir: runDir, out: out, describe: describe, openBooks: books, ends: map[string]chan struct{}{}, done: map[string]string{}}
	if err := r.open(); err != nil {
		return err
	}
	ctx, release := r.procs.obey(ctx, r.plan.patience())
	defer release()
	unlock, err := r.alone(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if err := r.begin(); err != nil {
		return err
	}
	defer r.eyes.save()
	defer r.endForeign()
	if err := r.beginForeign(ctx); err != nil {
		return err
	}
	err = firstOf(r.all(ctx), r.unchanged.close())
	if err == nil {
		err = r.keepExperiment(ctx)
	}
	return err
}

func (r *runner) open() (err error) {
	if r.plan, err = readPlan(r.runDir); err != nil {
		return err
	}
	whole, err := Build(r.plan.Stages)
	if err != nil {
		return err
	}
	if r.graph, err = whole.Chosen(r.plan.Only, r.plan.Extent); err != nil {
		return err
	}
	r.store, err = store.View(r.plan.Objects)
	return err
}

// begin reads what the project is like, now that nobody else changes it.
func (r *runner) begin() (err error) {
	r.eyes = newEyes(r.plan.Project, r.plan.Memory, time.Now)
	params, err := r.eyes.resolve(project.DefaultParams)
	if errors.Is(err, errGone) {
		params, err = filepath.Join(r.plan.Project, project.DefaultParams), nil
	}
	if err != nil {
		return err
	}
	if err := project.OverrideParams(params, r.plan.Params); err != nil {
		return err
	}
	fault.Point("pipeline.params")
	r.locked.dir = r.plan.Project
	r.lock, err = ReadLock(r.plan.Project)
	return err
}

// alone waits until no other execution works in the project.
func (r *runner) alone(ctx context.Context) (release func() error, err error) {
	path := filepath.Join(r.plan.Project, project.PrivateDir, "pipeline.lock")
	if r.plan.NoLock {
		return func() error { return nil }, nil
	}
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for said := false; ; said = true {
		l, err := atomicfile.TryLock(path)
		if err == nil {
			r.alive = l.File()
			return l.Unlock, nil
		}
		if !errs.Is(err, errs.Conflict) {
			return nil, errs.Wrap(errs.Unavailable, err, "lock the pipeline")
		}
		if !said {
			r.say("", "another execution works in this project; waiting for it")
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, errs.New(errs.Unavailable, "stopped while it waited for another execution")
		}
	}
}

// say writes one line with the stage in front.
func (r *runner) say(stage, format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if stage != "" {
		stage = "[" + stage + "] "
	}
	fmt.Fprintf(r.out, "%s%s\n", stage, fmt.Sprintf(format, args...))
}

// all runs every stage, independent ones side by side.
func (r *runner) all(ctx context.Context) error {
	for _, n := range r.graph {
		r.ends[n.Name] = make(chan struct{})
	}
	slots := make(chan struct{}, r.plan.Parallel)
	var work sync.WaitGroup
	var before string
	for _, n := range r.graph {
		previous := before
		if r.foreign(n) {
			before = n.Name // another tool's stages run one after the other
		}
		work.Go(func() {
			defer close(r.ends[n.Name])
			if c := r.ends[previous]; c != nil && r.foreign(n) {
				<-c
			}
			for _, up := range n.Upstream {
				if c := r.ends[up]; c != nil {
					<-c
				}
			}
			slots <- struct{}{}
			defer func() { <-slots }()
			r.finish(r.one(ctx, n))
		})
	}
	work.Wait()
	return r.outcome()
}

func (r *runner) state(name string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.done[name]
}

// finish keeps a stage's result. A result that cannot be kept is a failure of it.
func (r *runner) finish(res StageResult) {
	res.EndedAt = time.Now().UTC()
	if err := r.result(res); err != nil {
		r.say(res.Name, "its result could not be written: %v", err)
		res.State = Broken
	}
	fault.Point("pipeline.result")
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done[res.Name] = res.State
}

func (r *runner) result(res StageResult) error {
	if res.State == Skipped {
		return r.unchanged.add(r.runDir, res)
	}
	return writeResult(r.runDir, res)
}

func (r *runner) outcome() error {
	var bad []string
	for _, name := range slices.Sorted(maps.Keys(r.done)) {
		if bars(r.done[name]) {
			bad = append(bad, name+" "+r.done[name])
		}
	}
	if len(bad) == 0 {
		return nil
	}
	return errs.New(errs.Precondition, "not every stage ran through: %v", bad).WithHint("the lines of the stage that failed, above, say why")
}

// bars says whether a stage that ended so keeps those that need it from running.
func bars(state string) bool { return state == Broken || state == Blocked || state == Stopped }

func newResult(n *Node) StageResult {
	return StageResult{Name: n.Name, Cmd: n.Cmd, Reasons: []string{}, Deps: []Artifact{}, Outs: []Artifact{}, Params: map[string]string{}}
}

// one brings a stage up to date, or says why it cannot.
func (r *runner) one(ctx context.Context, n *Node) StageResult {
	res := newResult(n)
	res.StartedAt = time.Now().UTC()
	for _, up := range n.Upstream {
		if s := r.state(up); bars(s) {
			r.say(n.Name, "blocked: stage %s %s", up, s)
			res.State, res.Error = Blocked, "stage "+up+" "+s
			return res
		}
	}
	if ctx.Err() != nil {
		res.State, res.Error = Stopped, "the execution was stopped before it began"
		return res
	}
	if bad := r.badForeign(); r.foreign(n) && bad != "" {
		r.say(n.Name, "blocked: stage %s failed", bad)
		res.State, res.Error = Blocked, "stage "+bad+" failed"
		return res
	}
	if err := r.update(ctx, n, &res); err != nil {
		r.fail(ctx, n, &res, err)
	}
	return res
}

func (r *runner) fail(ctx context.Context, n *Node, res *StageResult, err error) {
	res.State, res.Error = Broken, err.Error()
	if ctx.Err() != nil {
		res.State, res.Error = Stopped, "the execution was stopped"
	}
	var exit exitError
	if errors.As(err, &exit) {
		res.Code = exit.code
	}
	r.say(n.Name, "%s: %s", res.State, res.Error)
	if hint := errs.HintOf(err); hint != "" && res.State == Broken {
		r.say(n.Name, "  %s", hint)
	}
}

// update decides between skipping, restoring and running.
func (r *runner) update(ctx context.Context, n *Node, res *StageResult) error {
	if r.foreign(n) {
		return r.updateForeign(ctx, n, res)
	}
	r.mu.Lock()
	lock := r.lock.only(n.Name)
	r.mu.Unlock()
	s, err := r.eyes.examine(ctx, n, lock, nil)
	if err != nil {
		return err
	}
	res.Deps, res.Params, res.Reasons = append(res.Deps, s.deps...), s.params, append(res.Reasons, s.reasons...)
	if !n.Frozen && (r.plan.Force || len(s.reasons) > 0) {
		if err := r.eyes.notLost(n.Deps); err != nil {
			return err
		}
	}
	switch {
	case n.Frozen:
		res.State, res.Reasons = Frozen, []string{}
		res.Outs = append(res.Outs, s.outs...)
		r.say(n.Name, "frozen: left as it is")
		return r.keep(ctx, n, s.outs)
	case r.plan.Force:
		res.State, res.Reasons = Running, append(res.Reasons, "it was forced")
		if r.plan.NoLock { // what lies in the lock of a repetition is the code's, not its own
			res.Reasons = []string{"it is repeated"}
		}
		_ = writeResult(r.runDir, *res)
	case len(s.reasons) == 0:
		return r.skip(ctx, n, s, res)
	default:
		res.State = Running
		_ = writeResult(r.runDir, *res) // for whoever watches; the end of the stage is what counts
		if back, err := r.restore(ctx, n, lock.Stages[n.Name], s, res); back || err != nil {
			return err
		}
	}
	r.surround(n, res)
	r.eyes.makes(n)
	return r.execute(ctx, n, s, res)
}

func (r *runner) skip(ctx context.Context, n *Node, s seen, res *StageResult) error {
	res.State = Skipped
	res.Outs = append(res.Outs, s.outs...)
	r.say(n.Name, "skipped: nothing it depends on has changed")
	return errors.Join(r.keep(ctx, nil, s.deps), r.keep(ctx, n, s.outs))
}

// record puts what a stage consumed and produced into rondo.lock. It is the last step
// of a stage, so that one which was cut off is one that has not run.
func (r *runner) record(n *Node, res *StageResult) error {
	entry := LockStage{Cmd: n.Cmd, Wdir: n.Wdir, Deps: toLock(res.Deps), Params: res.Params, Outs: toLock(res.Outs)}
	if r.plan.NoLock {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.locked.put(n.Name, entry); err != nil {
		return err
	}
	fault.Point("pipeline.locked")
	r.lock.Stages[n.Name] = entry
	return nil
}
