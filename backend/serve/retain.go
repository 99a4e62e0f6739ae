package serve

import (
	"context"
	"log/slog"
	"path/filepath"
	"time"

	"rondo/backend/index"
	"rondo/backend/serve/capture"
)

// Retention limits what is kept of this device's captures; zero values keep all.
// Whole files go, the oldest first, and never the one that is being written.
type Retention struct {
	Days  int   `json:"days,omitempty"`
	Bytes int64 `json:"bytes,omitempty"`
}

const sweepEvery = time.Minute

// Retain sets the limits and removes what is over them now.
func (s *Service) Retain(ctx context.Context, keep Retention) error {
	return s.writer.wait(ctx, item{keep: &keep, done: make(chan error, 1)})
}

func (w *writer) retain() {
	now := time.Now()
	if w.keep == (Retention{}) || now.Sub(w.swept) < sweepEvery {
		return
	}
	w.swept = now
	if err := w.sweep(); err != nil {
		slog.Warn("old captures could not be removed", "err", err)
	}
}

func (w *writer) sweep() error {
	dir := filepath.Join(capturesDir(w.opts.Dir), w.opts.Device)
	files, err := capture.Files(dir)
	if err != nil {
		return err
	}
	total := int64(0)
	for _, n := range files {
		total += capture.Size(dir, n)
	}
	for _, n := range files {
		size := capture.Size(dir, n)
		expired, err := w.expired(n)
		if err != nil {
			return err
		}
		if n == w.log.Current() || !expired && (w.keep.Bytes <= 0 || total <= w.keep.Bytes) {
			return nil
		}
		err = w.opts.Ledger.Derive(context.Background(), func(tx *index.Tx) error { return forget(tx, w.opts.Device, n) })
		if err == nil {
			err = capture.Remove(dir, n)
		}
		if err != nil {
			return err
		}
		total -= size
	}
	return nil
}

// expired reports whether all of a file is older than what is kept.
func (w *writer) expired(n int) (bool, error) {
	if w.keep.Days <= 0 {
		return false, nil
	}
	var last int64
	err := w.opts.Ledger.View(context.Background(), func(tx *index.Tx) error {
		return tx.QueryRow("SELECT coalesce(max(last), 0) FROM serve_files WHERE device=? AND file=?", w.opts.Device, n).Scan(&last)
	})
	return last > 0 && w.opts.Now().Sub(time.UnixMicro(last)) > time.Duration(w.keep.Days)*24*time.Hour, err
}
