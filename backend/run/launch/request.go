package launch

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/ledger"
	"rondo/backend/proc"
	"rondo/backend/ref"
	"rondo/backend/run"
)

// Request asks for a run.
type Request struct {
	ID         string            `json:"id,omitempty"`         // empty: a fresh one; one that exists already changes nothing
	Name       string            `json:"name,omitempty"`       // empty: made up
	Experiment string            `json:"experiment,omitempty"` // name; made if need be; empty: Default
	Command    []string          `json:"command"`              // argv; no shell
	Dir        string            `json:"dir,omitempty"`        // where it runs; relative to the project folder, which is the usual
	Kind       string            `json:"kind,omitempty"`       // empty: launched
	ParentID   string            `json:"parent_id,omitempty"`
	Params     map[string]string `json:"params,omitempty"`
	Tags       map[string]string `json:"tags,omitempty"`
	Env        map[string]string `json:"env,omitempty"` // added to the environment; never recorded with the run
}

const (
	maxArgs    = 10_000
	maxCommand = 1 << 20 // bytes of all arguments; systems take about twice that, with the environment
	maxEnv     = 1 << 19 // bytes
)

func (r Request) check() error {
	if len(r.Command) == 0 || r.Command[0] == "" {
		return errs.New(errs.Invalid, "the command is empty").WithHint("write it after --, as in `rondo run -- python train.py`")
	}
	size := 0
	for _, a := range r.Command {
		if size += len(a) + 1; strings.ContainsRune(a, 0) {
			return errs.New(errs.Invalid, "the command holds a zero byte")
		}
	}
	if len(r.Command) > maxArgs || size > maxCommand {
		return errs.New(errs.TooLarge, "the command has %d arguments of %d bytes; the limits are %d and %d", len(r.Command), size, maxArgs, maxCommand)
	}
	size = 0
	for k, v := range r.Env {
		if size += len(k) + len(v) + 2; k == "" || strings.ContainsAny(k, "=\x00") || strings.ContainsRune(v, 0) {
			return errs.New(errs.Invalid, "%.80q is not the name of an environment variable", k)
		}
	}
	if size > maxEnv {
		return errs.New(errs.TooLarge, "the environment of the run has %d bytes; the limit is %d", size, maxEnv)
	}
	return nil
}

// place returns the folder to run in.
func (l *Launcher) place(dir string) (string, error) {
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(l.opts.Dir, dir)
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return dir, err
	}
	info, err := os.Stat(dir)
	if err != nil || !info.IsDir() {
		return dir, errs.New(errs.NotFound, "there is no folder %s to run in", dir)
	}
	return dir, nil
}

// trusted asks whether the command may run here.
func (l *Launcher) trusted(ctx context.Context, r Request) error {
	if l.opts.Trusted == nil {
		return nil
	}
	err := l.opts.Trusted(ctx, r)
	if err == nil || errs.Is(err, errs.Denied) && errs.HintOf(err) != "" {
		return err
	}
	return errs.New(errs.Denied, "this command may not run on this device: %w", err).
		WithHint("look at what the project wants to run with `rondo trust`, then agree with `rondo trust --yes`")
}

// Launch makes a run and starts it as soon as there is room.
func (l *Launcher) Launch(ctx context.Context, r Request) (run.Run, error) {
	if err := r.check(); err != nil {
		return run.Run{}, err
	}
	if r.ID != "" {
		if have, err := l.opts.Runs.Get(ctx, r.ID); !errs.Is(err, errs.NotFound) {
			return have, err
		}
	} else {
		r.ID = ref.NewID()
	}
	var err error
	if r.Dir, err = l.place(r.Dir); err != nil {
		return run.Run{}, err
	}
	if err := l.trusted(ctx, r); err != nil {
		return run.Run{}, err
	}
	return l.enqueue(ctx, r)
}

func (l *Launcher) enqueue(ctx context.Context, r Request) (run.Run, error) {
	in := run.Create{
		ID: r.ID, Name: r.Name, Kind: r.Kind, Status: run.Queued, ParentID: r.ParentID, Params: r.Params,
		Tags: tagsOf(r), User: strings.TrimPrefix(ledger.Actor(ctx), "cli:"), StartedAt: l.opts.Now(),
	}
	if in.Kind == "" {
		in.Kind = run.Launched
	}
	if r.Experiment != "" {
		e, err := l.opts.Runs.EnsureExperiment(ctx, r.Experiment)
		if err != nil {
			return run.Run{}, err
		}
		in.ExperimentID = e.ID
	}
	if err := l.keep(r); err != nil {
		return run.Run{}, err
	}
	made, err := l.opts.Runs.Create(ctx, in)
	if err != nil {
		l.forget(r.ID)
		return made, err
	}
	l.wait(made, false)
	l.pump()
	return l.opts.Runs.Get(ctx, r.ID)
}

// wait puts a run at the end of the queue, or among those that run where it was found again.
func (l *Launcher) wait(r run.Run, running bool) *work {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := &work{id: r.ID, name: r.Name, running: running, reattach: running, done: make(chan struct{})}
	l.jobs[r.ID] = w
	if !running {
		l.waiting = append(l.waiting, r.ID)
	}
	return w
}

// tagsOf says what MLflow's own client says of where a run comes from.
func tagsOf(r Request) map[string]string {
	tags := map[string]string{"mlflow.source.type": "LOCAL", "mlflow.source.name": short(strings.Join(hideArgs(r.Command), " "), 1000)}
	for k, v := range r.Tags {
		tags[k] = v
	}
	return tags
}

func short(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

const queueDir = "queue"

func (l *Launcher) kept(id string) string {
	return filepath.Join(l.opts.DeviceDir, queueDir, id+".json")
}

// keep writes the request where only this device and its person can read it: it may
// hold secrets in its environment. It goes when the command has begun.
func (l *Launcher) keep(r Request) error {
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return errs.Wrap(errs.Unavailable, atomicfile.WriteFile(l.kept(r.ID), b, 0o600), "keep what shall run")
}

func (l *Launcher) forget(id string) { _ = os.Remove(l.kept(id)) } // what stays is removed at the next start

func (l *Launcher) request(id string) (r Request, err error) {
	b, err := os.ReadFile(l.kept(id))
	if err == nil {
		err = json.Unmarshal(b, &r)
	}
	if err == nil && r.ID != id {
		err = errs.New(errs.Corrupt, "the request is another run's")
	}
	return r, err
}

// findAgain looks for the runs that this device started and that have not ended.
func (l *Launcher) findAgain(ctx context.Context) error {
	list, err := l.opts.Runs.Unfinished(ctx, l.opts.Device)
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, r := range list {
		known[r.ID] = true
		_, e1 := proc.ReadState(l.opts.Runs.Dir(r.ID))
		_, e2 := proc.ReadExit(l.opts.Runs.Dir(r.ID))
		began := e1 == nil || e2 == nil
		w := l.wait(r, began)
		if began {
			l.all.Go(func() { l.carry(w) })
		}
	}
	return l.sweep(known)
}

// sweep removes requests that belong to no run that waits.
func (l *Launcher) sweep(known map[string]bool) error {
	entries, err := os.ReadDir(filepath.Join(l.opts.DeviceDir, queueDir))
	if err != nil {
		return errs.Wrap(errs.Unavailable, err, "read the queue")
	}
	for _, e := range entries {
		if id := strings.TrimSuffix(e.Name(), ".json"); !known[id] {
			err = errors.Join(err, os.Remove(filepath.Join(l.opts.DeviceDir, queueDir, e.Name())))
		}
	}
	return err
}

// Stop ends a run: one that waits never starts, one that runs goes down the ladder
// INT, TERM, KILL with all its processes. It returns at once; Wait tells when it is over.
func (l *Launcher) Stop(ctx context.Context, id string) error {
	who := ledger.Actor(ctx)
	if who == "" {
		who = "system"
	}
	l.mu.Lock()
	w := l.jobs[id]
	queued := w != nil && !w.running
	if queued {
		l.waiting = slices.DeleteFunc(l.waiting, func(other string) bool { return other == id })
		delete(l.jobs, id)
	}
	if w != nil {
		w.stopped = who
	}
	l.mu.Unlock()
	if w == nil {
		return l.notOurs(ctx, id)
	}
	if queued {
		defer close(w.done)
		l.end(w, proc.Exit{Code: -1, Stopped: true, StoppedBy: who, Error: "it was stopped while it waited", EndedAt: l.opts.Now().UTC()})
		return nil
	}
	err := proc.Stop(l.opts.Runs.Dir(id), who)
	if errs.Is(err, errs.Precondition) {
		return nil // it has just ended, which is what was wanted
	}
	return err
}

func (l *Launcher) notOurs(ctx context.Context, id string) error {
	r, err := l.opts.Runs.Get(ctx, id)
	switch {
	case err != nil:
		return err
	case r.Exit != nil:
		return errs.New(errs.Precondition, "run %s has ended already", r.Name)
	case r.Kind == run.Client:
		return errs.New(errs.Precondition, "run %s was not started by Rondo", r.Name).WithHint("stop its process where it runs")
	}
	return errs.New(errs.Precondition, "run %s runs on another device", r.Name).WithHint("stop it there")
}
