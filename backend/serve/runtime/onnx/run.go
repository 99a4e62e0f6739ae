package onnx

import (
	"context"

	"rondo/backend/errs"
)

// run evaluates the graph for the inputs, which are in the order of p.inputs.
func (p *plan) run(ctx context.Context, in []*tensor) ([]*tensor, error) {
	values := make([]*tensor, p.slots)
	for slot, t := range p.consts {
		values[slot] = t
	}
	for i, slot := range p.inSlot {
		values[slot] = in[i]
	}
	args := make([]*tensor, 0, 8)
	made := 0
	for i := range p.steps {
		s := &p.steps[i]
		args = args[:0]
		for _, slot := range s.inSlot {
			args = append(args, at(values, slot))
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n, err := s.into(values, args)
		if err != nil {
			return nil, err
		}
		if made += n; made > maxMade {
			return nil, errs.New(errs.TooLarge, "the model makes more than %d values for one request", maxMade).WithHint("send fewer rows at once")
		}
	}
	out := make([]*tensor, len(p.outSlot))
	for i, slot := range p.outSlot {
		out[i] = values[slot]
	}
	return out, nil
}

func at(values []*tensor, slot int) *tensor {
	if slot < 0 {
		return nil
	}
	return values[slot]
}

// into computes a node's outputs and says how many values they are.
func (s *step) into(values, args []*tensor) (made int, err error) {
	out, err := s.run(s.node, args)
	if err != nil {
		return 0, errs.New(errs.Invalid, "node %.80q (%s): %w", s.name, s.op, err)
	}
	if len(out) < len(s.outSlot) {
		return 0, errs.New(errs.Invalid, "node %.80q (%s) makes %d outputs, not %d", s.name, s.op, len(out), len(s.outSlot))
	}
	for i, slot := range s.outSlot {
		if slot >= 0 {
			values[slot] = out[i].round()
			made += out[i].len()
		}
	}
	return made, nil
}
