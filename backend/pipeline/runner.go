package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
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

	mu   sync.Mutex // of out, of the lock file and of what follows
	ends map[string]chan struct{}
	done map[string]string // state of each stage that ended
}

// Run carries out the plan in runDir, which is the body of `rondo pipeline-run`. Ctx
// ends when the process is asked to stop: stages get the same signal themselves, so
// it starts no new ones and waits for those that run.
func Run(ctx context.Context, runDir string, out io.Writer) error {
	r := &runner{runDir: runDir, out: out, ends: map[string]chan struct{}{}, done: map[string]string{}}
	if err := r.open(ctx); err != nil {
		return err
	}
	release, err := r.alone(ctx)
	if err != nil {
		return err
	}
	defer release()
	return r.all(ctx)
}

func (r *runner) open(context.Context) (err error) {
	if r.plan, err = readPlan(r.runDir); err != nil {
		return err
	}
	whole, err := Build(r.plan.Stages)
	if err != nil {
		return err
	}
	if r.graph, err = whole.Only(r.plan.Only); err != nil {
		return err
	}
	r.eyes = newEyes(r.plan.Project)
	r.store, err = store.View(r.plan.Objects)
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
			return l.Unlock, nil
		}
		if !errs.Is(err, errs.Conflict) {
			return nil, err
		}
		if !said {
			r.say("", "another execution works in this project; waiting for it")
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, ctx.Err()
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
	fmt.Fprintf(r.out, stage+format+"\n", args...)
}

// all runs every stage, independent ones side by side.
func (r *runner) all(ctx context.Context) error {
	for _, n := range r.graph {
		r.ends[n.Name] = make(chan struct{})
	}
	slots := make(chan struct{}, r.plan.Parallel)
	var work sync.WaitGroup
	for _, n := range r.graph {
		work.Go(func() {
			defer close(r.ends[n.Name])
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
	if err := writeResult(r.runDir, res); err != nil {
		r.say(res.Name, "its result could not be written: %v", err)
		res.State = Broken
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done[res.Name] = res.State
}

func (r *runner) outcome() error {
	var bad []string
	for _, name := range slices.Sorted(maps.Keys(r.done)) {
		if s := r.done[name]; s == Broken || s == Blocked || s == Stopped {
			bad = append(bad, name+" "+s)
		}
	}
	if len(bad) == 0 {
		return nil
	}
	return errs.New(errs.Precondition, "not every stage ran through: %v", bad).WithHint("the lines of the stage that failed, above, say why")
}

// one brings a stage up to date, or says why it cannot.
func (r *runner) one(ctx context.Context, n *Node) (res StageResult) {
	res = StageResult{Name: n.Name, Cmd: n.Cmd, Reasons: []string{}, Deps: []Artifact{}, Outs: []Artifact{}, Params: map[string]string{}, StartedAt: time.Now().UTC()}
	defer func() { res.EndedAt = time.Now().UTC() }()
	for _, up := range n.Upstream {
		if s := r.state(up); s == Broken || s == Blocked || s == Stopped {
			r.say(n.Name, "blocked: stage %s %s", up, s)
			res.State, res.Error = Blocked, "stage "+up+" "+s
			return res
		}
	}
	if ctx.Err() != nil {
		res.State, res.Error = Stopped, "the execution was stopped before it began"
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
	if hint := errs.HintOf(err); hint != "" {
		r.say(n.Name, "  %s", hint)
	}
}

// update decides between skipping, restoring and running.
func (r *runner) update(ctx context.Context, n *Node, res *StageResult) error {
	lock, err := r.lock()
	if err != nil {
		return err
	}
	s, err := r.eyes.examine(ctx, n, lock)
	if err != nil {
		return err
	}
	res.Deps, res.Params, res.Reasons = append(res.Deps, s.deps...), s.params, append(res.Reasons, s.reasons...)
	switch {
	case n.Frozen:
		res.State, res.Reasons = Frozen, []string{}
		res.Outs = append(res.Outs, s.outs...)
		r.say(n.Name, "frozen: left as it is")
		return nil
	case r.plan.Force:
		res.Reasons = append(res.Reasons, "it was forced")
	case len(s.reasons) == 0:
		return r.skip(ctx, n, s, res)
	case s.outOnly:
		if back, err := r.restore(ctx, n, lock.Stages[n.Name], res); back || err != nil {
			return err
		}
	}
	return r.execute(ctx, n, s, res)
}

func (r *runner) lock() (Lock, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return ReadLock(r.plan.Project)
}

func (r *runner) skip(ctx context.Context, n *Node, s seen, res *StageResult) error {
	res.State = Skipped
	res.Outs = append(res.Outs, s.outs...)
	r.say(n.Name, "skipped: nothing it depends on has changed")
	return r.keep(ctx, append(slices.Clone(s.deps), s.outs...))
}

// restore brings missing outs back from the store, if all of them are there.
func (r *runner) restore(ctx context.Context, n *Node, old LockStage, res *StageResult) (bool, error) {
	outs := fromLock(old.Outs)
	for _, a := range outs {
		if !r.store.Has(a.Digest) {
			return false, nil
		}
	}
	for _, a := range outs {
		if _, err := r.eyes.look(ctx, a.Path); !errors.Is(err, errGone) {
			continue // it is there; a changed one is not thrown away for an old one
		}
		if err := checkout(ctx, r.store, r.plan.Project, a); err != nil {
			return false, err
		}
	}
	for _, a := range outs {
		if now, err := r.eyes.look(ctx, a.Path); err != nil || now.Digest != a.Digest {
			return false, err
		}
	}
	res.State, res.Outs = Restored, outs
	r.say(n.Name, "restored from the store: %s", because(res.Reasons))
	return true, nil
}
