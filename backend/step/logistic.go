package step

import (
	"math"

	"gonum.org/v1/gonum/optimize"

	"rondo/backend/errs"
)

// fit is a logistic regression on standardised features.
type fit struct {
	mean, scale []float64 // of each feature
	weight      []float64
	bias        float64
	loss        float64 // mean log loss on the training rows
	steps       int
}

// regress minimises the log loss plus l2/2·|weight|² (the bias is free), as
// scikit-learn does with C = 1/l2. Equal input gives equal bits: one goroutine, fixed order.
func regress(x [][]float64, y []float64, l2 float64, maxIter int) (*fit, error) {
	f := &fit{}
	f.standardise(x)
	problem := optimize.Problem{
		Func: func(w []float64) float64 { return objective(w, nil, x, y, l2) },
		Grad: func(grad, w []float64) { objective(w, grad, x, y, l2) },
	}
	settings := &optimize.Settings{MajorIterations: maxIter, GradientThreshold: 1e-8 * float64(len(x))}
	start := make([]float64, len(x[0])+1)
	result, err := optimize.Minimize(problem, start, settings, &optimize.LBFGS{})
	if result == nil || err != nil && !settled(result, x, y, l2) {
		return nil, errs.New(errs.Invalid, "the regression does not settle: %w", err).
			WithHint("raise train.l2 or train.max_iter in params.yaml, or look for extreme values in the data")
	}
	k := len(x[0])
	f.weight, f.bias, f.steps = result.X[:k], result.X[k], result.MajorIterations
	f.loss = objective(result.X, nil, x, y, 0) / float64(len(x))
	return f, nil
}

// settled accepts a line search that found nothing better at the optimum itself.
func settled(r *optimize.Result, x [][]float64, y []float64, l2 float64) bool {
	grad := make([]float64, len(r.X))
	objective(r.X, grad, x, y, l2)
	norm := 0.0
	for _, g := range grad {
		norm = math.Max(norm, math.Abs(g))
	}
	return norm < 1e-5*float64(len(x))
}

// standardise brings every feature of x to mean 0 and variance 1, in place.
func (f *fit) standardise(x [][]float64) {
	k, n := len(x[0]), float64(len(x))
	f.mean, f.scale = make([]float64, k), make([]float64, k)
	for j := range k {
		for _, row := range x {
			f.mean[j] += row[j]
		}
		f.mean[j] /= n
		for _, row := range x {
			f.scale[j] += (row[j] - f.mean[j]) * (row[j] - f.mean[j])
		}
		if f.scale[j] = math.Sqrt(f.scale[j] / n); f.scale[j] == 0 {
			f.scale[j] = 1 // a constant says nothing, and must not divide by zero
		}
		for _, row := range x {
			row[j] = (row[j] - f.mean[j]) / f.scale[j]
		}
	}
}

// objective returns the loss at w (weights, then bias) and fills grad if it is not nil.
func objective(w, grad []float64, x [][]float64, y []float64, l2 float64) float64 {
	k := len(w) - 1
	clear(grad)
	loss := 0.0
	for i, row := range x {
		z := w[k]
		for j, v := range row {
			z += v * w[j]
		}
		loss += softplus(z) - y[i]*z
		if grad == nil {
			continue
		}
		d := sigmoid(z) - y[i]
		for j, v := range row {
			grad[j] += d * v
		}
		grad[k] += d
	}
	for j := range k {
		loss += l2 / 2 * w[j] * w[j]
		if grad != nil {
			grad[j] += l2 * w[j]
		}
	}
	return loss
}

func sigmoid(z float64) float64 { return 1 / (1 + math.Exp(-z)) }

// softplus is log(1+e^z) without overflow.
func softplus(z float64) float64 { return math.Max(z, 0) + math.Log1p(math.Exp(-math.Abs(z))) }
