package monitor

import (
	"context"
	"errors"
	"slices"

	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/index"
)

const revisited = 400 // newest windows whose late labels still count

// revisit measures the quality of windows again whose labels have changed.
func (s *Service) revisit(ctx context.Context, c Config, st *state, asked bool) ([]Quality, error) {
	list, err := s.Windows(ctx, c.Name, revisited, 0)
	if err != nil {
		return nil, err
	}
	out := []Quality{}
	for _, w := range slices.Backward(list) {
		changed, rev, err := s.changed(ctx, st, w)
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
		if !worth(w.Quality, q, asked) {
			if asked || q.Labelled == 0 {
				st.seen[w.ID] = rev
			}
			continue
		}
		switch err := s.recordQuality(ctx, &q); {
		case errors.Is(err, errSame):
		case err != nil:
			return out, err
		default:
			out = append(out, q)
		}
		st.seen[w.ID] = rev
	}
	return out, nil
}

// changed asks the source, where it can tell, whether a window's labels are others
// than at the last look.
func (s *Service) changed(ctx context.Context, st *state, w Window) (bool, int64, error) {
	labels, ok := s.opts.Captures.(Labels)
	if !ok {
		return true, 0, nil
	}
	rev, err := labels.Labelled(ctx, w.captures())
	if err != nil {
		return false, 0, errs.Wrap(errs.KindOf(err), err, "the labels of endpoint %s", w.Endpoint)
	}
	seen, known := st.seen[w.ID]
	return !known || seen != rev, rev, nil
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
func worth(old *Quality, q Quality, asked bool) bool {
	switch {
	case q.Labelled == 0 && old == nil:
		return false
	case old == nil:
		return asked || q.Labelled >= MinLabels || q.Labelled == q.Rows
	case q.same(*old):
		return false
	}
	return asked || q.Labelled == q.Rows || q.Status != old.Status || 10*q.Labelled >= 11*old.Labelled || q.Labelled <= old.Labelled
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
