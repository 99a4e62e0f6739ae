package step

import (
	"context"
	"io"
	"math"
	"os"
	"strconv"

	"rondo/backend/errs"
	"rondo/backend/registry/gate"
	"rondo/backend/serve/runtime"
	"rondo/backend/serve/runtime/onnx"
)

const maxModel = 1 << 30 // bytes of an ONNX file that this step loads

// examinee is a loaded model.
type examinee struct{ model *onnx.Model }

// answers are a model's answers, one per row. Scores, where the model gives them,
// are the probabilities of class 1.
type answers struct {
	values []string
	scores []float64
}

func openModel(root *os.Root, dir string) (examinee, error) {
	folder, err := root.OpenRoot(dir)
	if err != nil {
		return examinee{}, errs.New(errs.NotFound, "model folder %s: %w", dir, err).WithHint("run the train stage first, or fix evaluate.model in params.yaml")
	}
	defer folder.Close()
	b, err := readLimited(folder, "MLmodel", 4<<20)
	if err != nil {
		return examinee{}, err
	}
	about, err := runtime.ParseMLmodel(b)
	if err != nil {
		return examinee{}, err
	}
	if about.ONNX == "" {
		return examinee{}, errs.New(errs.Invalid, "model %s is no ONNX model", dir).
			WithHint("this step evaluates ONNX models; evaluate others with a script of your own")
	}
	if b, err = readLimited(folder, about.ONNX, maxModel); err != nil {
		return examinee{}, err
	}
	var sig *runtime.Signature
	if about.Declared {
		sig = &about.Signature
	}
	m, err := onnx.Load(b, sig)
	return examinee{m}, err
}

func readLimited(root *os.Root, name string, limit int64) ([]byte, error) {
	f, err := root.Open(name)
	if err != nil {
		return nil, errs.New(errs.NotFound, "the model folder holds no %s: %w", name, err).WithHint("run the train stage again")
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, errs.New(errs.Unavailable, "%s: %w", name, err)
	}
	if int64(len(b)) > limit {
		return nil, errs.New(errs.TooLarge, "%s is over the limit of %d bytes", name, limit)
	}
	return b, nil
}

func (m examinee) answer(ctx context.Context, t *table) (answers, error) {
	sig := m.model.Signature()
	in := make([]runtime.Tensor, len(sig.Inputs))
	for i, c := range sig.Inputs {
		var err error
		if in[i], err = tensor(t, c); err != nil {
			return answers{}, err
		}
	}
	out, err := m.model.Predict(ctx, in)
	if err != nil {
		return answers{}, err
	}
	return readAnswers(out, len(t.rows))
}

// tensor makes a column of the table into an input of the model.
func tensor(t *table, c runtime.Column) (runtime.Tensor, error) {
	x := runtime.Tensor{Name: c.Name, Type: c.Type, Shape: []int{len(t.rows)}}
	var err error
	switch c.Type {
	case runtime.String, runtime.Datetime:
		x.Texts, err = t.texts(c.Name)
		return x, err
	case runtime.Float, runtime.Double:
		x.Floats, err = t.numbers(c.Name)
		return x, err
	}
	numbers, err := t.numbers(c.Name)
	if err != nil {
		return x, err
	}
	for i, v := range numbers {
		if v != math.Trunc(v) || math.Abs(v) > 1<<53 {
			return x, errs.New(errs.Invalid, "table %s, row %d, column %s: %v is not a whole number, as the model wants it", t.path, i+1, c.Name, v)
		}
		x.Ints = append(x.Ints, int64(v))
	}
	return x, nil
}

// readAnswers takes the output called prediction (or else the first) as the answers
// and the output called probability as the scores.
func readAnswers(out []runtime.Tensor, rows int) (a answers, err error) {
	at := 0
	for i := range out {
		switch {
		case out[i].Name == "prediction":
			at = i
		case out[i].Name == "probability" && len(out[i].Floats) == rows:
			a.scores = out[i].Floats
		}
	}
	if len(out) == 0 || out[at].Len() != rows {
		return a, errs.New(errs.Invalid, "the model does not answer one value per row").
			WithHint("this step evaluates models with an output called prediction; evaluate others with a script of your own")
	}
	for i := range rows {
		a.values = append(a.values, gate.Canonical(out[at].At(i)))
	}
	return a, finite(a.scores)
}

func finite(scores []float64) error {
	for i, p := range scores {
		if !(p >= 0 && p <= 1) {
			return errs.New(errs.Invalid, "the model's probability for row %d is %s", i+1, strconv.FormatFloat(p, 'g', -1, 64)).
				WithHint("look for extreme values in that row, or train with a larger train.l2")
		}
	}
	return nil
}
