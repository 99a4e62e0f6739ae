package monitor

import (
	"context"
	"errors"
	"slices"
	"time"

	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/index"
)

const (
	revisited   = 400              // newest windows whose late labels still count
	corrections = 10 * time.Minute // how often all of them are read again, for corrected labels and the last few
)

// revisit measures the quality of windows again whose labels have changed.
func (s *Service) revisit(ctx context.Context, c Config, st *state, asked bool) ([]Quality, error) {
	list, err := s.Windows(ctx, c.Name, revisited, 0)
	if err != nil {
		return nil, err
	}
	out := []Quality{}
	thorough := asked || s.opts.Now().Sub(st.full) >= corrections
	if thorough {
		st.full = s.opts.Now()
	}
	for _, w := range slices.Backward(list) {
		changed, rev, err := s.changed(ctx, st, w, thorough)
		if err != nil {
			return out, err
		}
		if !changed {
			continue
		}
		q, err := s.quality(ctx, w)
		if err != nil {
			return out, err
		}
		st.seen[w.ID], st.left[w.ID] = rev, false
		if !worth(w.Quality, q, thorough) {
			st.left[w.ID] = worth(w.Quality, q, true)
			continue
		}
		switch err := s.recordQuality(ctx, &q); {
		case errors.Is(err, errSame):
		case err != nil:
			delete(st.seen, w.ID)
			return out, err
		default:
			out = append(out, q)
		}
	}
	return out, nil
}

// changed tells whether a window's labels may be others than at the last look: the
// source says so where it can; else any event about labels counts for every window.
func (s *Service) changed(ctx context.Context, st *state, w Window, thorough bool) (bool, int64, error) {
	seen, known := st.seen[w.ID]
	labels, ok := s.opts.Captures.(Labels)
	if !ok {
		rev := s.truths.Load()
		complete := w.Quality != nil && w.Quality.Labelled == w.Quality.Rows
		return thorough || !known || s.opts.Events == nil || rev != seen && !complete, rev, nil
	}
	rev, err := labels.Labelled(ctx, w.captures())
	if err != nil {
		return false, 0, errs.Wrap(errs.KindOf(err), err, "the labels of endpoint %s", w.Endpoint)
	}
	return !known || seen != rev || thorough && st.left[w.ID], rev, nil
}

// captures is the query that returns the captures of the window.
func (w Window) captures() CaptureQuery {
	return CaptureQuery{Endpoint: w.Endpoint, Version: VersionRef{w.Model, w.Version}, After: w.After, Until: w.Until}
}

// quality reads a window's captures again, with the labels they have now.
func (s *Service) quality(ctx context.Context, w Window) (Quality, error) {
	q := w.captures()
	var all []Capture
	for {
		q.Limit = page
		list, err := s.opts.Captures.Captures(ctx, q)
		if err != nil {
			return Quality{}, errs.Wrap(errs.KindOf(err), err, "the captures of endpoint %s", w.Endpoint)
		}
		ended := len(list) < page
		for _, x := range list {
			if x.OK {
				x.Inputs = nil
				all = append(all, x)
			}
			if x.Cursor == w.Until { // a source may not know Until
				ended = true
				break
			}
		}
		if ended {
			break
		}
		q.After = list[len(list)-1].Cursor
	}
	out := score(all, w.Task, w.Rule)
	out.Monitor, out.WindowID, out.Model, out.Version = w.Monitor, w.ID, w.Model, w.Version
	out.From, out.To, out.At = w.From, w.To, s.opts.Now().UTC()
	return out, nil
}

// worth reports whether a measurement deserves a record. Labels that trickle in one
// by one would otherwise make as many revisions; every tenth part more is one.
func worth(old *Quality, q Quality, thorough bool) bool {
	switch {
	case q.Labelled == 0 && old == nil:
		return false
	case old == nil:
		return thorough || q.Labelled >= MinLabels || q.Labelled == q.Rows
	case q.same(*old):
		return false
	}
	return thorough || q.Labelled == q.Rows || q.Status != old.Status || 10*q.Labelled >= 11*old.Labelled || q.Labelled <= old.Labelled
}

var errSame = errs.New(errs.Conflict, "the quality is known already")

func (s *Service) recordQuality(ctx context.Context, q *Quality) error {
	fault.Point("monitor.scored")
	_, err := s.opts.Ledger.Do(ctx, recQuality, q.Monitor, func(tx *index.Tx) (any, error) {
		old, err := newestQuality(tx, q.WindowID)
		if err != nil {
			return nil, err
		}
		q.Revision = 1
		if old != nil {
			q.Revision = old.Revision + 1
			if q.same(*old) {
				return nil, errSame
			}
		}
		return q, nil
	})
	return err
}
