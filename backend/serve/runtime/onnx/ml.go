package onnx

import (
	"math"

	"rondo/backend/errs"
)

// matrixOf returns a tensor as rows of numbers, as the ai.onnx.ml operations see it.
func matrixOf(in []*tensor) (t *tensor, rows, cols int, err error) {
	if len(in) == 0 || in[0] == nil || in[0].kind == kString || len(in[0].shape) == 0 || len(in[0].shape) > 2 {
		return nil, 0, 0, errs.New(errs.Invalid, "takes a matrix of numbers")
	}
	t = in[0]
	rows, cols = 1, t.shape[0]
	if len(t.shape) == 2 {
		rows, cols = t.shape[0], t.shape[1]
	}
	return t, rows, cols, nil
}

func pick(list []float64, i int, usual float64) float64 {
	switch {
	case len(list) == 0:
		return usual
	case len(list) == 1:
		return list[0]
	}
	return list[i]
}

func scaler(n *node, in []*tensor) ([]*tensor, error) {
	t, _, cols, err := matrixOf(in)
	if err != nil {
		return nil, err
	}
	offset, scale := n.attrs["offset"].floats, n.attrs["scale"].floats
	for _, list := range [][]float64{offset, scale} {
		if len(list) > 1 && len(list) != cols {
			return nil, errs.New(errs.Invalid, "has %d offsets or scales for %d columns", len(list), cols)
		}
	}
	out, err := alloc(kFloat, t.shape)
	if err != nil {
		return nil, err
	}
	for i := range out.f {
		out.f[i] = float64(float32(t.num(i)-pick(offset, i%cols, 0))) * pick(scale, i%cols, 1)
	}
	return one(out, nil)
}

func normalizer(n *node, in []*tensor) ([]*tensor, error) {
	t, rows, cols, err := matrixOf(in)
	if err != nil {
		return nil, err
	}
	out, err := alloc(kFloat, t.shape)
	if err != nil {
		return nil, err
	}
	for r := range rows {
		norm := 0.0
		for c := range cols {
			v := t.num(r*cols + c)
			switch n.attrs["norm"].s {
			case "L1":
				norm += math.Abs(v)
			case "L2":
				norm += v * v
			default:
				norm = math.Max(norm, math.Abs(v))
			}
		}
		if n.attrs["norm"].s == "L2" {
			norm = math.Sqrt(norm)
		}
		for c := range cols {
			if out.f[r*cols+c] = t.num(r*cols + c); norm != 0 {
				out.f[r*cols+c] /= norm
			}
		}
	}
	return one(out, nil)
}

// scores multiplies the rows with a node's coefficients, one row of them per target.
func scores(n *node, in []*tensor) (*tensor, error) {
	t, rows, cols, err := matrixOf(in)
	if err != nil {
		return nil, err
	}
	coef, bias := n.attrs["coefficients"].floats, n.attrs["intercepts"].floats
	if cols == 0 || len(coef) == 0 || len(coef)%cols != 0 {
		return nil, errs.New(errs.Invalid, "has %d coefficients for %d columns", len(coef), cols)
	}
	targets := len(coef) / cols
	if len(bias) != 0 && len(bias) != targets {
		return nil, errs.New(errs.Invalid, "has %d intercepts for %d targets", len(bias), targets)
	}
	out, err := alloc(kFloat, []int{rows, targets})
	if err != nil {
		return nil, err
	}
	for r := range rows {
		for k := range targets {
			sum := 0.0
			for c := range cols {
				sum += t.num(r*cols+c) * coef[k*cols+c]
			}
			if len(bias) > 0 {
				sum += bias[k]
			}
			out.f[r*targets+k] = sum
		}
	}
	return out.round(), nil
}

// post applies a node's post_transform to every row.
func post(n *node, t *tensor) error {
	cols := t.shape[1]
	switch how := n.attrs["post_transform"].s; how {
	case "", "NONE":
	case "LOGISTIC":
		for i, v := range t.f {
			t.f[i] = sigmoid(v)
		}
	case "SOFTMAX":
		for r := range t.shape[0] {
			softmaxLine(t.f, t.f, r*cols, 1, cols)
		}
	default:
		return errs.New(errs.Invalid, "post_transform %.40q is not supported", how)
	}
	return nil
}

func linearRegressor(n *node, in []*tensor) ([]*tensor, error) {
	out, err := scores(n, in)
	if err != nil {
		return nil, err
	}
	return one(out, post(n, out))
}

func linearClassifier(n *node, in []*tensor) ([]*tensor, error) {
	raw, err := scores(n, in)
	if err != nil {
		return nil, err
	}
	numbers, texts := n.attrs["classlabels_ints"].ints, n.attrs["classlabels_strings"].strings
	classes := len(numbers) + len(texts)
	if len(numbers) > 0 && len(texts) > 0 {
		return nil, errs.New(errs.Invalid, "has labels of two types")
	}
	if raw.shape[1] == 1 && classes == 2 {
		raw = bothClasses(raw)
	}
	if raw.shape[1] != classes {
		return nil, errs.New(errs.Invalid, "has %d labels for %d scores", classes, raw.shape[1])
	}
	if err := post(n, raw); err != nil {
		return nil, err
	}
	return labelled(raw, numbers, texts)
}

// bothClasses gives the two classes of a single score theirs: its opposite and itself.
func bothClasses(t *tensor) *tensor {
	out := &tensor{kind: kFloat, shape: []int{t.shape[0], 2}, f: make([]float64, 2*len(t.f))}
	for i, v := range t.f {
		out.f[2*i], out.f[2*i+1] = -v, v
	}
	return out
}

func labelled(t *tensor, numbers []int64, texts []string) ([]*tensor, error) {
	label := &tensor{kind: kInt64, shape: []int{t.shape[0]}}
	if texts != nil {
		label.kind = kString
	}
	cols := t.shape[1]
	for r := range t.shape[0] {
		best := 0
		for c := range cols {
			if t.f[r*cols+c] > t.f[r*cols+best] {
				best = c
			}
		}
		if texts != nil {
			label.s = append(label.s, texts[best])
		} else {
			label.i = append(label.i, numbers[best])
		}
	}
	return []*tensor{label, t}, nil
}

// featureExtractor picks columns by their positions.
func featureExtractor(_ *node, in []*tensor) ([]*tensor, error) {
	if err := args(in, 2, 2); err != nil {
		return nil, err
	}
	if len(in[0].shape) == 0 {
		return nil, errs.New(errs.Invalid, "takes a matrix")
	}
	flat, err := reshaped(in[1], []int{in[1].len()})
	if err != nil {
		return nil, err
	}
	last := node{attrs: map[string]attr{"axis": {i: int64(len(in[0].shape) - 1)}}}
	return gather(&last, []*tensor{in[0], flat})
}
