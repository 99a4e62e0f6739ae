package registry

import (
	"context"
	"maps"
	"slices"

	"rondo/backend/errs"
	"rondo/backend/registry/gate"
)

// Difference is one param or metric of two versions. Absent sides are nil.
type Difference struct {
	Key string `json:"key"`
	A   any    `json:"a"`
	B   any    `json:"b"`
}

// Comparison sets two versions of a model side by side.
type Comparison struct {
	A          Version          `json:"a"`
	B          Version          `json:"b"`
	Same       bool             `json:"same"` // the content is equal bit by bit
	Params     []Difference     `json:"params"`
	Metrics    []Difference     `json:"metrics"`
	Paired     *gate.Comparison `json:"paired,omitempty"`      // B against A on B's hold-out
	PairedText string           `json:"paired_text,omitempty"` // why there is no Paired
}

// Compare sets version b beside version a, on b's hold-out where both can answer it.
func (s *Service) Compare(ctx context.Context, name string, a, b int) (Comparison, error) {
	va, err := s.Version(ctx, name, a)
	if err != nil {
		return Comparison{}, err
	}
	vb, err := s.Version(ctx, name, b)
	if err != nil {
		return Comparison{}, err
	}
	c := Comparison{A: va, B: vb, Same: va.Digest == vb.Digest, Params: differences(va.Params, vb.Params), Metrics: differences(va.Metrics, vb.Metrics)}
	if c.Paired, err = s.pair(ctx, va, vb); err != nil {
		c.PairedText = err.Error()
	}
	return c, nil
}

func (s *Service) pair(ctx context.Context, a, b Version) (*gate.Comparison, error) {
	if b.Holdout.IsZero() || b.Label == "" {
		return nil, errs.New(errs.Precondition, "version %d names no hold-out, so the two were not asked the same rows", b.Version)
	}
	d, h, err := s.answered(ctx, b)
	if err != nil {
		return nil, err
	}
	answers, err := s.answers(ctx, a.Model, a.Version, h)
	if err != nil {
		return nil, err
	}
	metric := "accuracy"
	if d.Task == gate.Regression {
		metric = "rmse"
	}
	return d.Compare("", metric, gate.Other{Version: a.Version, Answers: answers}, 0), nil
}

// differences lists the keys whose values are not the same, sorted.
func differences[V comparable](a, b map[string]V) []Difference {
	list, keys := []Difference{}, map[string]bool{}
	for _, m := range []map[string]V{a, b} {
		for k := range m {
			keys[k] = true
		}
	}
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		va, ina := a[k]
		vb, inb := b[k]
		if ina && inb && va == vb {
			continue
		}
		list = append(list, Difference{k, side(va, ina), side(vb, inb)})
	}
	return list
}

func side[V any](v V, ok bool) any {
	if !ok {
		return nil
	}
	return v
}
