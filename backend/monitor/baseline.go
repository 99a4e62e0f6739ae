package monitor

import (
	"context"
	"encoding/csv"
	"errors"
	"io"
	"slices"

	"rondo/backend/errs"
)

const (
	baselineLimit = 200_000 // rows read of a baseline; more change no verdict
	scoreLimit    = 5_000   // rows scored for the prediction's baseline
	fewValues     = 5       // integer columns with at most this many values are categories
)

// column is one compared column with its baseline side.
type column struct {
	name, parent, role, kind string
	source                   string // the input it is computed from
	part                     int    // which number of a text, where role is RoleText
	words                    vocabulary
	ref                      series
}

// profile is the baseline of a version: one column per compared column.
type profile struct {
	version VersionRef
	digest  string
	task    string
	rows    int
	columns []*column
}

// learn reads what the version was trained on and scores it for the prediction's baseline.
func learn(ctx context.Context, v VersionRef, t Trained, p Predictor) (*profile, error) {
	defer t.Rows.Close()
	rows, err := readRows(ctx, t)
	if err != nil {
		return nil, errs.Wrap(errs.KindOf(err), err, "the baseline of %s version %d", v.Model, v.Version)
	}
	out := &profile{version: v, digest: t.Digest, task: t.Task, rows: len(rows)}
	for _, f := range t.Inputs {
		out.columns = append(out.columns, learnColumn(f, rows)...)
	}
	if err := out.learnAnswers(ctx, v, rows, p); err != nil {
		return nil, err
	}
	return out, nil
}

// readRows reads the input columns of the baseline CSV. A baseline that lacks an
// input is refused: comparing half the inputs would look like a clean bill.
func readRows(ctx context.Context, t Trained) ([]map[string]any, error) {
	r := csv.NewReader(t.Rows)
	r.ReuseRecord = true
	head, err := r.Read()
	if err != nil {
		return nil, errs.New(errs.Invalid, "it has no header line: %w", err)
	}
	head = slices.Clone(head)
	at := make([]int, len(t.Inputs))
	for i, f := range t.Inputs {
		if at[i] = slices.Index(head, f.Name); at[i] < 0 {
			return nil, errs.New(errs.Precondition, "it has no column %q", f.Name).WithHint("register the version with a baseline that holds every input of its signature")
		}
	}
	var rows []map[string]any
	for len(rows) < baselineLimit && ctx.Err() == nil {
		rec, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, errs.New(errs.Invalid, "%w", err)
		}
		row := make(map[string]any, len(at))
		for i, f := range t.Inputs {
			row[f.Name] = typed(f.Type, rec[at[i]])
		}
		rows = append(rows, row)
	}
	return rows, ctx.Err()
}

// typed gives a CSV field the type its input has, so that it can be scored too.
func typed(kind, field string) any {
	if missing(field) {
		return nil
	}
	switch kind {
	case "string", "binary", "datetime":
		return field
	case "boolean":
		return class(field) == "1"
	case "integer", "long":
		if f, ok := number(field); ok {
			return int64(f)
		}
	default:
		if f, ok := number(field); ok {
			return f
		}
	}
	return field
}

func learnColumn(f Field, rows []map[string]any) []*column {
	kind := kindOf(f, rows)
	if kind != "text" {
		c := &column{name: f.Name, source: f.Name, role: RoleInput, kind: kind}
		for _, row := range rows {
			c.ref.add(kind, row[f.Name])
		}
		c.ref.seal()
		return []*column{c}
	}
	return learnText(f, rows)
}

func learnText(f Field, rows []map[string]any) []*column {
	known := vocabulary{}
	for _, row := range rows {
		if s, ok := row[f.Name].(string); ok {
			known.learn(s)
		}
	}
	var out []*column
	for i, part := range textParts {
		c := &column{name: f.Name + " · " + part, parent: f.Name, source: f.Name, role: RoleText, kind: KindNumeric, part: i, words: known}
		for _, row := range rows {
			c.observe(&c.ref, row[f.Name], 1)
		}
		c.ref.seal()
		out = append(out, c)
	}
	return out
}

// observe adds a row's value to a side of the column.
func (c *column) observe(s *series, v any, own int) {
	if c.role == RoleText && !missing(v) {
		text, ok := v.(string)
		if !ok {
			text = name(v)
		}
		v = c.words.measure(text, own)[c.part]
	}
	s.add(c.kind, v)
}

func kindOf(f Field, rows []map[string]any) string {
	switch f.Type {
	case "string", "binary", "datetime":
		var values []string
		for _, row := range rows[:min(len(rows), 2000)] {
			if s, ok := row[f.Name].(string); ok {
				values = append(values, s)
			}
		}
		if isText(values) {
			return "text"
		}
		return KindCategorical
	case "boolean":
		return KindCategorical
	case "integer", "long":
		distinct := map[string]bool{}
		for _, row := range rows {
			if distinct[name(row[f.Name])] = true; len(distinct) > fewValues {
				return KindNumeric
			}
		}
		return KindCategorical
	}
	return KindNumeric
}

// learnAnswers scores a spread of the baseline's rows with the version itself.
func (p *profile) learnAnswers(ctx context.Context, v VersionRef, rows []map[string]any, by Predictor) error {
	if by == nil || len(rows) == 0 {
		return nil
	}
	step := (len(rows) + scoreLimit - 1) / scoreLimit
	var some []map[string]any
	for i := 0; i < len(rows); i += step {
		some = append(some, rows[i])
	}
	answers, err := by.Predict(ctx, v, some)
	if err != nil {
		return errs.Wrap(errs.KindOf(err), err, "scoring the baseline of %s version %d", v.Model, v.Version)
	}
	kind := KindCategorical
	if p.task == "regression" {
		kind = KindNumeric
	}
	answer := &column{name: "prediction", role: RolePrediction, kind: kind}
	score := &column{name: "score", role: RoleScore, kind: KindNumeric}
	for _, a := range answers {
		answer.ref.add(kind, answerOf(kind, a.Value))
		if a.Score != nil {
			score.ref.add(KindNumeric, *a.Score)
		}
	}
	answer.ref.seal()
	score.ref.seal()
	p.columns = append(p.columns, answer)
	if score.ref.rows > 0 {
		p.columns = append(p.columns, score)
	}
	return nil
}

func answerOf(kind string, v any) any {
	if kind == KindCategorical && !missing(v) {
		return class(v)
	}
	return v
}
