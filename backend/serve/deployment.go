package serve

import (
	"sync/atomic"
	"time"

	"rondo/backend/serve/runtime"
)

// deployment is one loaded version. References count who uses it; the route that
// leads to it holds one.
type deployment struct {
	files   Files
	flavor  string
	model   runtime.Model
	sig     runtime.Signature
	example map[string]any
	since   time.Time
	refs    atomic.Int64
	idle    chan struct{} // closed when the last reference is gone
}

func newDeployment(f Files, m runtime.Model, now time.Time) *deployment {
	d := &deployment{files: f, model: m, sig: m.Signature(), since: now, flavor: "python", idle: make(chan struct{})}
	if named, ok := m.(interface{ Flavor() string }); ok {
		d.flavor = named.Flavor()
	}
	d.refs.Store(1)
	return d
}

// hold takes a reference unless the last one is gone.
func (d *deployment) hold() bool {
	for {
		n := d.refs.Load()
		if n == 0 {
			return false
		}
		if d.refs.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

func (d *deployment) release() {
	if d.refs.Add(-1) == 0 {
		close(d.idle)
	}
}

// drain gives up the route's reference, lets the requests in hand finish, and
// frees the model. Those that take longer than the limit fail.
func (d *deployment) drain(limit time.Duration) error {
	d.release()
	t := time.NewTimer(limit)
	defer t.Stop()
	select {
	case <-d.idle:
	case <-t.C:
	}
	return d.model.Close()
}

// acquire returns what answers now, held. A version that is replaced in this very
// moment has a successor in the route already.
func (ep *endpoint) acquire() *deployment {
	for {
		d := ep.route.Load()
		if d == nil || d.hold() {
			return d
		}
	}
}
