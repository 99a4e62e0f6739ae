package step

import (
	"context"
	"fmt"
	"io"
	"os"
	"path"

	"rondo/backend/errs"
)

// train fits the regression and writes the model folder: MLmodel, model.onnx and
// the requirements of those who load it with Python.
func train(ctx context.Context, root *os.Root, p trainParams, out io.Writer) error {
	t, err := readTable(ctx, root, p.Data)
	if err != nil {
		return err
	}
	x, err := matrix(t, p)
	if err != nil {
		return err
	}
	y, err := labels(t, p.Label)
	if err != nil {
		return err
	}
	f, err := regress(x, y, p.L2, p.MaxIter)
	if err != nil {
		return err
	}
	if err := writeModel(root, p, graph(p, f)); err != nil {
		return err
	}
	var m metrics
	m.set("train_rows", float64(len(x)))
	m.set("train_log_loss", f.loss)
	if err := track(ctx, m); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "train: %d rows, %d features, settled after %d steps at a log loss of %.4f\n",
		len(x), len(x[0]), f.steps, f.loss)
	return err
}

// matrix returns one row of feature values per row of the table.
func matrix(t *table, p trainParams) ([][]float64, error) {
	if len(t.rows) == 0 {
		return nil, errs.New(errs.Invalid, "table %s has no rows", t.path).WithHint("look at what the prepare step left out")
	}
	raw := map[string][]float64{}
	for _, name := range inputs(p) {
		v, err := t.numbers(name)
		if err != nil {
			return nil, err
		}
		raw[name] = v
	}
	list := features(p)
	x := make([][]float64, len(t.rows))
	for i := range x {
		x[i] = make([]float64, len(list))
		for j, f := range list {
			x[i][j] = f.value(func(column string) float64 { return raw[column][i] })
		}
	}
	return x, nil
}

// labels returns the label column, which holds 0 and 1 and both of them.
func labels(t *table, name string) ([]float64, error) {
	y, err := t.numbers(name)
	if err != nil {
		return nil, err
	}
	ones := 0
	for i, v := range y {
		if v != 0 && v != 1 {
			return nil, errs.New(errs.Invalid, "table %s, row %d: the label %s is %v; it must be 0 or 1", t.path, i+1, name, v)
		}
		ones += int(v)
	}
	if ones == 0 || ones == len(y) {
		return nil, errOneClass
	}
	return y, nil
}

func writeModel(root *os.Root, p trainParams, onnx []byte) error {
	files := []struct {
		name string
		data []byte
	}{
		{"model.onnx", onnx},
		{"requirements.txt", []byte("mlflow\nonnx\nonnxruntime\n")},
		{"MLmodel", mlmodel(p)},
	}
	for _, f := range files {
		err := writeFile(root, path.Join(p.Model, f.name), func(w io.Writer) error {
			_, err := w.Write(f.data)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
