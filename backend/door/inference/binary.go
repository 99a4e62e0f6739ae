package inference

import (
	"encoding/binary"
	"math"
	"unicode/utf8"

	"rondo/backend/errs"
	"rondo/backend/serve/runtime"
)

// fromBinary fills the tensor from little-endian bytes, row-major.
func (in *input) fromBinary(b []byte) error {
	n, err := in.size(len(b))
	if err != nil {
		return err
	}
	if in.kind.as == runtime.String {
		return in.texts(b, n)
	}
	if n*in.kind.width != len(b) {
		return errs.New(errs.Invalid, "input %.80q holds %d bytes; its shape %v of %s wants %d", in.tensor.Name, len(b), in.tensor.Shape, in.kind.name, n*in.kind.width)
	}
	if in.kind.as == runtime.Float || in.kind.as == runtime.Double {
		in.tensor.Floats = make([]float64, n)
		for i := range in.tensor.Floats {
			in.tensor.Floats[i] = float(in.kind.name, b[i*in.kind.width:])
		}
		return nil
	}
	in.tensor.Ints = make([]int64, n)
	for i := range in.tensor.Ints {
		v := integer(in.kind.name, b[i*in.kind.width:])
		if v < in.kind.min || v > in.kind.max {
			return errs.New(errs.Invalid, "input %.80q, value %d does not fit into %s", in.tensor.Name, i, in.kind.name)
		}
		in.tensor.Ints[i] = v
	}
	return nil
}

// texts reads elements that have their lengths in front.
func (in *input) texts(b []byte, n int) error {
	in.tensor.Texts = make([]string, 0, min(n, len(b)/4))
	for range n {
		if len(b) < 4 {
			return errs.New(errs.Invalid, "input %.80q ends before its %d texts do", in.tensor.Name, n)
		}
		size := int64(binary.LittleEndian.Uint32(b))
		if b = b[4:]; size > int64(len(b)) {
			return errs.New(errs.Invalid, "input %.80q: a text of %d bytes is cut short", in.tensor.Name, size)
		}
		if !utf8.Valid(b[:size]) {
			return errs.New(errs.Invalid, "input %.80q: a text is not UTF-8", in.tensor.Name)
		}
		in.tensor.Texts = append(in.tensor.Texts, string(b[:size]))
		b = b[size:]
	}
	if len(b) > 0 {
		return errs.New(errs.Invalid, "input %.80q holds %d bytes after its last text", in.tensor.Name, len(b))
	}
	return nil
}

func float(name string, b []byte) float64 {
	le := binary.LittleEndian
	switch name {
	case "FP64":
		return math.Float64frombits(le.Uint64(b))
	case "FP32":
		return float64(math.Float32frombits(le.Uint32(b)))
	case "BF16":
		return float64(math.Float32frombits(uint32(le.Uint16(b)) << 16))
	}
	return half(le.Uint16(b))
}

// half reads an IEEE 754 number of 16 bits.
func half(b uint16) float64 {
	sign, exp, frac := 1.0, int(b>>10&31), float64(b&1023)
	if b>>15 == 1 {
		sign = -1
	}
	switch exp {
	case 0:
		return sign * frac * 0x1p-24
	case 31:
		if frac != 0 {
			return math.NaN()
		}
		return math.Inf(int(sign))
	}
	return sign * math.Ldexp(1024+frac, exp-25)
}

func integer(name string, b []byte) int64 {
	le := binary.LittleEndian
	switch name {
	case "INT64", "UINT64": // of UINT64, what is negative here is too large
		return int64(le.Uint64(b))
	case "INT32":
		return int64(int32(le.Uint32(b)))
	case "UINT32":
		return int64(le.Uint32(b))
	case "INT16":
		return int64(int16(le.Uint16(b)))
	case "UINT16":
		return int64(le.Uint16(b))
	case "INT8":
		return int64(int8(b[0]))
	case "BOOL":
		return int64(min(b[0], 1))
	}
	return int64(b[0])
}

// appendBinary writes a tensor as the protocol's bytes.
func appendBinary(b []byte, t *runtime.Tensor) []byte {
	le := binary.LittleEndian
	switch t.Type {
	case runtime.Double:
		for _, v := range t.Floats {
			b = le.AppendUint64(b, math.Float64bits(v))
		}
	case runtime.Float:
		for _, v := range t.Floats {
			b = le.AppendUint32(b, math.Float32bits(float32(v)))
		}
	case runtime.Long:
		for _, v := range t.Ints {
			b = le.AppendUint64(b, uint64(v))
		}
	case runtime.Integer:
		for _, v := range t.Ints {
			b = le.AppendUint32(b, uint32(v))
		}
	case runtime.Boolean:
		for _, v := range t.Ints {
			b = append(b, byte(v))
		}
	default:
		for _, v := range t.Texts {
			b = append(le.AppendUint32(b, uint32(len(v))), v...)
		}
	}
	return b
}
