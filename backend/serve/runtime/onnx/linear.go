package onnx

import (
	"math"

	"rondo/backend/errs"
)

// matMul multiplies matrices; stacks of them are not supported.
func matMul(_ *node, in []*tensor) ([]*tensor, error) {
	if err := args(in, 2, 2); err != nil {
		return nil, err
	}
	a, b := in[0], in[1]
	if len(a.shape) == 0 || len(b.shape) == 0 || len(b.shape) > 2 {
		return nil, errs.New(errs.Invalid, "shapes %v and %v cannot be multiplied here", a.shape, b.shape)
	}
	rows, err := size(a.shape[:len(a.shape)-1])
	if err != nil {
		return nil, err
	}
	k, cols := a.shape[len(a.shape)-1], 1
	shape := append([]int{}, a.shape[:len(a.shape)-1]...)
	if len(b.shape) == 2 {
		cols = b.shape[1]
		shape = append(shape, cols)
	}
	if b.shape[0] != k {
		return nil, errs.New(errs.Invalid, "shapes %v and %v cannot be multiplied", a.shape, b.shape)
	}
	return one(product(a, b, shape, dims{rows, k, cols, false, false}, 1))
}

type dims struct {
	rows, k, cols  int
	transA, transB bool
}

// product is scale·a×b. Both are float tensors of one kind.
func product(a, b *tensor, shape []int, d dims, scale float64) (*tensor, error) {
	if a.kind != b.kind || !a.kind.isFloat() {
		return nil, errs.New(errs.Invalid, "multiplies float tensors of one type")
	}
	if d.rows*d.cols > 0 && d.k > 1<<31/(d.rows*d.cols) {
		return nil, errs.New(errs.TooLarge, "a product of %d×%d×%d is too large", d.rows, d.k, d.cols).WithHint("send fewer rows at once")
	}
	out, err := alloc(a.kind, shape)
	if err != nil {
		return nil, err
	}
	ai, ak := d.k, 1
	if d.transA {
		ai, ak = 1, d.rows
	}
	bk, bj := d.cols, 1
	if d.transB {
		bk, bj = 1, d.k
	}
	for i := range d.rows {
		for j := range d.cols {
			sum := 0.0
			for k := range d.k {
				sum += a.f[i*ai+k*ak] * b.f[k*bk+j*bj]
			}
			out.f[i*d.cols+j] = scale * sum
		}
	}
	return out, nil
}

func gemm(n *node, in []*tensor) ([]*tensor, error) {
	if err := args(in, 2, 3); err != nil {
		return nil, err
	}
	a, b := in[0], in[1]
	if len(a.shape) != 2 || len(b.shape) != 2 {
		return nil, errs.New(errs.Invalid, "takes two matrices")
	}
	d := dims{a.shape[0], a.shape[1], b.shape[1], n.attrs["transA"].i != 0, n.attrs["transB"].i != 0}
	if d.transA {
		d.rows, d.k = d.k, d.rows
	}
	inner := b.shape[0]
	if d.transB {
		inner, d.cols = d.cols, b.shape[0]
	}
	if inner != d.k {
		return nil, errs.New(errs.Invalid, "shapes %v and %v cannot be multiplied", a.shape, b.shape)
	}
	alpha, beta := 1.0, 1.0
	if v, ok := n.attrs["alpha"]; ok {
		alpha = v.f
	}
	if v, ok := n.attrs["beta"]; ok {
		beta = v.f
	}
	out, err := product(a, b, []int{d.rows, d.cols}, d, alpha)
	if err != nil || len(in) < 3 || in[2] == nil {
		return one(out, err)
	}
	shape, err := broadcast(out.shape, in[2].shape)
	if err != nil || len(shape) != 2 || shape[0] != d.rows || shape[1] != d.cols || in[2].kind != out.kind {
		return nil, errs.New(errs.Invalid, "a bias of shape %v does not fit the product of shape %v", in[2].shape, out.shape)
	}
	pairs(out, in[2], out.shape, out.len(), func(i, _, y int) { out.f[i] += beta * in[2].f[y] })
	return one(out, nil)
}

// lines calls fn with the start and stride of every line along the axis.
func lines(shape []int, ax int, fn func(line, start, stride int)) {
	inner := 1
	for _, d := range shape[ax+1:] {
		inner *= d
	}
	outer := 1
	for _, d := range shape[:ax] {
		outer *= d
	}
	for o := range outer {
		for i := range inner {
			fn(o*inner+i, o*inner*shape[ax]+i, inner)
		}
	}
}

func axisAttr(n *node, t *tensor, usual int64) (int, error) {
	if a, ok := n.attrs["axis"]; ok {
		usual = a.i
	}
	return axis(usual, len(t.shape))
}

func softmax(n *node, in []*tensor) ([]*tensor, error) {
	if err := args(in, 1, 1); err != nil {
		return nil, err
	}
	ax, err := axisAttr(n, in[0], -1)
	if err != nil || !in[0].kind.isFloat() {
		return nil, errs.New(errs.Invalid, "takes floats along an axis they have")
	}
	out, err := alloc(in[0].kind, in[0].shape)
	if err != nil {
		return nil, err
	}
	lines(out.shape, ax, func(_, start, stride int) {
		softmaxLine(out.f, in[0].f, start, stride, out.shape[ax])
	})
	return one(out, nil)
}

func softmaxLine(dst, src []float64, start, stride, n int) {
	top, sum := math.Inf(-1), 0.0
	for i := range n {
		top = math.Max(top, src[start+i*stride])
	}
	for i := range n {
		e := math.Exp(src[start+i*stride] - top)
		dst[start+i*stride] = e
		sum += e
	}
	for i := range n {
		dst[start+i*stride] /= sum
	}
}

func argMax(n *node, in []*tensor) ([]*tensor, error) {
	if err := args(in, 1, 1); err != nil {
		return nil, err
	}
	t := in[0]
	ax, err := axisAttr(n, t, 0)
	if err != nil || t.kind == kString || t.shape[ax] == 0 {
		return nil, errs.New(errs.Invalid, "takes numbers along an axis they have")
	}
	out, err := alloc(kInt64, reducedShape(n, t.shape, ax))
	if err != nil {
		return nil, err
	}
	lines(t.shape, ax, func(line, start, stride int) {
		best := 0
		for i := range t.shape[ax] {
			if t.num(start+i*stride) > t.num(start+best*stride) {
				best = i
			}
		}
		out.i[line] = int64(best)
	})
	return one(out, nil)
}

// reducedShape drops the axis, or makes it 1 where the node keeps it (the default).
func reducedShape(n *node, shape []int, ax int) []int {
	out := append([]int{}, shape[:ax]...)
	if keep, ok := n.attrs["keepdims"]; !ok || keep.i != 0 {
		out = append(out, 1)
	}
	return append(out, shape[ax+1:]...)
}

// reduceSum adds up along one axis, which is all that exported models need.
func reduceSum(n *node, in []*tensor) ([]*tensor, error) {
	if err := args(in, 1, 2); err != nil {
		return nil, err
	}
	list, err := axesOf(n, in)
	if err != nil || len(list) != 1 || !in[0].kind.isFloat() {
		return nil, errs.New(errs.Invalid, "adds floats along exactly one axis")
	}
	ax, err := axis(list[0], len(in[0].shape))
	if err != nil {
		return nil, err
	}
	out, err := alloc(in[0].kind, reducedShape(n, in[0].shape, ax))
	if err != nil {
		return nil, err
	}
	lines(in[0].shape, ax, func(line, start, stride int) {
		for i := range in[0].shape[ax] {
			out.f[line] += in[0].f[start+i*stride]
		}
	})
	return one(out, nil)
}
