package onnx

import (
	"math"

	"rondo/backend/errs"
)

// ops holds every operation this runtime knows, by name with the domain in front
// where it is not ONNX's own.
var ops map[string]op

func init() {
	ops = map[string]op{
		"Add": arith(func(a, b float64) float64 { return a + b }, func(a, b int64) (int64, bool) { return a + b, true }),
		"Sub": arith(func(a, b float64) float64 { return a - b }, func(a, b int64) (int64, bool) { return a - b, true }),
		"Mul": arith(func(a, b float64) float64 { return a * b }, func(a, b int64) (int64, bool) { return a * b, true }),
		"Div": arith(func(a, b float64) float64 { return a / b }, divide),
		"Pow": arith(math.Pow, func(a, b int64) (int64, bool) { return int64(math.Pow(float64(a), float64(b))), true }),
		"Min": arith(math.Min, func(a, b int64) (int64, bool) { return min(a, b), true }),
		"Max": arith(math.Max, func(a, b int64) (int64, bool) { return max(a, b), true }),

		"Greater":        compare(func(a, b float64) bool { return a > b }, func(a, b int64) bool { return a > b }),
		"GreaterOrEqual": compare(func(a, b float64) bool { return a >= b }, func(a, b int64) bool { return a >= b }),
		"Less":           compare(func(a, b float64) bool { return a < b }, func(a, b int64) bool { return a < b }),
		"LessOrEqual":    compare(func(a, b float64) bool { return a <= b }, func(a, b int64) bool { return a <= b }),
		"Equal":          equal, "Not": not, "And": logic(func(a, b bool) bool { return a && b }), "Or": logic(func(a, b bool) bool { return a || b }),
		"Where": where,

		"Sin": unary(math.Sin), "Cos": unary(math.Cos), "Tan": unary(math.Tan), "Tanh": unary(math.Tanh), "Exp": unary(math.Exp),
		"Log": unary(math.Log), "Sqrt": unary(math.Sqrt), "Abs": signed(math.Abs, func(v int64) int64 { return max(v, -v) }),
		"Neg":   signed(func(v float64) float64 { return -v }, func(v int64) int64 { return -v }),
		"Floor": unary(math.Floor), "Ceil": unary(math.Ceil), "Erf": unary(math.Erf), "Reciprocal": unary(func(v float64) float64 { return 1 / v }),
		"Relu": unary(func(v float64) float64 { return math.Max(v, 0) }), "Sigmoid": unary(sigmoid),
		"Clip": clip, "Softmax": softmax, "ArgMax": argMax, "ReduceSum": reduceSum,

		"MatMul": matMul, "Gemm": gemm,
		"Concat": concat, "Reshape": reshape, "Squeeze": squeeze, "Unsqueeze": unsqueeze, "Flatten": flatten,
		"Transpose": transpose, "Gather": gather, "Identity": identity, "Dropout": identity, "Cast": cast, "Constant": constant, "Shape": shapeOf,

		"ai.onnx.ml.Scaler": scaler, "ai.onnx.ml.Normalizer": normalizer, "ai.onnx.ml.LinearClassifier": linearClassifier,
		"ai.onnx.ml.LinearRegressor": linearRegressor, "ai.onnx.ml.ArrayFeatureExtractor": featureExtractor,
	}
}

func sigmoid(v float64) float64 {
	if v >= 0 {
		return 1 / (1 + math.Exp(-v))
	}
	e := math.Exp(v)
	return e / (1 + e)
}

func divide(a, b int64) (int64, bool) {
	if b == 0 {
		return 0, false
	}
	if b == -1 {
		return -a, true // also where a is the smallest number
	}
	return a / b, true
}

// args checks how many inputs a node got; the first lo must be there.
func args(in []*tensor, lo, hi int) error {
	if len(in) < lo || len(in) > hi {
		return errs.New(errs.Invalid, "takes %d to %d inputs, not %d", lo, hi, len(in))
	}
	for _, t := range in[:lo] {
		if t == nil {
			return errs.New(errs.Invalid, "an input is missing")
		}
	}
	return nil
}

func numeric(in ...*tensor) error {
	for _, t := range in {
		if t != nil && t.kind == kString {
			return errs.New(errs.Invalid, "takes numbers, not text")
		}
	}
	return nil
}

func one(t *tensor, err error) ([]*tensor, error) { return []*tensor{t}, err }

// unary applies fn to every number. Integers stay integers.
func unary(fn func(float64) float64) op {
	return func(_ *node, in []*tensor) ([]*tensor, error) {
		if err := args(in, 1, 1); err != nil {
			return nil, err
		}
		if err := numeric(in[0]); err != nil {
			return nil, err
		}
		out, err := alloc(in[0].kind, in[0].shape)
		if err != nil {
			return nil, err
		}
		for i := range out.f {
			out.f[i] = fn(in[0].f[i])
		}
		for i := range out.i {
			out.i[i] = int64(fn(float64(in[0].i[i])))
		}
		return one(out, nil)
	}
}

// signed is unary for operations that whole numbers have of their own.
func signed(floats func(float64) float64, ints func(int64) int64) op {
	usual := unary(floats)
	return func(n *node, in []*tensor) ([]*tensor, error) {
		out, err := usual(n, in)
		if err != nil {
			return nil, err
		}
		for i, v := range in[0].i {
			out[0].i[i] = wrap(in[0].kind, ints(v))
		}
		return out, nil
	}
}

func clip(_ *node, in []*tensor) ([]*tensor, error) {
	if err := args(in, 1, 3); err != nil {
		return nil, err
	}
	lo, hi := math.Inf(-1), math.Inf(1)
	for i, bound := range []*float64{&lo, &hi} {
		if len(in) > i+1 && in[i+1] != nil {
			if in[i+1].len() != 1 || in[i+1].kind == kString {
				return nil, errs.New(errs.Invalid, "a bound must be one number")
			}
			*bound = in[i+1].num(0)
		}
	}
	return unary(func(v float64) float64 { return math.Min(math.Max(v, lo), hi) })(nil, in[:1])
}
