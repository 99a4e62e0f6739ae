package launch

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/proc"
	"rondo/backend/run"
)

// process starts the run's command, or finds it again, and waits for its end. Over is
// false where the launcher closes before.
func (l *Launcher) process(w *work) (exit proc.Exit, over bool) {
	dir := l.opts.Runs.Dir(w.id)
	handle := proc.Attach(dir)
	if !w.reattach {
		var err error
		if handle, err = l.start(w, dir); err != nil {
			return l.failedStart(w, err), l.ctx.Err() == nil
		}
		handle = l.begun(dir, handle)
	}
	l.forget(w.id)
	stop := l.follow(w, dir)
	exit, err := handle.Wait(l.ctx)
	stop()
	return exit, err == nil
}

func (l *Launcher) failedStart(w *work, err error) proc.Exit {
	text := err.Error()
	if hint := errs.HintOf(err); hint != "" {
		text += " (" + hint + ")"
	}
	by, now := l.stoppedBefore(w), l.opts.Now().UTC()
	return proc.Exit{Code: -1, Error: text, Stopped: by != "", StoppedBy: by, StartedAt: now, EndedAt: now}
}

const beginWithin = 10 * time.Second

// begun waits until the supervisor says that the command runs. Should another one
// have been first, which a crash at just the wrong moment can bring about, the handle
// becomes that one's.
func (l *Launcher) begun(dir string, h *proc.Handle) *proc.Handle {
	ctx, cancel := context.WithTimeout(l.ctx, beginWithin)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if _, err := proc.ReadState(dir); err == nil {
			return proc.Attach(dir)
		}
		if _, err := proc.ReadExit(dir); err == nil {
			return h
		}
		select {
		case <-ctx.Done():
			return h
		case <-tick.C:
		}
	}
}

// start writes the run's folder and starts its supervisor.
func (l *Launcher) start(w *work, dir string) (*proc.Handle, error) {
	r, err := l.request(w.id)
	if err != nil {
		return nil, errs.New(errs.Corrupt, "what it should run is not known any more: %w", err)
	}
	if err := l.trusted(l.ctx, r); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, unwritten(err)
	}
	began := l.opts.Now()
	made, err := l.opts.Runs.Update(l.ctx, w.id, run.Change{Status: ptr(run.Running), StartedAt: &began})
	if err != nil {
		return nil, err
	}
	env := l.environ(made, r)
	if err := l.describe(r, dir, env); err != nil {
		return nil, err
	}
	shown, secret := hideArgs(r.Command), []string(nil)
	if !slices.Equal(shown, r.Command) {
		secret = r.Command // the run's folder may be synchronised
	}
	spec := proc.Spec{RunID: w.id, Command: shown, Handed: secret != nil, Dir: r.Dir, Graces: [2]proc.Millis{proc.Millis(l.opts.Graces[0]), proc.Millis(l.opts.Graces[1])}}
	if err := proc.WriteSpec(dir, spec); err != nil {
		return nil, unwritten(err)
	}
	if who := l.stoppedBefore(w); who != "" {
		return nil, errs.New(errs.Precondition, "it was stopped by %s before it began", who)
	}
	return l.opts.Starter.Start(dir, env, secret...)
}

func ptr[T any](v T) *T { return &v }

func (l *Launcher) stoppedBefore(w *work) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return w.stopped
}

// describe writes down what the run runs with: its code and its environment.
func (l *Launcher) describe(r Request, dir string, env []string) error {
	e := Describe(r.Command, r.Dir, env)
	e.RecordedAt = l.opts.Now().UTC()
	if err := writeJSON(filepath.Join(dir, environmentFile), e); err != nil {
		return err
	}
	if l.opts.Code == nil {
		return nil
	}
	code, err := l.opts.Code(l.ctx, r.Dir)
	if err != nil {
		code = Code{Problem: err.Error()} // no reason not to run, but to say so
	}
	if err := writeJSON(filepath.Join(dir, codeFile), code); err != nil {
		return err
	}
	if code.Commit == "" {
		return nil
	}
	tags := map[string]string{"mlflow.source.git.commit": code.Commit}
	if code.Branch != "" {
		tags["mlflow.source.git.branch"] = code.Branch
	}
	return l.opts.Runs.Log(l.ctx, r.ID, run.Batch{Tags: tags})
}

func writeJSON(path string, v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return unwritten(atomicfile.WriteFile(path, append(b, '\n'), 0o644))
}

// unwritten says why the run's folder could not be written, and what helps.
func unwritten(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC):
		return errs.New(errs.Unavailable, "the disk is full, so the run's folder could not be written").WithHint("free some space and run it again").From(err)
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		return errs.New(errs.Unavailable, "the project folder cannot be written to: %w", err).WithHint("make it writable and run it again")
	}
	return errs.Wrap(errs.Unavailable, err, "write the run's folder")
}

// leftOut are variables that would point a run at somebody else's, or that the
// supervisor sets itself.
var leftOut = map[string]bool{
	"MLFLOW_EXPERIMENT_NAME": true, "MLFLOW_RUN_NAME": true, "WANDB_SERVICE": true, "PWD": true, "PYTHONUNBUFFERED": true, proc.Marker: true,
}

// environ puts the environment of the command together; what comes later wins.
func (l *Launcher) environ(made run.Run, r Request) []string {
	all := &env{values: map[string]string{}}
	all.add(l.opts.Environ)
	for k, v := range r.Env {
		all.set(k, v)
	}
	if l.opts.ChildEnv != nil {
		all.add(l.opts.ChildEnv(made))
	}
	all.set("MLFLOW_RUN_ID", made.ID)
	all.set("MLFLOW_EXPERIMENT_ID", made.ExperimentID)
	all.set("RONDO_PROJECT", l.opts.Dir)
	if len(made.Params) > 0 {
		if b, err := json.Marshal(made.Params); err == nil {
			all.set("RONDO_PARAMS", string(b))
		}
		for k, v := range made.Params {
			all.set("RONDO_PARAM_"+variable(k), v)
		}
	}
	return all.list()
}

// variable makes a param's name fit for a variable: lr.max becomes LR_MAX.
func variable(key string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, strings.ToUpper(key))
}

// env keeps variables in the order they first came.
type env struct {
	names  []string
	values map[string]string
}

func (e *env) set(k, v string) {
	if leftOut[k] || strings.ContainsRune(v, 0) {
		return
	}
	if _, known := e.values[k]; !known {
		e.names = append(e.names, k)
	}
	e.values[k] = v
}

func (e *env) add(list []string) {
	for _, kv := range list {
		if k, v, ok := strings.Cut(kv, "="); ok && k != "" {
			e.set(k, v)
		}
	}
}

func (e *env) list() []string {
	out := make([]string, len(e.names))
	for i, k := range e.names {
		out[i] = k + "=" + e.values[k]
	}
	return out
}
