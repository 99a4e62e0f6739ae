package run

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"time"

	"rondo/backend/errs"
	"rondo/backend/index"
)

const pointsSuffix = ".points"

func pointsFile(runs, id, device string) string {
	return filepath.Join(runs, id, "metrics", device+pointsSuffix)
}

// seenOf says how much of a file is in the index.
func seenOf(tx *index.Tx, no int64, device string) (size int64, err error) {
	err = tx.QueryRow("SELECT coalesce(max(size), 0) FROM run_files WHERE run=? AND device=?", no, device).Scan(&size)
	return size, err
}

func setSeen(tx *index.Tx, no int64, device string, size int64) error {
	_, err := tx.Exec("INSERT INTO run_files VALUES (?,?,?) ON CONFLICT DO UPDATE SET size=max(size, excluded.size)", no, device, size)
	return err
}

// waiting are summaries of points that are on disk and not in the index yet. Writing
// them a few times a second instead of at every call is what makes logging quick; who
// reads has them written first.
type waiting struct {
	mu   sync.Mutex
	runs map[string]*waitingRun
	wake func() // called when there is something to write
}

type waitingRun struct {
	end  int64
	sums *collector
}

func (w *waiting) add(id string, end int64, s summaries) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.runs[id]
	if r == nil {
		r = &waitingRun{sums: newCollector()}
		if w.runs[id] = r; len(w.runs) == 1 {
			w.wake()
		}
	}
	r.end = max(r.end, end)
	r.sums.add(s)
}

func (w *waiting) take() map[string]*waitingRun {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.runs) == 0 {
		return nil
	}
	out := w.runs
	w.runs = map[string]*waitingRun{}
	return out
}

func (w *waiting) giveBack(runs map[string]*waitingRun) {
	for id, r := range runs {
		w.add(id, r.end, r.sums.out)
	}
}

// settle writes what waits into the index.
func (s *Service) settle(ctx context.Context) error {
	s.settling.Lock() // who comes second must not read before the first has written
	defer s.settling.Unlock()
	runs := s.waiting.take()
	if runs == nil {
		return nil
	}
	err := s.opts.Ledger.Derive(context.WithoutCancel(ctx), func(tx *index.Tx) error {
		for id, r := range runs {
			no, err := numberOf(tx, id)
			if errs.Is(err, errs.NotFound) {
				continue // it was to be brought in, and its record could not be written
			}
			if err != nil {
				return err
			}
			if err := errors.Join(r.sums.out.store(tx, id, no), setSeen(tx, no, s.opts.Ledger.Device(), r.end)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		s.waiting.giveBack(runs)
		return err
	}
	for id, r := range runs {
		s.announce(id, r.sums.out)
	}
	return nil
}

const settleAfter = 200 * time.Millisecond

// keepSettled writes what waits soon after it came, until the service closes.
func (s *Service) keepSettled() {
	defer close(s.settled)
	for {
		select {
		case <-s.closing:
			return
		case <-s.woken:
		}
		select {
		case <-s.closing:
			return
		case <-time.After(settleAfter):
			_ = s.settle(context.Background()) // on failure it waits on, and the next reader hears of it
		}
	}
}

// wake says that something waits.
func (s *Service) wake() {
	select {
	case s.woken <- struct{}{}:
	default:
	}
}
