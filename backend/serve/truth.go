package serve

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/ledger"
)

const maxTruths = 100_000 // rows of one call

// told is a batch of truths on its way to the file.
type told struct {
	ctx      context.Context
	endpoint string
	rows     []Truth
	by       string
	matched  int
	unknown  []string
	err      error
	service  *Service
}

// Told says what became of truths.
type Told struct {
	Matched int      `json:"matched"` // ids that have been captured
	Unknown []string `json:"unknown"` // the others, kept all the same; at most 1000 are named
}

// AddTruth records what turned out to be right for captured rows of an endpoint.
// It returns how many of the ids have been captured; the others are kept too, for
// captures that a synchroniser has yet to bring.
func (s *Service) AddTruth(ctx context.Context, endpoint string, rows []Truth) (matched int, err error) {
	t, err := s.Tell(ctx, endpoint, rows)
	return t.Matched, err
}

// Tell is AddTruth that also names the ids that are not known.
func (s *Service) Tell(ctx context.Context, endpoint string, rows []Truth) (Told, error) {
	if err := s.checkTruths(ctx, endpoint, rows); err != nil {
		return Told{}, err
	}
	t := &told{ctx: ctx, endpoint: endpoint, rows: rows, by: ledger.Actor(ctx), service: s}
	if err := s.writer.wait(ctx, item{truth: t, done: make(chan error, 1)}); err != nil {
		return Told{}, err
	}
	return Told{Matched: t.matched, Unknown: append([]string{}, t.unknown...)}, t.err
}

func (s *Service) checkTruths(ctx context.Context, endpoint string, rows []Truth) error {
	if _, err := s.find(endpoint); err != nil && !s.hasCaptures(ctx, endpoint) {
		return err
	}
	if len(rows) > maxTruths {
		return errs.New(errs.TooLarge, "%d truths at once are over the limit of %d", len(rows), maxTruths).WithHint("send them in smaller parts")
	}
	for i, r := range rows {
		switch {
		case r.ID == "":
			return errs.New(errs.Invalid, "row %d: it has no id", i).WithHint("the id is the one that the prediction was answered with, or that you gave it")
		case len(r.ID) > maxID+16:
			return errs.New(errs.Invalid, "row %d: its id is longer than any that was answered", i)
		case r.Label == nil && len(r.Columns) == 0:
			return errs.New(errs.Invalid, "row %d (%s): it has neither a label nor columns", i, r.ID)
		}
		switch r.Label.(type) {
		case []any, map[string]any:
			return errs.New(errs.Invalid, "row %d (%s): a label is one value, not a list or an object", i, r.ID)
		}
	}
	return nil
}

func (s *Service) hasCaptures(ctx context.Context, endpoint string) bool {
	var n int
	err := s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		return tx.QueryRow("SELECT count(*) FROM (SELECT 1 FROM serve_captures WHERE endpoint=? LIMIT 1)", endpoint).Scan(&n)
	})
	return err == nil && n > 0
}

func (w *writer) addTruth(t *told) {
	revisions, err := w.revisions(t)
	if err != nil {
		t.err = err
		return
	}
	now := w.opts.Now()
	for _, r := range t.rows {
		if r.At.IsZero() {
			r.At = now.UTC()
		}
		if r.By == "" {
			r.By = t.by
		}
		revisions[r.ID]++
		w.putTruth(t.endpoint, r, w.next(now.UnixMicro()), revisions[r.ID])
		if len(w.rows) >= blockRows || len(w.lines) >= blockSize {
			if err := w.block(); err != nil {
				t.err = err
				return
			}
		}
	}
}

// revisions returns how often each id was told before.
func (w *writer) revisions(t *told) (map[string]int, error) {
	all := map[string]int{}
	for _, r := range w.rows { // not in the index yet
		if r.truth && r.endpoint == t.endpoint {
			all[r.id] = r.revision
		}
	}
	err := w.opts.Ledger.View(context.Background(), func(tx *index.Tx) error {
		for _, r := range t.rows {
			var n int
			if tx.QueryRow("SELECT coalesce(max(revision), 0) FROM serve_truth WHERE endpoint=? AND id=?", t.endpoint, r.ID).Scan(&n) == nil {
				all[r.ID] = max(all[r.ID], n)
			}
		}
		return nil
	})
	return all, err
}

func (w *writer) putTruth(endpoint string, r Truth, at int64, revision int) {
	b := append(w.lines, `{"kind":"truth","at":`...)
	b = strconv.AppendInt(b, at, 10)
	b = appendText(append(b, `,"id":`...), r.ID)
	b = appendText(append(b, `,"endpoint":`...), endpoint)
	b = append(append(b, `,"label":`...), marshal(r.Label)...)
	if len(r.Columns) > 0 {
		b = append(append(b, `,"columns":`...), marshal(r.Columns)...)
	}
	b = appendText(append(b, `,"time":`...), r.At.Format(time.RFC3339Nano))
	b = appendText(append(b, `,"by":`...), r.By)
	b = strconv.AppendInt(append(b, `,"revision":`...), int64(revision), 10)
	w.lines = append(b, "}\n"...)
	w.rows = append(w.rows, row{truth: true, endpoint: endpoint, at: at, id: r.ID, line: len(w.rows), revision: revision, data: truthData(r)})
}

// marshal writes values that came from JSON.
func marshal(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		return []byte("null")
	}
	return b
}

// truthData is what the index keeps of a truth.
func truthData(t Truth) string {
	t.At = t.At.UTC()
	return string(marshal(t))
}

// finish counts how many of the ids have been captured.
func (t *told) finish(err error) {
	if t.err == nil {
		t.err = err
	}
	if t.err != nil {
		return
	}
	t.err = t.service.opts.Ledger.View(context.Background(), func(tx *index.Tx) error {
		seen := map[string]bool{}
		for _, r := range t.rows {
			if seen[r.ID] {
				continue
			}
			seen[r.ID] = true
			var n int
			if err := tx.QueryRow("SELECT count(*) FROM serve_captures WHERE endpoint=? AND id=?", t.endpoint, r.ID).Scan(&n); err != nil {
				return err
			}
			if n > 0 {
				t.matched++
			} else if len(t.unknown) < 1000 {
				t.unknown = append(t.unknown, r.ID)
			}
		}
		return nil
	})
}
