package onnx

import (
	"slices"

	"rondo/backend/errs"
	"rondo/backend/serve/runtime"
)

// public returns the MLflow type that stands for an element type.
func (k kind) public() runtime.Type {
	switch k {
	case kFloat:
		return runtime.Float
	case kDouble:
		return runtime.Double
	case kString:
		return runtime.String
	case kBool:
		return runtime.Boolean
	case kInt64, kUint32:
		return runtime.Long
	}
	return runtime.Integer
}

func (t *tensor) public(name string) runtime.Tensor {
	return runtime.Tensor{Name: name, Type: t.kind.public(), Shape: t.shape, Floats: t.f, Ints: t.i, Texts: t.s}
}

// private turns a tensor from outside into the one a port takes: its element
// type, and its number of axes where only axes of 1 differ.
func private(in *runtime.Tensor, p port) (*tensor, error) {
	t, err := elements(in, p.kind)
	if err != nil {
		return nil, err
	}
	if p.shape == nil || fits(t.shape, p.shape) {
		return t, nil
	}
	if len(p.shape) == 2 && p.shape[1] == 1 && len(t.shape) == 1 {
		return reshaped(t, []int{t.shape[0], 1})
	}
	if len(p.shape) == 1 && len(t.shape) == 2 && t.shape[1] == 1 {
		return reshaped(t, t.shape[:1])
	}
	return nil, errs.New(errs.Invalid, "column %q has the shape %v; the model takes %v", in.Name, in.Shape, p.shape).
		WithHint("-1 stands for any length")
}

func fits(shape, want []int) bool {
	return len(shape) == len(want) && !slices.ContainsFunc(indices(want), func(i int) bool {
		return want[i] >= 0 && want[i] != shape[i]
	})
}

func indices(s []int) []int {
	out := make([]int, len(s))
	for i := range out {
		out[i] = i
	}
	return out
}

// elements shares or converts the elements of a tensor from outside.
func elements(in *runtime.Tensor, to kind) (*tensor, error) {
	n, err := size(in.Shape)
	if err != nil {
		return nil, err
	}
	if n != in.Len() {
		return nil, errs.New(errs.Invalid, "column %q holds %d values; its shape %v wants %d", in.Name, in.Len(), in.Shape, n)
	}
	from := tensor{kind: elementKind(in.Type), shape: in.Shape, f: in.Floats, i: in.Ints, s: in.Texts}
	if from.kind == to || from.kind.isInt() && to.isInt() && to != kBool {
		from.kind = to
		return &from, nil
	}
	if from.kind == kString || to == kString {
		return nil, errs.New(errs.Invalid, "column %q holds %s; the model takes %s", in.Name, in.Type, to.public())
	}
	out, err := alloc(to, in.Shape)
	if err != nil {
		return nil, err
	}
	for i := range n {
		if err := out.convert(i, &from); err != nil {
			return nil, err
		}
	}
	return out.round(), nil
}

func elementKind(t runtime.Type) kind {
	switch t {
	case runtime.Float:
		return kFloat
	case runtime.Double:
		return kDouble
	case runtime.Boolean:
		return kBool
	case runtime.Integer:
		return kInt32
	case runtime.Long:
		return kInt64
	}
	return kString
}

// stacked joins columns of one value per row to the matrix [rows, columns].
func stacked(in []runtime.Tensor, to kind) (*tensor, error) {
	if len(in) == 0 {
		return nil, errs.New(errs.Invalid, "no columns were sent")
	}
	rows := in[0].Rows()
	out, err := alloc(to, []int{rows, len(in)})
	if err != nil {
		return nil, err
	}
	for c := range in {
		t, err := elements(&in[c], to)
		if err != nil {
			return nil, err
		}
		if t.len() != rows {
			return nil, errs.New(errs.Invalid, "column %q has %d values; the first column has %d", in[c].Name, t.len(), rows)
		}
		for r := range rows {
			out.copyFrom(r*len(in)+c, t, r)
		}
	}
	return out, nil
}
