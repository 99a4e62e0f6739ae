package onnx

import (
	"math"

	"google.golang.org/protobuf/encoding/protowire"

	"rondo/backend/errs"
)

// Limits on what a model file may ask for. A model over them is refused with the
// limit's name rather than trusted with the memory.
const (
	maxFile     = 512 << 20 // bytes of a model file
	maxNodes    = 50_000
	maxElements = 1 << 24 // of any one tensor made while predicting
	maxMade     = 1 << 27 // elements of all tensors of one prediction together
	maxRank     = 8
	maxName     = 1 << 12 // bytes of any name
)

func corrupt(format string, args ...any) error {
	return errs.New(errs.Corrupt, "model file: "+format, args...).
		WithHint("the file is cut short or damaged; register the model again from its source")
}

// each calls fn for every field of a message. v holds the bytes of a length-delimited
// field, and n the value of a number field.
func each(b []byte, fn func(num protowire.Number, typ protowire.Type, v []byte, n uint64) error) error {
	for len(b) > 0 {
		num, typ, size := protowire.ConsumeTag(b)
		if size < 0 {
			return corrupt("a field's tag is broken")
		}
		b = b[size:]
		v, n, size := consume(b, num, typ)
		if size < 0 {
			return corrupt("field %d reaches past the end", num)
		}
		b = b[size:]
		if err := fn(num, typ, v, n); err != nil {
			return err
		}
	}
	return nil
}

func consume(b []byte, num protowire.Number, typ protowire.Type) (v []byte, n uint64, size int) {
	switch typ {
	case protowire.BytesType:
		v, size = protowire.ConsumeBytes(b)
	case protowire.VarintType:
		n, size = protowire.ConsumeVarint(b)
	case protowire.Fixed32Type:
		var x uint32
		x, size = protowire.ConsumeFixed32(b)
		n = uint64(x)
	case protowire.Fixed64Type:
		n, size = protowire.ConsumeFixed64(b)
	default:
		size = protowire.ConsumeFieldValue(num, typ, b)
	}
	return v, n, size
}

// ints appends a repeated integer field, packed or not.
func ints(dst []int64, typ protowire.Type, v []byte, n uint64) ([]int64, error) {
	if typ == protowire.VarintType {
		return append(dst, int64(n)), nil
	}
	for len(v) > 0 {
		x, size := protowire.ConsumeVarint(v)
		if size < 0 {
			return nil, corrupt("a list of integers is broken")
		}
		dst, v = append(dst, int64(x)), v[size:]
	}
	return dst, nil
}

// floats appends a repeated float field, packed or not.
func floats(dst []float64, typ protowire.Type, v []byte, n uint64) ([]float64, error) {
	if typ == protowire.Fixed32Type {
		return append(dst, float64(math.Float32frombits(uint32(n)))), nil
	}
	if len(v)%4 != 0 {
		return nil, corrupt("a list of floats is broken")
	}
	for len(v) > 0 {
		x, size := protowire.ConsumeFixed32(v)
		dst, v = append(dst, float64(math.Float32frombits(x))), v[size:]
	}
	return dst, nil
}

// doubles appends a repeated double field, packed or not.
func doubles(dst []float64, typ protowire.Type, v []byte, n uint64) ([]float64, error) {
	if typ == protowire.Fixed64Type {
		return append(dst, math.Float64frombits(n)), nil
	}
	if len(v)%8 != 0 {
		return nil, corrupt("a list of doubles is broken")
	}
	for len(v) > 0 {
		x, size := protowire.ConsumeFixed64(v)
		dst, v = append(dst, math.Float64frombits(x)), v[size:]
	}
	return dst, nil
}
