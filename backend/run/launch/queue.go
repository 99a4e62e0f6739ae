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
	"rondo/backend/run"
)

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
		l.end(w, proc.Exit{Code: -1, Stopped: true, StoppedBy: who, Error: "it was stopped while it waited", StartedAt: l.opts.Now().UTC(), EndedAt: l.opts.Now().UTC()})
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
