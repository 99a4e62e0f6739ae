package runtime

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"

	"rondo/backend/errs"
)

// FromRows makes one tensor per column from rows of plain values, which are what
// JSON and Go have for them. With loose, columns that the model does not take are
// passed over; else they are named as an error. The result has passed Check.
func (s *Signature) FromRows(rows []map[string]any, loose bool) ([]Tensor, error) {
	if len(rows) == 0 {
		return nil, errs.New(errs.Invalid, "there are no rows")
	}
	cols := s.Inputs
	if len(cols) == 0 {
		cols = guess(rows)
	}
	if !loose {
		if err := s.noneBesides(cols, rows); err != nil {
			return nil, err
		}
	}
	var in []Tensor
	for i := range cols {
		t, seen, err := cols[i].gather(rows)
		if err != nil {
			return nil, err
		}
		if seen {
			in = append(in, t)
		}
	}
	return s.Check(in)
}

func (s *Signature) noneBesides(cols []Column, rows []map[string]any) error {
	for i, row := range rows {
		for name := range row {
			if !slices.ContainsFunc(cols, func(c Column) bool { return c.Name == name }) {
				return errs.New(errs.Invalid, "row %d: %w", i, s.Unknown(name)).WithHint("it takes %s", s.words())
			}
		}
	}
	return nil
}

// gather collects a column's values. A column that no row has is not seen.
func (c *Column) gather(rows []map[string]any) (t Tensor, seen bool, err error) {
	values := make([]any, len(rows))
	for i, row := range rows {
		v, ok := row[c.Name]
		if seen = seen || ok; !ok && c.Required && i > 0 {
			return t, seen, errs.New(errs.Invalid, "row %d: column %q is missing", i, c.Name)
		}
		values[i] = v
	}
	if !seen {
		return t, false, nil
	}
	if _, ok := rows[0][c.Name]; !ok && c.Required {
		return t, true, errs.New(errs.Invalid, "row 0: column %q is missing", c.Name)
	}
	t, err = c.FromValues(values)
	return t, true, err
}

// FromValues makes a column's tensor from plain values: nil, bool, numbers, text,
// and nested lists of them where the column is a tensor.
func (c *Column) FromValues(values []any) (Tensor, error) {
	t := Tensor{Name: c.Name, Type: c.Type, Shape: []int{len(values)}}
	flat := values
	if c.Shape != nil {
		t.Shape, flat = flatten(values)
	}
	t.alloc(len(flat))
	for i, v := range flat {
		if err := t.set(i, v); err != nil {
			return t, err
		}
	}
	return t, nil
}

// flatten turns nested lists into one, with the shape they have.
func flatten(values []any) (shape []int, flat []any) {
	shape, flat = []int{len(values)}, values
	for len(flat) > 0 {
		first, ok := flat[0].([]any)
		if !ok || len(shape) > 8 {
			break
		}
		next := make([]any, 0, len(flat)*len(first))
		for _, v := range flat {
			list, ok := v.([]any)
			if !ok || len(list) != len(first) {
				return shape, flat // ragged: the list itself is no number, which set says
			}
			next = append(next, list...)
		}
		shape, flat = append(shape, len(first)), next
	}
	return shape, flat
}

// set puts a plain value into element i, converting only what loses nothing.
func (t *Tensor) set(i int, v any) error {
	if v == nil {
		t.null(i)
		return nil
	}
	switch t.Type {
	case Float, Double:
		if x, ok := number(v); ok {
			if t.Floats[i] = x; t.Type == Float {
				t.Floats[i] = float64(float32(x))
			}
			return nil
		}
	case Integer, Long:
		if n, ok := whole(v); ok && (t.Type == Long || n >= math.MinInt32 && n <= math.MaxInt32) {
			t.Ints[i] = n
			return nil
		}
	case Boolean:
		if b, ok := v.(bool); ok {
			if b {
				t.Ints[i] = 1
			}
			return nil
		}
	default:
		if s, ok := v.(string); ok {
			t.Texts[i] = s
			return nil
		}
	}
	return errs.New(errs.Invalid, "column %q, row %d: it takes %s, not %s", t.Name, i/max(1, t.width()), t.Type, sort(v)).
		WithHint("send a value of that type; the endpoint's signature lists them all")
}

func (t *Tensor) width() int {
	n := 1
	for _, d := range t.Shape[1:] {
		n *= d
	}
	return n
}

func (t *Tensor) null(i int) {
	if t.Floats != nil {
		t.Floats[i] = math.NaN()
	}
	if t.Nulls == nil {
		t.Nulls = make([]bool, t.Len())
	}
	t.Nulls[i] = true
}

// sort names what a plain value is, without showing it: it may be private.
func sort(v any) string {
	switch v.(type) {
	case bool:
		return "true or false"
	case string:
		return "text"
	case json.Number, float64, float32, int, int32, int64:
		return "a number that does not fit"
	case []any:
		return "a list"
	}
	return "an object"
}

func number(v any) (float64, bool) {
	switch x := v.(type) {
	case float64:
		return x, true
	case float32:
		return float64(x), true
	case int:
		return float64(x), x <= 1<<53 && x >= -1<<53
	case int32:
		return float64(x), true
	case int64:
		return float64(x), x <= 1<<53 && x >= -1<<53
	case json.Number:
		f, err := strconv.ParseFloat(string(x), 64)
		return f, err == nil
	}
	return 0, false
}

func whole(v any) (int64, bool) {
	switch x := v.(type) {
	case int:
		return int64(x), true
	case int32:
		return int64(x), true
	case int64:
		return x, true
	case float64:
		return int64(x), x == math.Trunc(x) && math.Abs(x) <= 1<<53
	case json.Number:
		if n, err := strconv.ParseInt(string(x), 10, 64); err == nil {
			return n, true
		}
		f, err := strconv.ParseFloat(string(x), 64)
		return int64(f), err == nil && f == math.Trunc(f) && math.Abs(f) <= 1<<53
	}
	return 0, false
}
