package step

import (
	"encoding/binary"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// Element types of ONNX's TensorProto.
const (
	typeInt64  = 7
	typeDouble = 11
)

const (
	irVersion = 8
	opset     = 17
)

// onnxGraph gathers the parts of a graph in the order in which they are added.
// Field numbers are those of onnx.proto3.
type onnxGraph struct {
	name                          string
	nodes, inits, inputs, outputs [][]byte
}

func field(b []byte, num protowire.Number, v []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, num, protowire.BytesType), v)
}

func fieldText(b []byte, num protowire.Number, v string) []byte { return field(b, num, []byte(v)) }

func fieldInt(b []byte, num protowire.Number, v int64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, num, protowire.VarintType), uint64(v))
}

// attrInt is an AttributeProto that holds one integer.
func attrInt(name string, v int64) []byte {
	return fieldInt(fieldInt(fieldText(nil, 1, name), 3, v), 20, 2)
}

func (g *onnxGraph) node(op string, in []string, out string, attrs ...[]byte) {
	var b []byte
	for _, name := range in {
		b = fieldText(b, 1, name)
	}
	b = fieldText(b, 2, out)
	b = fieldText(b, 3, fmt.Sprintf("%s_%d", op, len(g.nodes)))
	b = fieldText(b, 4, op)
	for _, a := range attrs {
		b = field(b, 5, a)
	}
	g.nodes = append(g.nodes, b)
}

func (g *onnxGraph) tensor(name string, elem int64, raw []byte, shape []int) {
	var b []byte
	for _, d := range shape {
		b = fieldInt(b, 1, int64(d))
	}
	b = fieldInt(b, 2, elem)
	b = fieldText(b, 8, name)
	g.inits = append(g.inits, field(b, 9, raw))
}

func (g *onnxGraph) doubles(name string, v []float64, shape ...int) {
	raw := make([]byte, 0, 8*len(v))
	for _, x := range v {
		raw = binary.LittleEndian.AppendUint64(raw, math.Float64bits(x))
	}
	g.tensor(name, typeDouble, raw, shape)
}

func (g *onnxGraph) ints(name string, v []int64, shape ...int) {
	raw := make([]byte, 0, 8*len(v))
	for _, x := range v {
		raw = binary.LittleEndian.AppendUint64(raw, uint64(x))
	}
	g.tensor(name, typeInt64, raw, shape)
}

// value is a ValueInfoProto of a vector with one value per row.
func value(name string, elem int64) []byte {
	dim := fieldText(nil, 2, "rows")
	tensor := field(fieldInt(nil, 1, elem), 2, field(nil, 1, dim))
	return field(fieldText(nil, 1, name), 2, field(nil, 1, tensor))
}

func (g *onnxGraph) input(name string, elem int64) { g.inputs = append(g.inputs, value(name, elem)) }

func (g *onnxGraph) output(name string, elem int64) { g.outputs = append(g.outputs, value(name, elem)) }

// model returns the whole ModelProto.
func (g *onnxGraph) model() []byte {
	var b []byte
	b = appendAll(b, 1, g.nodes)
	b = fieldText(b, 2, g.name)
	b = appendAll(b, 5, g.inits)
	b = appendAll(b, 11, g.inputs)
	b = appendAll(b, 12, g.outputs)
	m := fieldInt(nil, 1, irVersion)
	m = fieldText(m, 2, "rondo")
	m = field(m, 7, b)
	return field(m, 8, fieldInt(fieldText(nil, 1, ""), 2, opset))
}

func appendAll(b []byte, num protowire.Number, list [][]byte) []byte {
	for _, v := range list {
		b = field(b, num, v)
	}
	return b
}
