package monitor

import (
	"context"
	"errors"
	"sync"
	"time"

	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/index"
	"rondo/backend/ledger"
)

// state is what a monitor remembers between two looks. All of it can be lost.
type state struct {
	mu      sync.Mutex // held while the monitor is evaluated
	buffers map[VersionRef]*buffer
	seen    map[string]int64 // label revision of a window when its quality was computed
	left    map[string]bool  // windows with a few labels more than their quality says
	full    time.Time        // when all windows were last looked at

	pending sync.Mutex
	counts  map[VersionRef]int
}

// waiting returns how many captures of the version wait for their window to close.
func (st *state) waiting(v *VersionRef) int {
	st.pending.Lock()
	defer st.pending.Unlock()
	if v == nil {
		return 0
	}
	return st.counts[*v]
}

func (st *state) wait(v VersionRef, n int) {
	st.pending.Lock()
	defer st.pending.Unlock()
	if st.counts == nil {
		st.counts = map[VersionRef]int{}
	}
	st.counts[v] = n
}

// Evaluate computes every window that is due, measures quality again where labels
// have arrived, and raises or resolves alerts. What it found before an error is
// recorded and stays.
func (s *Service) Evaluate(ctx context.Context, name string) (Evaluation, error) {
	return s.evaluate(ctx, name, true)
}

// evaluate, when not asked for by a person, leaves out revisions of quality that say
// next to nothing new.
func (s *Service) evaluate(ctx context.Context, name string, asked bool) (Evaluation, error) {
	out := Evaluation{Monitor: name, Windows: []Window{}, Quality: []Quality{}, Alerts: []Alert{}}
	c, err := s.config(name)
	if err != nil {
		return out, err
	}
	if ledger.Actor(ctx) == "" || !asked {
		ctx = ledger.WithActor(ctx, "monitor")
	}
	st := s.state(name)
	st.mu.Lock()
	defer st.mu.Unlock()
	live, err := s.opts.Captures.Live(ctx, c.Endpoint)
	if err != nil {
		return out, errs.Wrap(errs.KindOf(err), err, "endpoint %s of monitor %s", c.Endpoint, name)
	}
	if err := s.watch(ctx, c, live, &out); err != nil { // what a crash left undone
		return out, err
	}
	if err := s.advance(ctx, c, st, live, &out); err != nil {
		return out, err
	}
	if out.Quality, err = s.revisit(ctx, c, st, asked); err != nil {
		return out, err
	}
	return out, s.watch(ctx, c, live, &out)
}

// advance computes the due windows of every version that answered.
func (s *Service) advance(ctx context.Context, c Config, st *state, live VersionRef, out *Evaluation) error {
	versions, err := s.opts.Captures.Versions(ctx, c.Endpoint)
	if err != nil {
		return errs.Wrap(errs.KindOf(err), err, "endpoint %s of monitor %s", c.Endpoint, c.Name)
	}
	for _, v := range versions {
		if err := s.advanceVersion(ctx, c, st, v, live, out); err != nil {
			return err
		}
		if v == live {
			out.Pending = st.waiting(&v)
		}
	}
	return nil
}

func (s *Service) advanceVersion(ctx context.Context, c Config, st *state, v, live VersionRef, out *Evaluation) error {
	b := st.buffers[v]
	if b == nil {
		b = &buffer{}
		st.buffers[v] = b
	}
	for {
		if err := s.place(ctx, c.Name, v, b); err != nil {
			return err
		}
		n, err := s.fill(ctx, c, v, v == live, b)
		if err != nil {
			return err
		}
		if n == 0 {
			st.wait(v, b.answered())
			return nil
		}
		w, err := s.measure(ctx, c, v, b, n)
		if err != nil {
			return err
		}
		w, err = s.record(ctx, w)
		if errors.Is(err, errElsewhere) {
			continue // someone else was faster: place begins again where they ended
		}
		if err != nil {
			return err
		}
		b.drop(n)
		out.Windows = append(out.Windows, w)
		if err := s.watch(ctx, c, live, out); err != nil {
			return err
		}
	}
}

// place makes sure that the buffer begins where the last recorded window ended.
func (s *Service) place(ctx context.Context, name string, v VersionRef, b *buffer) error {
	var at string
	err := s.opts.Ledger.View(ctx, func(tx *index.Tx) (err error) {
		at, err = position(tx, name, v)
		return err
	})
	if err == nil && at != b.after {
		b.reset(at)
	}
	return err
}

func position(tx *index.Tx, name string, v VersionRef) (at string, err error) {
	err = tx.QueryRow("SELECT coalesce(max(cursor),'') FROM monitor_positions WHERE monitor=? AND model=? AND version=?", name, v.Model, v.Version).Scan(&at)
	return at, err
}

var errElsewhere = errs.New(errs.Conflict, "the window was computed elsewhere")

// record makes a window part of history, once: it must begin where the version's
// last window ended at the moment of writing.
func (s *Service) record(ctx context.Context, w Window) (Window, error) {
	fault.Point("monitor.measured")
	_, err := s.opts.Ledger.Do(ctx, recWindow, w.Monitor, func(tx *index.Tx) (any, error) {
		at, err := position(tx, w.Monitor, VersionRef{w.Model, w.Version})
		if err != nil {
			return nil, err
		}
		if at != w.After {
			return nil, errElsewhere
		}
		if err := tx.QueryRow("SELECT coalesce(max(number),0)+1 FROM monitor_windows WHERE monitor=?", w.Monitor).Scan(&w.Number); err != nil {
			return nil, err
		}
		short := w
		short.Columns = []Column{}
		return short, nil
	})
	fault.Point("monitor.recorded")
	return w, err
}
