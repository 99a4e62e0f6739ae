package step

import (
	"context"
	"fmt"
	"io"
	"os"

	"rondo/backend/errs"
	"rondo/backend/registry/gate"
)

// evaluate answers the held-out rows with the model, as serving would, and writes
// how right the answers are: metrics for gates and people, plots for the eyes.
func evaluate(ctx context.Context, root *os.Root, p evaluateParams, out io.Writer) error {
	t, err := readTable(ctx, root, p.Data)
	if err != nil {
		return err
	}
	if len(t.rows) == 0 {
		return errs.New(errs.Invalid, "table %s has no rows to evaluate", p.Data).WithHint("raise prepare.holdout_share in params.yaml")
	}
	m, err := openModel(root, p.Model)
	if err != nil {
		return err
	}
	a, err := m.answer(ctx, t)
	if err != nil {
		return errs.Wrap(errs.KindOf(err), err, "model %s on table %s", p.Model, p.Data)
	}
	e, err := newExam(t, p, a)
	if err != nil {
		return err
	}
	if err := e.write(root, p); err != nil {
		return err
	}
	if err := track(ctx, e.metrics); err != nil {
		return err
	}
	return e.tell(out)
}

// exam is one evaluation: what was right, what was answered, and the figures of it.
type exam struct {
	labels   []string
	segments []string // nil without a segment column
	answers  answers
	scores   gate.Scores
	metrics  metrics
}

func newExam(t *table, p evaluateParams, a answers) (*exam, error) {
	raw, err := t.texts(p.Label)
	if err != nil {
		return nil, err
	}
	e := &exam{answers: a}
	for i, v := range raw {
		c := gate.Canonical(v)
		if c == "" {
			return nil, errs.New(errs.Invalid, "table %s, row %d: the label %s is empty", p.Data, i+1, p.Label).WithHint("leave such rows out in the prepare stage")
		}
		e.labels = append(e.labels, c)
	}
	if p.Segment != "" {
		if e.segments, err = t.texts(p.Segment); err != nil {
			return nil, err
		}
	}
	e.measure()
	return e, nil
}

func (e *exam) write(root *os.Root, p evaluateParams) error {
	err := writeFile(root, p.Metrics, func(w io.Writer) error {
		_, err := w.Write(e.metrics.json())
		return err
	})
	if err != nil {
		return err
	}
	return e.plot(root, p.Plots)
}

func (e *exam) tell(out io.Writer) error {
	accuracy, _ := e.metrics.get("accuracy")
	majority, _ := e.metrics.get("majority")
	fmt.Fprintf(out, "evaluate: %d rows, %.1f %% right; always guessing the commonest answer: %.1f %%", len(e.labels), 100*accuracy, 100*majority)
	for _, s := range e.metrics.segments {
		v, _ := e.metrics.get("accuracy/" + s)
		fmt.Fprintf(out, "; %s %.1f %%", s, 100*v)
	}
	if v, ok := e.metrics.get("log_loss"); ok {
		fmt.Fprintf(out, "; log loss %.4f", v)
	}
	_, err := fmt.Fprintln(out)
	return err
}
