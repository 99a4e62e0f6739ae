package launch

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/ledger"
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
