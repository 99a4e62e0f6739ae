package run

import (
	"context"
	"errors"
	"sync"

	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/run/points"
)

var maxOpen = 64 // files of points that are open at a time

// logs keeps the files of points open that are being written.
type logs struct {
	s      *Service
	mu     sync.Mutex
	open   map[string]*openLog
	closed bool
}

type openLog struct {
	once  sync.Once
	log   *points.Log
	err   error
	users int
	gone  bool          // closes with its last user; nobody else may open the file before
	over  chan struct{} // closed when the file is
}

// use runs fn with the run's log, opened if need be.
func (g *logs) use(ctx context.Context, id string, fn func(*points.Log) error) error {
	l, giveUp, err := g.hold(ctx, id)
	if err != nil {
		return err
	}
	defer giveUp()
	if err = fn(l); err != nil && l.Broken() {
		g.let(id)
	}
	return err
}

// hold returns the run's log, opened if need be, which stays open until it is given up.
func (g *logs) hold(ctx context.Context, id string) (l *points.Log, giveUp func(), err error) {
	o, err := g.take(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	o.once.Do(func() { o.log, o.err = g.s.openLog(context.WithoutCancel(ctx), id) }) // others wait for it who have not gone away
	if o.err != nil {
		g.let(id)
		g.give(id, o)
		return nil, nil, o.err
	}
	return o.log, func() { g.give(id, o) }, nil
}

// ended reports whether the project is about to close, which waits for whoever holds a log.
func (g *logs) ended() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.closed
}

var errClosed = errs.New(errs.Unavailable, "the project is closed")

func (g *logs) take(ctx context.Context, id string) (*openLog, error) {
	for {
		o, over, err := g.find(id)
		if err != nil || over == nil {
			return o, err
		}
		select {
		case <-over:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// find returns the run's open file with one user more; or, where it is about to close,
// what tells when it has.
func (g *logs) find(id string) (o *openLog, over chan struct{}, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return nil, nil, errClosed
	}
	o = g.open[id]
	if o == nil {
		g.makeRoom()
		o = &openLog{over: make(chan struct{})}
		g.open[id] = o
	}
	if o.gone {
		return nil, o.over, nil
	}
	o.users++
	return o, nil, nil
}

// makeRoom closes a file that nobody uses, if there are many.
func (g *logs) makeRoom() {
	if len(g.open) < maxOpen {
		return
	}
	for id, o := range g.open {
		if o.users == 0 {
			g.close(id, o)
			return
		}
	}
}

func (g *logs) close(id string, o *openLog) {
	delete(g.open, id)
	if o.log != nil {
		o.log.Close()
	}
	close(o.over)
}

func (g *logs) give(id string, o *openLog) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if o.users--; o.users == 0 && o.gone {
		g.close(id, o)
	}
}

// let closes the run's file as soon as nobody uses it; the next use opens it anew.
func (g *logs) let(id string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if o := g.open[id]; o != nil {
		g.release(id, o)
	}
}

func (g *logs) release(id string, o *openLog) {
	if o.users == 0 {
		g.close(id, o)
	} else {
		o.gone = true
	}
}

// closeAll closes every file and waits for those that are being written.
func (g *logs) closeAll() {
	g.mu.Lock()
	g.closed = true
	var all []chan struct{}
	for id, o := range g.open {
		all = append(all, o.over)
		g.release(id, o)
	}
	g.mu.Unlock()
	for _, over := range all {
		<-over
	}
}

// openLog opens this device's file of a run's points where the index says it ends,
// after the index has seen all that is in it.
func (s *Service) openLog(ctx context.Context, id string) (*points.Log, error) {
	if err := errors.Join(s.settle(ctx), s.mark.set()); err != nil {
		return nil, err
	}
	var end int64
	err := s.opts.Ledger.Derive(ctx, func(tx *index.Tx) error {
		if _, err := tx.Exec("INSERT OR IGNORE INTO run_opened VALUES (?)", id); err != nil {
			return err
		}
		at, damage, err := catchUpFile(tx, s.runs, id, s.opts.Ledger.Device())
		end = at
		s.note(damage)
		return err
	})
	if err != nil {
		return nil, err
	}
	return points.Open(pointsFile(s.runs, id, s.opts.Ledger.Device()), end)
}
