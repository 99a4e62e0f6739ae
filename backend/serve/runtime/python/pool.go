package python

import (
	"context"
	"maps"
	"slices"
	"sync"

	"rondo/backend/errs"
	model "rondo/backend/serve/runtime"
)

// Model is a model in processes. It is safe for concurrent use.
type Model struct {
	opts  Options
	dir   string
	sig   model.Signature
	table bool
	jobs  chan *job
	ctx   context.Context // ends with Close
	stop  context.CancelFunc
	work  sync.WaitGroup
	ready chan error // how the first start went

	mu      sync.Mutex
	down    map[*slot]error // slots that wait before they start again, and why
	running map[*slot]int   // process ids
}

var _ model.Model = (*Model)(nil)

// job is a request on its way to a process.
type job struct {
	ctx   context.Context
	frame []byte
	out   []model.Tensor
	err   error
	done  chan struct{}
}

func open(ctx context.Context, dir string, about model.MLmodel, opts Options) (*Model, error) {
	m := &Model{opts: opts, dir: dir, sig: about.Signature, jobs: make(chan *job, opts.Queue), down: map[*slot]error{}, running: map[*slot]int{}, ready: make(chan error, opts.Workers)}
	m.table = true
	for _, c := range m.sig.Inputs {
		m.table = m.table && c.Shape == nil
	}
	m.ctx, m.stop = context.WithCancel(context.Background())
	for range opts.Workers {
		s := &slot{m: m}
		m.work.Go(s.run)
	}
	select {
	case err := <-m.ready:
		if err != nil {
			m.Close()
			return nil, err
		}
		return m, nil
	case <-ctx.Done():
		m.Close()
		return nil, ctx.Err()
	}
}

// Signature returns what MLmodel declares.
func (m *Model) Signature() model.Signature { return m.sig }

// Flavor names this runtime.
func (m *Model) Flavor() string { return "python" }

// Predict waits for a process that is free, within the queue's bounds.
func (m *Model) Predict(ctx context.Context, in []model.Tensor) ([]model.Tensor, error) {
	if why := m.allDown(); why != nil {
		return nil, why
	}
	frame, err := encode(in, m.table)
	if err != nil {
		return nil, err
	}
	j := &job{ctx: ctx, frame: frame, done: make(chan struct{})}
	select {
	case m.jobs <- j:
	default:
		return nil, errs.New(errs.Unavailable, "the model is busy: %d requests wait already", cap(m.jobs)).WithHint("try again in a moment, or give it more workers")
	}
	select {
	case <-j.done:
		return j.out, j.err
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-m.ctx.Done():
		return nil, errClosed
	}
}

var errClosed = errs.New(errs.Unavailable, "the model was unloaded meanwhile").WithHint("try again")

// allDown is the reason where no process can answer before a while has passed.
func (m *Model) allDown() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.down) < m.opts.Workers {
		return nil
	}
	for _, err := range m.down {
		return err
	}
	return nil
}

func (m *Model) setDown(s *slot, why error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if why == nil {
		delete(m.down, s)
	} else {
		m.down[s] = why
	}
}

// Close ends the processes. Whoever still waits is told so.
func (m *Model) Close() error {
	m.stop()
	m.work.Wait()
	return nil
}

// Processes returns the ids of the processes that run now.
func (m *Model) Processes() []int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Sorted(maps.Values(m.running))
}

func (m *Model) setRunning(s *slot, pid int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if pid == 0 {
		delete(m.running, s)
	} else {
		m.running[s] = pid
	}
}
