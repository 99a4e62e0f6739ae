package runtime

import (
	"math"
	"time"

	"rondo/backend/errs"
)

// fit returns t in the column's type and shape.
func (c *Column) fit(t *Tensor) (Tensor, error) {
	out := *t
	if err := c.shape(&out); err != nil {
		return out, err
	}
	if err := c.nulls(&out); err != nil {
		return out, err
	}
	if out.Type == c.Type && c.Type != Datetime {
		return out, nil
	}
	return c.convert(&out)
}

// shape checks a tensor's axes; a table's column also comes as one column of a
// matrix or as a single value.
func (c *Column) shape(t *Tensor) error {
	if c.Shape == nil {
		if len(t.Shape) == 0 || len(t.Shape) == 2 && t.Shape[1] == 1 {
			t.Shape = []int{t.Rows()}
		}
		if len(t.Shape) != 1 {
			return errs.New(errs.Invalid, "column %q takes one value per row, not the shape %v", c.Name, t.Shape)
		}
		return nil
	}
	ok := len(t.Shape) == len(c.Shape)
	for i := 0; ok && i < len(c.Shape); i++ {
		ok = c.Shape[i] < 0 || c.Shape[i] == t.Shape[i]
	}
	if !ok {
		return errs.New(errs.Invalid, "%q takes the shape %v, not %v", c.Name, c.Shape, t.Shape).WithHint("-1 stands for any length")
	}
	return nil
}

// nulls refuses nulls where the column cannot hold them. A number with a fraction
// always can: a null is NaN there.
func (c *Column) nulls(t *Tensor) error {
	for i, null := range t.Nulls {
		if null && c.Type != Float && c.Type != Double && c.Required {
			return errs.New(errs.Invalid, "column %q, row %d: it is null, and the model requires a value of type %s", c.Name, i, c.Type)
		}
	}
	return nil
}

func (c *Column) convert(t *Tensor) (Tensor, error) {
	out := Tensor{Name: t.Name, Type: c.Type, Shape: t.Shape, Nulls: t.Nulls, Floats: t.Floats, Ints: t.Ints, Texts: t.Texts}
	switch {
	case isFraction(t.Type) && isFraction(c.Type):
		if c.Type == Float {
			out.Floats = rounded(t.Floats)
		}
		return out, nil
	case isWhole(t.Type) && isFraction(c.Type):
		return out, out.widen(t)
	case isWhole(t.Type) && isWhole(c.Type):
		return out, c.within(t)
	case (t.Type == String || t.Type == Datetime) && c.Type == Datetime:
		return out, c.moments(t)
	case t.Type == Datetime && c.Type == String:
		return out, nil
	}
	return out, errs.New(errs.Invalid, "column %q takes %s, not %s", c.Name, c.Type, t.Type).
		WithHint("send a value of that type; the endpoint's signature lists them all")
}

func isFraction(t Type) bool { return t == Float || t == Double }

func isWhole(t Type) bool { return t == Integer || t == Long }

func rounded(in []float64) []float64 {
	out := make([]float64, len(in))
	for i, v := range in {
		out[i] = float64(float32(v))
	}
	return out
}

// widen turns whole numbers into fractions, where those can hold them.
func (t *Tensor) widen(from *Tensor) error {
	limit := int64(1) << 53
	if t.Type == Float {
		limit = 1 << 24
	}
	t.Ints, t.Floats = nil, make([]float64, len(from.Ints))
	for i, v := range from.Ints {
		if v > limit || v < -limit {
			return errs.New(errs.Invalid, "column %q, row %d: %d is too large for a %s without rounding", t.Name, i, v, t.Type)
		}
		t.Floats[i] = float64(v)
		if from.Nulls != nil && from.Nulls[i] {
			t.Floats[i] = math.NaN()
		}
	}
	return nil
}

func (c *Column) within(t *Tensor) error {
	if c.Type != Integer {
		return nil
	}
	for i, v := range t.Ints {
		if v > math.MaxInt32 || v < math.MinInt32 {
			return errs.New(errs.Invalid, "column %q, row %d: %d does not fit into 32 bits", c.Name, i, v)
		}
	}
	return nil
}

func (c *Column) moments(t *Tensor) error {
	for i, s := range t.Texts {
		if t.Nulls != nil && t.Nulls[i] {
			continue
		}
		if !isMoment(s) {
			return errs.New(errs.Invalid, "column %q, row %d: it is no date and time", c.Name, i).WithHint("write 2026-03-01T12:00:00Z or 2026-03-01")
		}
	}
	return nil
}

func isMoment(s string) bool {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999", time.DateOnly} {
		if _, err := time.Parse(layout, s); err == nil {
			return true
		}
	}
	return false
}
