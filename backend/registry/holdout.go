package registry

import (
	"context"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strconv"

	"rondo/backend/errs"
	"rondo/backend/registry/gate"
)

const maxHoldout = 2_000_000 // rows

// holdout is a CSV read as rows that a model can be asked.
type holdout struct {
	rows             []map[string]any
	labels, segments []string
}

// readHoldout reads the version's hold-out from the store; the label column is not
// among what the model gets to see.
func (s *Service) readHoldout(ctx context.Context, v Version) (h holdout, err error) {
	f, err := s.opts.Store.Open(ctx, v.Holdout)
	if err != nil {
		return h, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.ReuseRecord = true
	head, err := r.Read()
	if err != nil {
		return h, badHoldout(v, err)
	}
	head = slices.Clone(head)
	label, segment := slices.Index(head, v.Label), slices.Index(head, v.Segment)
	if label < 0 {
		return h, errs.New(errs.Precondition, "the hold-out of %s version %d has no column %q", v.Model, v.Version, v.Label).
			WithHint("its columns are %v; set label: of the model in rondo.yaml", head)
	}
	if v.Segment != "" && segment < 0 {
		return h, errs.New(errs.Precondition, "the hold-out of %s version %d has no column %q to judge apart", v.Model, v.Version, v.Segment).
			WithHint("its columns are %v; set segment: of the model in rondo.yaml", head)
	}
	for {
		rec, err := r.Read()
		if errors.Is(err, io.EOF) {
			return h, nil
		}
		if err != nil {
			return h, badHoldout(v, err)
		}
		if len(h.rows) == maxHoldout {
			return h, errs.New(errs.TooLarge, "the hold-out of %s has more than %d rows", v.Model, maxHoldout)
		}
		h.add(head, rec, label, segment)
	}
}

func badHoldout(v Version, err error) error {
	return errs.Wrap(errs.Precondition, err, "the hold-out of %s version %d cannot be read as CSV", v.Model, v.Version)
}

func (h *holdout) add(head, rec []string, label, segment int) {
	row := make(map[string]any, len(head))
	for i, name := range head {
		if i == label {
			continue
		}
		if f, err := strconv.ParseFloat(rec[i], 64); err == nil {
			row[name] = f
		} else if rec[i] != "" {
			row[name] = rec[i]
		}
	}
	h.rows = append(h.rows, row)
	h.labels = append(h.labels, gate.Canonical(rec[label]))
	if segment >= 0 {
		h.segments = append(h.segments, rec[segment])
	}
}
