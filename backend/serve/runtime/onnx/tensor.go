package onnx

import (
	"encoding/binary"
	"math"

	"google.golang.org/protobuf/encoding/protowire"

	"rondo/backend/errs"
)

// kind is an element type of ONNX's TensorProto.
type kind int64

const (
	kFloat  kind = 1
	kUint8  kind = 2
	kInt8   kind = 3
	kUint16 kind = 4
	kInt16  kind = 5
	kInt32  kind = 6
	kInt64  kind = 7
	kString kind = 8
	kBool   kind = 9
	kDouble kind = 11
	kUint32 kind = 12
)

func (k kind) isFloat() bool { return k == kFloat || k == kDouble }

func (k kind) isInt() bool { return k >= kUint8 && k <= kInt64 || k == kBool || k == kUint32 }

// bits is the width of an element in raw_data, in bytes; 0 where it has none here.
func (k kind) width() int {
	switch k {
	case kUint8, kInt8, kBool:
		return 1
	case kUint16, kInt16:
		return 2
	case kFloat, kInt32, kUint32:
		return 4
	case kInt64, kDouble:
		return 8
	}
	return 0
}

// tensor holds its elements in f (floats; float32 values are kept rounded), i
// (integers and booleans) or s.
type tensor struct {
	kind  kind
	shape []int
	f     []float64
	i     []int64
	s     []string
}

func (t *tensor) len() int {
	switch {
	case t.kind.isFloat():
		return len(t.f)
	case t.kind == kString:
		return len(t.s)
	}
	return len(t.i)
}

// num returns element i as a number.
func (t *tensor) num(i int) float64 {
	if t.kind.isFloat() {
		return t.f[i]
	}
	return float64(t.i[i])
}

// size multiplies a shape, refusing what is negative or over the limit.
func size(shape []int) (int, error) {
	if len(shape) > maxRank {
		return 0, errs.New(errs.Invalid, "a tensor of %d axes is over the limit of %d", len(shape), maxRank)
	}
	n, bound := 1, 1
	for _, d := range shape {
		if d < 0 || d > maxElements {
			return 0, errs.New(errs.Invalid, "%v is not a tensor's shape", shape)
		}
		n *= d
		if bound *= max(d, 1); bound > maxElements { // an axis of 0 must not hide the others: loops run over them
			return 0, errs.New(errs.TooLarge, "a tensor of shape %v is over the limit of %d elements", shape, maxElements).
				WithHint("send fewer rows at once")
		}
	}
	return n, nil
}

// alloc makes a zero tensor.
func alloc(k kind, shape []int) (*tensor, error) {
	n, err := size(shape)
	if err != nil {
		return nil, err
	}
	t := &tensor{kind: k, shape: shape}
	switch {
	case k.isFloat():
		t.f = make([]float64, n)
	case k == kString:
		t.s = make([]string, n)
	case k.isInt():
		t.i = make([]int64, n)
	default:
		return nil, errs.New(errs.Invalid, "tensors of element type %d are not supported", k)
	}
	return t, nil
}

// round brings float32 results back to float32 precision. What is rounded already
// is not written to: it may be a constant, which other predictions read.
func (t *tensor) round() *tensor {
	if t.kind == kFloat {
		for i, v := range t.f {
			if r := float64(float32(v)); r != v && v == v {
				t.f[i] = r
			}
		}
	}
	return t
}

// parseTensor reads a TensorProto and returns its name.
func parseTensor(b []byte) (name string, t *tensor, err error) {
	t = &tensor{}
	var raw []byte
	var hasRaw bool
	err = each(b, func(num protowire.Number, typ protowire.Type, v []byte, n uint64) (err error) {
		switch num {
		case 1:
			err = t.dims(typ, v, n)
		case 2:
			t.kind = kind(n)
		case 4:
			t.f, err = floats(t.f, typ, v, n)
		case 5, 7, 11:
			t.i, err = ints(t.i, typ, v, n)
		case 6:
			t.s = append(t.s, string(v))
		case 8:
			name = string(v)
		case 9:
			raw, hasRaw = v, true
		case 10:
			t.f, err = doubles(t.f, typ, v, n)
		case 13, 14:
			if num == 13 || n != 0 {
				err = errs.New(errs.Invalid, "tensor %.80q keeps its data in another file, which is not supported", name).
					WithHint("save the model as one file")
			}
		}
		return err
	})
	if err != nil {
		return name, nil, err
	}
	return name, t, t.complete(name, raw, hasRaw)
}

func (t *tensor) dims(typ protowire.Type, v []byte, n uint64) error {
	list, err := ints(nil, typ, v, n)
	for _, d := range list {
		if d < 0 || d > maxElements || len(t.shape) >= maxRank {
			return corrupt("a tensor has an impossible shape")
		}
		t.shape = append(t.shape, int(d))
	}
	return err
}

func (t *tensor) complete(name string, raw []byte, hasRaw bool) error {
	n, err := size(t.shape)
	if err != nil {
		return err
	}
	if !t.kind.isFloat() && !t.kind.isInt() && t.kind != kString {
		return errs.New(errs.Invalid, "tensor %.80q has the element type %d, which is not supported", name, t.kind)
	}
	if hasRaw {
		if err := t.fromRaw(raw, n); err != nil {
			return err
		}
	}
	if t.len() != n {
		return corrupt("tensor %.80q holds %d elements; its shape %v wants %d", name, t.len(), t.shape, n)
	}
	return nil
}

func (t *tensor) fromRaw(raw []byte, n int) error {
	w := t.kind.width()
	if w == 0 || len(raw) != n*w {
		return corrupt("a tensor of shape %v holds %d bytes of data instead of %d", t.shape, len(raw), n*w)
	}
	t.f, t.i, t.s = nil, nil, nil
	if t.kind.isFloat() {
		t.f = make([]float64, n)
	} else {
		t.i = make([]int64, n)
	}
	for i := range n {
		t.setRaw(i, raw[i*w:])
	}
	return nil
}

func (t *tensor) setRaw(i int, b []byte) {
	le := binary.LittleEndian
	switch t.kind {
	case kFloat:
		t.f[i] = float64(math.Float32frombits(le.Uint32(b)))
	case kDouble:
		t.f[i] = math.Float64frombits(le.Uint64(b))
	case kInt64:
		t.i[i] = int64(le.Uint64(b))
	case kInt32:
		t.i[i] = int64(int32(le.Uint32(b)))
	case kUint32:
		t.i[i] = int64(le.Uint32(b))
	case kInt16:
		t.i[i] = int64(int16(le.Uint16(b)))
	case kUint16:
		t.i[i] = int64(le.Uint16(b))
	case kInt8:
		t.i[i] = int64(int8(b[0]))
	default:
		t.i[i] = int64(b[0])
	}
}
