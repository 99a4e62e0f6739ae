package run

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/proc"
	"rondo/backend/run/points"
)

// mark is a file in the device's folder that is there while this device's files of
// points may be ahead of the index: from before the first of them is written to until
// the index is on disk with all of them. It names the boot.
type mark struct {
	dir  string
	mu   sync.Mutex
	made bool
}

const markName = "points-open"

func (m *mark) path() string { return filepath.Join(m.dir, markName) }

// set makes the mark, durably, before the first file is opened. Where the disk was full it is tried
// again for the next one.
func (m *mark) set() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dir == "" || m.made {
		return nil
	}
	err := atomicfile.WriteFile(m.path(), []byte(proc.Self().Boot+"\n"), 0o600)
	m.made = err == nil
	return errs.Wrap(errs.Unavailable, err, "note that metrics are being logged")
}

// What may be ahead of the index when a project is opened.
const (
	behindNone    = iota // the last server closed everything
	behindOpened         // it was killed: the files that it had opened
	behindAnybody        // the machine went down, or nobody knows
)

func (m *mark) read() int {
	if m.dir == "" {
		return behindAnybody
	}
	boot, err := os.ReadFile(m.path())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return behindNone
	case err == nil && proc.Self().Boot != "" && strings.TrimSpace(string(boot)) == proc.Self().Boot:
		return behindOpened
	}
	return behindAnybody
}

// recover brings the index up to the files of points that may have grown since it last
// saw them. A server that ended well leaves none; one that was killed leaves those in
// run_opened, which the index still has as long as the machine stays up.
func (s *Service) recover(ctx context.Context) error {
	alone, err := s.opts.Ledger.Alone()
	if err != nil {
		return errs.Wrap(errs.Unavailable, err, "list the devices of the project")
	}
	behind := s.mark.read()
	if s.opts.Ledger.Applied() > 0 {
		behind = behindAnybody // then the index is an old one
	}
	if err := s.recoverOwn(ctx, behind); err != nil || alone {
		return err
	}
	return s.recoverOthers(ctx)
}

func (s *Service) recoverOwn(ctx context.Context, behind int) error {
	if behind == behindNone {
		return nil
	}
	query := "SELECT r.id FROM run_opened o JOIN run_runs r ON r.id=o.run ORDER BY r.no"
	if behind == behindAnybody {
		query = "SELECT id FROM run_runs ORDER BY no"
	}
	var damage []points.Damage
	err := s.opts.Ledger.Derive(ctx, func(tx *index.Tx) error {
		ids, err := index.Column[string](tx, query)
		if err != nil {
			return err
		}
		damage, err = catchUp(tx, s.runs, ids, s.ownFile)
		return err
	})
	if err != nil {
		return err
	}
	return s.mend(damage)
}

// few runs are looked at before the project is open, more of them while it is.
var few = 2000

// recoverOthers looks for what came from other devices while nobody was here.
func (s *Service) recoverOthers(ctx context.Context) error {
	var ids []string
	err := s.opts.Ledger.View(ctx, func(tx *index.Tx) (err error) {
		ids, err = index.Column[string](tx, "SELECT id FROM run_runs ORDER BY no DESC") // the newest are missed first
		return err
	})
	if err != nil {
		return err
	}
	now := ids[:min(few, len(ids))]
	if err := s.takeOthers(ctx, now); err != nil || len(now) == len(ids) {
		return err
	}
	s.later.Go(func() {
		for part := range slices.Chunk(ids[len(now):], 256) {
			select {
			case <-s.closing:
				return
			default:
			}
			if s.takeOthers(context.Background(), part) != nil {
				return // the next start tries again
			}
		}
	})
	return nil
}

// takeOthers leaves this device's own files alone, which may be written to by now: what is
// in them waits for the index already, and a block that is half there is no torn end.
func (s *Service) takeOthers(ctx context.Context, ids []string) error {
	var damage []points.Damage
	err := s.opts.Ledger.Derive(ctx, func(tx *index.Tx) (err error) {
		damage, err = catchUp(tx, s.runs, ids, s.othersFiles)
		return err
	})
	if err == nil {
		s.note(damage)
	}
	return err
}

func (s *Service) ownFile(_, id string) []pointFile {
	return []pointFile{{id, s.opts.Ledger.Device()}}
}

func (s *Service) othersFiles(runs, id string) []pointFile {
	return slices.DeleteFunc(filesOf(runs, id), func(f pointFile) bool { return f.device == s.opts.Ledger.Device() })
}

// clean makes the index durable and takes the mark away.
func (s *Service) clean(ctx context.Context) error {
	if s.opts.DeviceDir == "" {
		return nil
	}
	err := s.opts.Ledger.Derive(ctx, func(tx *index.Tx) error {
		_, err := tx.Exec("DELETE FROM run_opened")
		return err
	})
	if err == nil {
		err = s.opts.Ledger.Checkpoint(ctx)
	}
	if err != nil {
		return err
	}
	if err := os.Remove(s.mark.path()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
