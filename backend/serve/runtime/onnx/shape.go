package onnx

import (
	"slices"

	"rondo/backend/errs"
)

// axis resolves an axis that may count from the end.
func axis(a int64, rank int) (int, error) {
	if a < 0 {
		a += int64(rank)
	}
	if a < 0 || a >= int64(rank) {
		return 0, errs.New(errs.Invalid, "axis %d is outside a tensor of %d axes", a, rank)
	}
	return int(a), nil
}

// reshaped shares the elements of t under another shape of the same size.
func reshaped(t *tensor, shape []int) (*tensor, error) {
	n, err := size(shape)
	if err != nil {
		return nil, err
	}
	if n != t.len() {
		return nil, errs.New(errs.Invalid, "%d elements do not fill the shape %v", t.len(), shape)
	}
	return &tensor{kind: t.kind, shape: shape, f: t.f, i: t.i, s: t.s}, nil
}

func identity(_ *node, in []*tensor) ([]*tensor, error) {
	if len(in) == 0 || in[0] == nil {
		return nil, errs.New(errs.Invalid, "an input is missing")
	}
	return one(in[0], nil)
}

func reshape(n *node, in []*tensor) ([]*tensor, error) {
	if err := args(in, 2, 2); err != nil {
		return nil, err
	}
	if !in[1].kind.isInt() || len(in[1].i) > maxRank {
		return nil, errs.New(errs.Invalid, "the new shape must be a short list of whole numbers")
	}
	shape, free := make([]int, len(in[1].i)), -1
	for i, d := range in[1].i {
		switch {
		case d == 0 && n.attrs["allowzero"].i == 0 && i < len(in[0].shape):
			shape[i] = in[0].shape[i]
		case d == -1 && free < 0:
			free, shape[i] = i, 1
		case d < 0 || d > maxElements:
			return nil, errs.New(errs.Invalid, "%v is not a shape", in[1].i)
		default:
			shape[i] = int(d)
		}
	}
	known, err := size(shape)
	if err != nil {
		return nil, err
	}
	if free >= 0 && known > 0 {
		shape[free] = in[0].len() / known
	}
	return one(reshaped(in[0], shape))
}

// axesOf reads the axes of Squeeze and Unsqueeze: an input since opset 13, an attribute before.
func axesOf(n *node, in []*tensor) ([]int64, error) {
	if len(in) == 2 && in[1] != nil {
		if !in[1].kind.isInt() || len(in[1].i) > maxRank {
			return nil, errs.New(errs.Invalid, "axes must be a short list of whole numbers")
		}
		return in[1].i, nil
	}
	return n.attrs["axes"].ints, nil
}

func squeeze(n *node, in []*tensor) ([]*tensor, error) {
	if err := args(in, 1, 2); err != nil {
		return nil, err
	}
	list, err := axesOf(n, in)
	if err != nil {
		return nil, err
	}
	drop := make([]bool, len(in[0].shape))
	for _, a := range list {
		i, err := axis(a, len(drop))
		if err != nil {
			return nil, err
		}
		if in[0].shape[i] != 1 {
			return nil, errs.New(errs.Invalid, "axis %d of shape %v is not 1", a, in[0].shape)
		}
		drop[i] = true
	}
	shape := []int{}
	for i, d := range in[0].shape {
		if !drop[i] && (d != 1 || len(list) > 0) {
			shape = append(shape, d)
		}
	}
	return one(reshaped(in[0], shape))
}

func unsqueeze(n *node, in []*tensor) ([]*tensor, error) {
	if err := args(in, 1, 2); err != nil {
		return nil, err
	}
	list, err := axesOf(n, in)
	if err != nil {
		return nil, err
	}
	rank := len(in[0].shape) + len(list)
	if rank > maxRank {
		return nil, errs.New(errs.Invalid, "%d axes are too many", rank)
	}
	added := make([]bool, rank)
	for _, a := range list {
		i, err := axis(a, rank)
		if err != nil {
			return nil, err
		}
		if added[i] {
			return nil, errs.New(errs.Invalid, "axis %d is named twice", a)
		}
		added[i] = true
	}
	shape, next := make([]int, rank), 0
	for i := range shape {
		if shape[i] = 1; !added[i] {
			shape[i] = in[0].shape[next]
			next++
		}
	}
	return one(reshaped(in[0], shape))
}

func flatten(n *node, in []*tensor) ([]*tensor, error) {
	if err := args(in, 1, 1); err != nil {
		return nil, err
	}
	at := int64(1)
	if a, ok := n.attrs["axis"]; ok {
		at = a.i
	}
	if at < 0 {
		at += int64(len(in[0].shape))
	}
	if at < 0 || at > int64(len(in[0].shape)) {
		return nil, errs.New(errs.Invalid, "axis %d is outside the shape %v", at, in[0].shape)
	}
	rows, err := size(in[0].shape[:at])
	if err != nil {
		return nil, err
	}
	cols, err := size(in[0].shape[at:])
	if err != nil {
		return nil, err
	}
	return one(reshaped(in[0], []int{rows, cols}))
}

func shapeOf(_ *node, in []*tensor) ([]*tensor, error) {
	if err := args(in, 1, 1); err != nil {
		return nil, err
	}
	out, err := alloc(kInt64, []int{len(in[0].shape)})
	for i, d := range in[0].shape {
		out.i[i] = int64(d)
	}
	return one(out, err)
}

func concat(n *node, in []*tensor) ([]*tensor, error) {
	if len(in) == 0 {
		return nil, errs.New(errs.Invalid, "an input is missing")
	}
	if err := args(in, len(in), len(in)); err != nil {
		return nil, err
	}
	ax, err := axis(n.attrs["axis"].i, len(in[0].shape))
	if err != nil {
		return nil, err
	}
	shape := slices.Clone(in[0].shape)
	shape[ax] = 0
	for _, t := range in {
		if t.kind != in[0].kind || len(t.shape) != len(shape) {
			return nil, errs.New(errs.Invalid, "joins tensors of one type and number of axes")
		}
		for i, d := range t.shape {
			if i != ax && d != shape[i] {
				return nil, errs.New(errs.Invalid, "shapes %v and %v cannot be joined at axis %d", in[0].shape, t.shape, ax)
			}
		}
		shape[ax] += t.shape[ax]
	}
	out, err := alloc(in[0].kind, shape)
	if err != nil {
		return nil, err
	}
	out.join(in, ax)
	return one(out, nil)
}

// join copies the inputs side by side along the axis; their shapes are checked.
func (t *tensor) join(in []*tensor, ax int) {
	outer, _ := size(t.shape[:ax])
	to := 0
	for o := range outer {
		for _, from := range in {
			block := from.len() / outer
			for j := range block {
				t.copyFrom(to, from, o*block+j)
				to++
			}
		}
	}
}

func transpose(n *node, in []*tensor) ([]*tensor, error) {
	if err := args(in, 1, 1); err != nil {
		return nil, err
	}
	rank := len(in[0].shape)
	perm := n.attrs["perm"].ints
	if perm == nil {
		for i := rank - 1; i >= 0; i-- {
			perm = append(perm, int64(i))
		}
	}
	shape, stride, seen := make([]int, rank), make([]int, rank), make([]bool, rank)
	own := newWalker(in[0], in[0].shape)
	if len(perm) != rank {
		return nil, errs.New(errs.Invalid, "%v does not reorder %d axes", perm, rank)
	}
	for i, p := range perm {
		if p < 0 || p >= int64(rank) || seen[p] {
			return nil, errs.New(errs.Invalid, "%v does not reorder %d axes", perm, rank)
		}
		seen[p], shape[i], stride[i] = true, in[0].shape[p], own.stride[p]
	}
	out, err := alloc(in[0].kind, shape)
	if err != nil {
		return nil, err
	}
	w := walker{shape: shape, stride: stride}
	for i := range out.len() {
		out.copyFrom(i, in[0], w.at(i))
	}
	return one(out, nil)
}

func gather(n *node, in []*tensor) ([]*tensor, error) {
	if err := args(in, 2, 2); err != nil {
		return nil, err
	}
	data, idx := in[0], in[1]
	ax, err := axis(n.attrs["axis"].i, len(data.shape))
	if err != nil {
		return nil, err
	}
	if !idx.kind.isInt() {
		return nil, errs.New(errs.Invalid, "indices must be whole numbers")
	}
	shape := slices.Concat(data.shape[:ax], idx.shape, data.shape[ax+1:])
	out, err := alloc(data.kind, shape)
	if err != nil {
		return nil, err
	}
	inner, _ := size(data.shape[ax+1:])
	outer, _ := size(data.shape[:ax])
	to := 0
	for o := range outer {
		for _, at := range idx.i {
			i, err := axis(at, data.shape[ax])
			if err != nil {
				return nil, errs.New(errs.Invalid, "index %d is outside %d", at, data.shape[ax])
			}
			for j := range inner {
				out.copyFrom(to, data, (o*data.shape[ax]+i)*inner+j)
				to++
			}
		}
	}
	return one(out, nil)
}
