// Package launch starts the processes of runs and finds them again: it keeps the
// queue, gives every run a supervisor that outlives this program, writes down with
// which code and environment it ran, follows its output, and records its end.
// Supervisors themselves are backend/proc's, what a run is backend/run's.
package launch

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"rondo/backend/errs"
	"rondo/backend/event"
	"rondo/backend/proc"
	"rondo/backend/run"
)

// Options say what a Launcher works with.
type Options struct {
	Runs      *run.Service
	Events    *event.Bus // hears run.output and run.system; may be nil
	Dir       string     // the project folder
	DeviceDir string     // this device's folder for the project: what waits is kept there
	Device    string     // this installation's id
	Parallel  int        // runs at a time; 0 means 2
	Starter   proc.Starter
	Graces    [2]time.Duration // between INT, TERM and KILL; zero means the usual

	// Trusted says whether a command may run on this device; nil lets everything run.
	Trusted func(ctx context.Context, r Request) error
	// Code tells the state of the code in a folder; nil: nobody knows.
	Code func(ctx context.Context, dir string) (Code, error)
	// ChildEnv returns KEY=VALUE for a run's process, such as where to track.
	ChildEnv func(r run.Run) []string
	// Environ is the environment that every process starts from; nil means this program's.
	Environ []string
	Now     func() time.Time
}

// Launcher runs what is asked for, a few at a time.
type Launcher struct {
	opts   Options
	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	all    sync.WaitGroup

	mu       sync.Mutex
	parallel int
	waiting  []string         // ids, the next one first
	jobs     map[string]*work // waiting and running ones
	closed   bool
}

// work is a run that is waiting, starting or running.
type work struct {
	id       string
	name     string
	running  bool
	stopped  string // who asked for the end before the command began
	done     chan struct{}
	lastUse  proc.Sample
	sampled  bool
	reattach bool
}

const usualParallel = 2

// Open finds again what runs and what waits, and goes on with it.
func Open(ctx context.Context, opts Options) (*Launcher, error) {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Environ == nil {
		opts.Environ = os.Environ()
	}
	if opts.Parallel <= 0 {
		opts.Parallel = usualParallel
	}
	if err := os.MkdirAll(filepath.Join(opts.DeviceDir, queueDir), 0o700); err != nil {
		return nil, errs.Wrap(errs.Unavailable, err, "make the folder of the queue")
	}
	l := &Launcher{opts: opts, parallel: opts.Parallel, jobs: map[string]*work{}}
	l.ctx, l.cancel = context.WithCancel(context.WithoutCancel(ctx))
	if err := l.findAgain(ctx); err != nil {
		l.cancel()
		return nil, err
	}
	l.pump()
	return l, nil
}

// Close stops looking after the runs; the runs go on.
func (l *Launcher) Close() error {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.cancel()
	l.all.Wait()
	return nil
}

// SetParallel changes how many runs work at a time; more begin at once, none is stopped.
func (l *Launcher) SetParallel(n int) {
	if n <= 0 {
		n = usualParallel
	}
	l.mu.Lock()
	l.parallel = n
	l.mu.Unlock()
	l.pump()
}

// Queue is what runs and what waits.
type Queue struct {
	Parallel int       `json:"parallel"`
	Running  []run.Run `json:"running"`
	Waiting  []run.Run `json:"waiting"` // the next one first
}

// Queue tells what runs now and what waits, in order.
func (l *Launcher) Queue(ctx context.Context) (Queue, error) {
	l.mu.Lock()
	q := Queue{Parallel: l.parallel, Running: []run.Run{}, Waiting: []run.Run{}}
	waiting := slices.Clone(l.waiting)
	var running []string
	for id, w := range l.jobs {
		if w.running {
			running = append(running, id)
		}
	}
	l.mu.Unlock()
	slices.Sort(running)
	for _, part := range []struct {
		ids []string
		to  *[]run.Run
	}{{running, &q.Running}, {waiting, &q.Waiting}} {
		for _, id := range part.ids {
			r, err := l.opts.Runs.Get(ctx, id)
			if err != nil {
				return q, err
			}
			*part.to = append(*part.to, r)
		}
	}
	return q, nil
}

// pump starts what there is room for.
func (l *Launcher) pump() {
	l.mu.Lock()
	defer l.mu.Unlock()
	busy := 0
	for _, w := range l.jobs {
		if w.running {
			busy++
		}
	}
	for !l.closed && busy < l.parallel && len(l.waiting) > 0 {
		w := l.jobs[l.waiting[0]]
		l.waiting = l.waiting[1:]
		w.running = true
		busy++
		l.all.Go(func() { l.carry(w) })
	}
}

// carry takes one run from its start, or from where it was found again, to its end.
func (l *Launcher) carry(w *work) {
	exit, over := l.process(w)
	if !over {
		return // the launcher closes; the run goes on
	}
	l.end(w, exit)
	l.mu.Lock()
	delete(l.jobs, w.id)
	l.mu.Unlock()
	close(w.done)
	l.pump()
}

// Wait returns the run when it has ended.
func (l *Launcher) Wait(ctx context.Context, id string) (run.Run, error) {
	l.mu.Lock()
	w := l.jobs[id]
	l.mu.Unlock()
	if w != nil {
		select {
		case <-w.done:
		case <-ctx.Done():
			return run.Run{}, ctx.Err()
		case <-l.ctx.Done():
			return run.Run{}, errs.New(errs.Unavailable, "the project is closed")
		}
	}
	return l.opts.Runs.Get(ctx, id)
}
