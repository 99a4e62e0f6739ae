package inference

import (
	"math"

	"rondo/backend/serve/runtime"
)

// datatype is an element type of the Open Inference Protocol.
type datatype struct {
	name     string
	as       runtime.Type
	width    int // bytes of an element in binary; 0 for BYTES
	min, max int64
}

var types = map[string]datatype{
	"BOOL":   {"BOOL", runtime.Boolean, 1, 0, 1},
	"UINT8":  {"UINT8", runtime.Integer, 1, 0, math.MaxUint8},
	"UINT16": {"UINT16", runtime.Integer, 2, 0, math.MaxUint16},
	"UINT32": {"UINT32", runtime.Long, 4, 0, math.MaxUint32},
	"UINT64": {"UINT64", runtime.Long, 8, 0, math.MaxInt64},
	"INT8":   {"INT8", runtime.Integer, 1, math.MinInt8, math.MaxInt8},
	"INT16":  {"INT16", runtime.Integer, 2, math.MinInt16, math.MaxInt16},
	"INT32":  {"INT32", runtime.Integer, 4, math.MinInt32, math.MaxInt32},
	"INT64":  {"INT64", runtime.Long, 8, math.MinInt64, math.MaxInt64},
	"FP16":   {"FP16", runtime.Float, 2, 0, 0},
	"BF16":   {"BF16", runtime.Float, 2, 0, 0},
	"FP32":   {"FP32", runtime.Float, 4, 0, 0},
	"FP64":   {"FP64", runtime.Double, 8, 0, 0},
	"BYTES":  {"BYTES", runtime.String, 0, 0, 0},
}

// datatypes are what answers are written in.
var datatypes = map[runtime.Type]string{
	runtime.Boolean: "BOOL", runtime.Integer: "INT32", runtime.Long: "INT64", runtime.Float: "FP32",
	runtime.Double: "FP64", runtime.String: "BYTES", runtime.Datetime: "BYTES",
}
