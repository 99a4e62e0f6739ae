package onnx

import (
	"math"
	"strconv"

	"rondo/backend/errs"
)

func cast(n *node, in []*tensor) ([]*tensor, error) {
	if err := args(in, 1, 1); err != nil {
		return nil, err
	}
	to := kind(n.attrs["to"].i)
	out, err := alloc(to, in[0].shape)
	if err != nil {
		return nil, err
	}
	for i := range out.len() {
		if err := out.convert(i, in[0]); err != nil {
			return nil, err
		}
	}
	return one(out, nil)
}

func (t *tensor) convert(i int, from *tensor) error {
	v, whole := 0.0, int64(0)
	switch {
	case from.kind == kString && t.kind == kString:
		t.s[i] = from.s[i]
		return nil
	case from.kind == kString:
		var err error
		if v, err = strconv.ParseFloat(from.s[i], 64); err != nil {
			return errs.New(errs.Invalid, "a text is not a number")
		}
		whole = int64(v)
	case from.kind.isFloat():
		v = from.f[i]
		whole = int64(math.Trunc(v))
	default:
		whole = from.i[i]
		v = float64(whole)
	}
	switch {
	case t.kind.isFloat():
		t.f[i] = v
	case t.kind == kBool:
		if v != 0 {
			t.i[i] = 1
		}
	case t.kind == kString:
		t.s[i] = strconv.FormatFloat(v, 'g', -1, 64)
	default:
		t.i[i] = wrap(t.kind, whole)
	}
	return nil
}

// wrap cuts a whole number to the width of the kind.
func wrap(k kind, v int64) int64 {
	switch k {
	case kInt32:
		return int64(int32(v))
	case kInt16:
		return int64(int16(v))
	case kInt8:
		return int64(int8(v))
	case kUint8:
		return int64(uint8(v))
	case kUint16:
		return int64(uint16(v))
	case kUint32:
		return int64(uint32(v))
	}
	return v
}

func constant(n *node, _ []*tensor) ([]*tensor, error) {
	for name, a := range n.attrs {
		switch name {
		case "value":
			if a.t != nil {
				return one(a.t, nil)
			}
		case "value_float":
			return one(&tensor{kind: kFloat, shape: []int{}, f: []float64{a.f}}, nil)
		case "value_int":
			return one(&tensor{kind: kInt64, shape: []int{}, i: []int64{a.i}}, nil)
		case "value_floats":
			return one(&tensor{kind: kFloat, shape: []int{len(a.floats)}, f: a.floats}, nil)
		case "value_ints":
			return one(&tensor{kind: kInt64, shape: []int{len(a.ints)}, i: a.ints}, nil)
		case "value_string":
			return one(&tensor{kind: kString, shape: []int{}, s: []string{a.s}}, nil)
		}
	}
	return nil, errs.New(errs.Invalid, "holds no value that is supported")
}
