package runtime

import (
	"math"
	"strings"

	"rondo/backend/errs"
)

// Check holds tensors against the inputs: it returns them in the signature's order
// and types, or says which column is missing, too many, or of the wrong type. Only
// conversions that lose nothing are made, and doubles become floats where a float
// is taken. A single matrix may stand for all columns of a table.
func (s *Signature) Check(in []Tensor) ([]Tensor, error) {
	if err := wellFormed(in); err != nil {
		return nil, err
	}
	if len(s.Inputs) == 0 || s.asIs(in) {
		return in, nil
	}
	if len(in) == 1 {
		var err error
		if in, err = s.single(in); err != nil {
			return nil, err
		}
	}
	if err := s.names(in); err != nil {
		return nil, err
	}
	out := make([]Tensor, 0, len(s.Inputs))
	for i := range s.Inputs {
		c := &s.Inputs[i]
		t := byName(in, c.Name)
		if t == nil {
			if c.Required {
				return nil, errs.New(errs.Invalid, "column %q is missing", c.Name).WithHint("the model takes %s", s.words())
			}
			t = absent(c, in)
		}
		fitted, err := c.fit(t)
		if err != nil {
			return nil, err
		}
		out = append(out, fitted)
	}
	return out, sameRows(out)
}

// asIs is the quick way out for tensors that fit without any change.
func (s *Signature) asIs(in []Tensor) bool {
	if len(in) != len(s.Inputs) || len(in) == 0 {
		return false
	}
	for i := range in {
		c := &s.Inputs[i]
		if in[i].Name != c.Name || in[i].Type != c.Type || c.Type == Datetime || in[i].Nulls != nil {
			return false
		}
		if c.Shape != nil || len(in[i].Shape) != 1 || in[i].Shape[0] != in[0].Shape[0] {
			return false
		}
	}
	return true
}

func wellFormed(in []Tensor) error {
	if len(in) == 0 {
		return errs.New(errs.Invalid, "the request holds no inputs")
	}
	for i := range in {
		n := 1
		for _, d := range in[i].Shape {
			if d < 0 || d > 0 && n > math.MaxInt32/d {
				return errs.New(errs.Invalid, "column %q has the impossible shape %v", in[i].Name, in[i].Shape)
			}
			n *= d
		}
		if n != in[i].Len() {
			return errs.New(errs.Invalid, "column %q holds %d values; its shape %v wants %d", in[i].Name, in[i].Len(), in[i].Shape, n)
		}
	}
	return nil
}

// single lets one tensor stand for the model's only input, whatever it is called
// where that has no name, or for all columns of a table.
func (s *Signature) single(in []Tensor) ([]Tensor, error) {
	if len(s.Inputs) == 1 && s.Inputs[0].Name == "" {
		t := in[0]
		t.Name = ""
		return []Tensor{t}, nil
	}
	if s.Input(in[0].Name) >= 0 || len(in[0].Shape) != 2 || !s.table() {
		return in, nil
	}
	t, cols := &in[0], len(s.Inputs)
	if t.Shape[1] != cols {
		return nil, errs.New(errs.Invalid, "%q has %d columns; the model takes %d", t.Name, t.Shape[1], cols).WithHint("in this order: %s", s.words())
	}
	out := make([]Tensor, cols)
	for c := range out {
		out[c] = t.column(c, s.Inputs[c].Name)
	}
	return out, nil
}

func (s *Signature) table() bool {
	for i := range s.Inputs {
		if s.Inputs[i].Shape != nil {
			return false
		}
	}
	return true
}

// column copies one column of a matrix.
func (t *Tensor) column(c int, name string) Tensor {
	rows, cols := t.Shape[0], t.Shape[1]
	out := Tensor{Name: name, Type: t.Type, Shape: []int{rows}}
	out.alloc(rows)
	for r := range rows {
		i := r*cols + c
		switch {
		case out.Floats != nil:
			out.Floats[r] = t.Floats[i]
		case out.Ints != nil:
			out.Ints[r] = t.Ints[i]
		default:
			out.Texts[r] = t.Texts[i]
		}
	}
	if t.Nulls != nil {
		out.Nulls = make([]bool, rows)
		for r := range rows {
			out.Nulls[r] = t.Nulls[r*cols+c]
		}
	}
	return out
}

func (t *Tensor) alloc(n int) {
	switch t.Type {
	case Float, Double:
		t.Floats = make([]float64, n)
	case Boolean, Integer, Long:
		t.Ints = make([]int64, n)
	default:
		t.Texts = make([]string, n)
	}
}

// names refuses columns that the model does not take and those that come twice.
func (s *Signature) names(in []Tensor) error {
	for i := range in {
		if s.Input(in[i].Name) < 0 {
			return s.Unknown(in[i].Name)
		}
		if byName(in[:i], in[i].Name) != nil {
			return errs.New(errs.Invalid, "column %q was sent twice", in[i].Name)
		}
	}
	return nil
}

func byName(in []Tensor, name string) *Tensor {
	for i := range in {
		if in[i].Name == name {
			return &in[i]
		}
	}
	return nil
}

const maxWords = 24 // columns that an error lists

// words lists the inputs for a person: temp (double), city (string).
func (s *Signature) words() string {
	var parts []string
	for i, c := range s.Inputs {
		if i == maxWords {
			parts = append(parts, "…")
			break
		}
		text := c.Name + " (" + string(c.Type)
		if !c.Required {
			text += ", optional"
		}
		parts = append(parts, text+")")
	}
	return strings.Join(parts, ", ")
}

// absent stands for an optional column that was left out: all null.
func absent(c *Column, in []Tensor) *Tensor {
	rows := in[0].Rows()
	t := &Tensor{Name: c.Name, Type: c.Type, Shape: []int{rows}, Nulls: make([]bool, rows)}
	t.alloc(rows)
	for i := range t.Nulls {
		t.Nulls[i] = true
		if t.Floats != nil {
			t.Floats[i] = math.NaN()
		}
	}
	return t
}

func sameRows(in []Tensor) error {
	for i := range in {
		if in[i].Rows() != in[0].Rows() {
			return errs.New(errs.Invalid, "column %q has %d rows; column %q has %d", in[i].Name, in[i].Rows(), in[0].Name, in[0].Rows())
		}
	}
	return nil
}
