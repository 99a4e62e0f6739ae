package onnx

import (
	"slices"

	"rondo/backend/errs"
)

// broadcast returns the shape two tensors stretch to, by numpy's rules.
func broadcast(a, b []int) ([]int, error) {
	if len(a) < len(b) {
		a, b = b, a
	}
	out := slices.Clone(a)
	for i := range b {
		j := len(a) - len(b) + i
		switch {
		case b[i] == a[j] || b[i] == 1:
		case a[j] == 1:
			out[j] = b[i]
		default:
			return nil, errs.New(errs.Invalid, "shapes %v and %v do not fit together", a, b)
		}
	}
	return out, nil
}

// walker maps elements of a stretched shape to elements of a tensor.
type walker struct{ shape, stride []int }

func newWalker(t *tensor, to []int) walker {
	w := walker{shape: to, stride: make([]int, len(to))}
	step := 1
	for i := len(t.shape) - 1; i >= 0; i-- {
		if t.shape[i] != 1 {
			w.stride[len(to)-len(t.shape)+i] = step
		}
		step *= t.shape[i]
	}
	return w
}

// at returns the element of the tensor for element i of the stretched shape.
func (w walker) at(i int) int {
	n := 0
	for axis := len(w.shape) - 1; axis >= 0; axis-- {
		n += i % w.shape[axis] * w.stride[axis]
		i /= w.shape[axis]
	}
	return n
}

// pairs calls fn with the elements of a and b that meet at each element of the
// stretched shape. Equal shapes and single values take a short way.
func pairs(a, b *tensor, shape []int, n int, fn func(i, x, y int)) {
	switch {
	case slices.Equal(a.shape, shape) && slices.Equal(b.shape, shape):
		for i := range n {
			fn(i, i, i)
		}
	case slices.Equal(a.shape, shape) && b.len() == 1:
		for i := range n {
			fn(i, i, 0)
		}
	default:
		wa, wb := newWalker(a, shape), newWalker(b, shape)
		for i := range n {
			fn(i, wa.at(i), wb.at(i))
		}
	}
}

func arith(floats func(a, b float64) float64, ints func(a, b int64) (int64, bool)) op {
	two := func(a, b *tensor) (*tensor, error) {
		if a.kind != b.kind || a.kind == kString || a.kind == kBool {
			return nil, errs.New(errs.Invalid, "takes numbers of one type")
		}
		out, err := stretched(a, b, a.kind)
		if err != nil {
			return nil, err
		}
		ok := true
		pairs(a, b, out.shape, out.len(), func(i, x, y int) {
			if out.f != nil {
				out.f[i] = floats(a.f[x], b.f[y])
				return
			}
			var fine bool
			out.i[i], fine = ints(a.i[x], b.i[y])
			out.i[i] = wrap(out.kind, out.i[i])
			ok = ok && fine
		})
		if !ok {
			return nil, errs.New(errs.Invalid, "a whole number is divided by zero")
		}
		return out, nil
	}
	return func(_ *node, in []*tensor) ([]*tensor, error) {
		if err := args(in, len(in), max(2, len(in))); err != nil || len(in) == 0 {
			return nil, errs.New(errs.Invalid, "an input is missing")
		}
		out, err := in[0], error(nil)
		for _, t := range in[1:] {
			if out, err = two(out, t); err != nil {
				return nil, err
			}
		}
		return one(out, nil)
	}
}

func stretched(a, b *tensor, k kind) (*tensor, error) {
	shape, err := broadcast(a.shape, b.shape)
	if err != nil {
		return nil, err
	}
	return alloc(k, shape)
}

func boolean(in []*tensor, fn func(x, y int) bool) ([]*tensor, error) {
	out, err := stretched(in[0], in[1], kBool)
	if err != nil {
		return nil, err
	}
	pairs(in[0], in[1], out.shape, out.len(), func(i, x, y int) {
		if fn(x, y) {
			out.i[i] = 1
		}
	})
	return one(out, nil)
}

func compare(floats func(a, b float64) bool, ints func(a, b int64) bool) op {
	return func(_ *node, in []*tensor) ([]*tensor, error) {
		if err := args(in, 2, 2); err != nil {
			return nil, err
		}
		if err := numeric(in...); err != nil {
			return nil, err
		}
		if in[0].kind.isInt() && in[1].kind.isInt() { // exact, where a float could not be
			return boolean(in, func(x, y int) bool { return ints(in[0].i[x], in[1].i[y]) })
		}
		return boolean(in, func(x, y int) bool { return floats(in[0].num(x), in[1].num(y)) })
	}
}

func equal(_ *node, in []*tensor) ([]*tensor, error) {
	if err := args(in, 2, 2); err != nil {
		return nil, err
	}
	a, b := in[0], in[1]
	if a.kind != b.kind {
		return nil, errs.New(errs.Invalid, "compares values of one type")
	}
	return boolean(in, func(x, y int) bool {
		switch {
		case a.kind == kString:
			return a.s[x] == b.s[y]
		case a.kind.isFloat():
			return a.f[x] == b.f[y]
		}
		return a.i[x] == b.i[y]
	})
}

func logic(fn func(a, b bool) bool) op {
	return func(_ *node, in []*tensor) ([]*tensor, error) {
		if err := args(in, 2, 2); err != nil {
			return nil, err
		}
		if in[0].kind != kBool || in[1].kind != kBool {
			return nil, errs.New(errs.Invalid, "takes booleans")
		}
		return boolean(in, func(x, y int) bool { return fn(in[0].i[x] != 0, in[1].i[y] != 0) })
	}
}

func not(_ *node, in []*tensor) ([]*tensor, error) {
	if err := args(in, 1, 1); err != nil {
		return nil, err
	}
	if in[0].kind != kBool {
		return nil, errs.New(errs.Invalid, "takes booleans")
	}
	return unary(func(v float64) float64 { return 1 - v })(nil, in)
}

func where(_ *node, in []*tensor) ([]*tensor, error) {
	if err := args(in, 3, 3); err != nil {
		return nil, err
	}
	c, a, b := in[0], in[1], in[2]
	if c.kind != kBool || a.kind != b.kind {
		return nil, errs.New(errs.Invalid, "takes a boolean and two values of one type")
	}
	shape, err := broadcast(a.shape, b.shape)
	if err == nil {
		shape, err = broadcast(c.shape, shape)
	}
	if err != nil {
		return nil, err
	}
	out, err := alloc(a.kind, shape)
	if err != nil {
		return nil, err
	}
	wc, wa, wb := newWalker(c, shape), newWalker(a, shape), newWalker(b, shape)
	for i := range out.len() {
		if c.i[wc.at(i)] != 0 {
			out.copyFrom(i, a, wa.at(i))
		} else {
			out.copyFrom(i, b, wb.at(i))
		}
	}
	return one(out, nil)
}

// copyFrom sets element i to element j of a tensor of the same kind.
func (t *tensor) copyFrom(i int, from *tensor, j int) {
	switch {
	case t.kind.isFloat():
		t.f[i] = from.f[j]
	case t.kind == kString:
		t.s[i] = from.s[j]
	default:
		t.i[i] = from.i[j]
	}
}
