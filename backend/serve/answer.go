package serve

import (
	"slices"

	"rondo/backend/errs"
	"rondo/backend/serve/runtime"
)

// Names that outputs go by in the exporters' worlds: Rondo's own, MLflow's and
// those of converted scikit-learn models.
var (
	labelNames = []string{"prediction", "predictions", "label", "output_label", "class"}
	scoreNames = []string{"probability", "probabilities", "score", "scores", "output_probability", "proba"}
)

// labelOf returns the output that holds the prediction: the one that is called so, or the first.
func labelOf(out []runtime.Tensor) *runtime.Tensor {
	for i := range out {
		if slices.Contains(labelNames, out[i].Name) {
			return &out[i]
		}
	}
	return &out[0]
}

// scoreOf returns the probability of the positive class of a row.
func scoreOf(out []runtime.Tensor, row int) (float64, bool) {
	for i := range out {
		t := &out[i]
		if t.Floats == nil || !slices.Contains(scoreNames, t.Name) {
			continue
		}
		switch width(t) {
		case 1:
			return t.Floats[row], finite(t.Floats[row])
		case 2:
			return t.Floats[2*row+1], finite(t.Floats[2*row+1])
		}
	}
	return 0, false
}

func finite(v float64) bool { return v-v == 0 }

// width is how many elements a row has.
func width(t *runtime.Tensor) int {
	n := 1
	for _, d := range t.Shape[min(1, len(t.Shape)):] {
		n *= d
	}
	return n
}

// at returns a row of a tensor: a plain value, or a list where a row has several.
func at(t *runtime.Tensor, row int) any {
	w := width(t)
	if w == 1 {
		return plain(t.At(row))
	}
	list := make([]any, w)
	for i := range list {
		list[i] = plain(t.At(row*w + i))
	}
	return list
}

// plain makes a value that JSON can hold.
func plain(v any) any {
	x, ok := v.(float64)
	switch {
	case !ok || finite(x):
		return v
	case x > 0:
		return "Infinity"
	case x < 0:
		return "-Infinity"
	}
	return nil
}

func plainly(out []runtime.Tensor, row int) Prediction {
	p := Prediction{Label: at(labelOf(out), row), Outputs: map[string]any{}}
	if score, ok := scoreOf(out, row); ok {
		p.Score = &score
	}
	for i := range out {
		p.Outputs[out[i].Name] = at(&out[i], row)
	}
	return p
}

// fitting refuses answers that are not one per row: nobody could tell whose they are.
func fitting(out []runtime.Tensor, rows int) error {
	if err := answered(out); err != nil {
		return err
	}
	for i := range out {
		if out[i].Rows() != rows || out[i].Len() != rows*width(&out[i]) {
			return errs.New(errs.Internal, "the model answered %d rows in output %q for %d rows of input", out[i].Rows(), out[i].Name, rows)
		}
	}
	return nil
}

// Plainly returns a response row by row.
func Plainly(res Response) []Prediction {
	list := make([]Prediction, res.Rows)
	for i := range list {
		list[i] = plainly(res.Outputs, i)
	}
	return list
}
