package runtime

import (
	"slices"

	"rondo/backend/errs"
)

// Guess makes a column for values that no signature describes.
func Guess(name string, values []any) Column {
	c := Column{Name: name, Type: Double}
	for _, v := range values {
		if list, ok := v.([]any); ok {
			c.Shape = []int{-1}
			return Column{Name: name, Type: Guess(name, list).Type, Shape: c.Shape}
		}
		switch v.(type) {
		case string:
			c.Type = String
		case bool:
			c.Type = Boolean
		}
	}
	return c
}

// Unknown is the refusal of a column that the model does not take.
func (s *Signature) Unknown(name string) error {
	return errs.New(errs.Invalid, "the model has no column %q", name).WithHint("it takes %s", s.words())
}

// guess makes columns for a model without a signature from the values it is sent.
func guess(rows []map[string]any) (cols []Column) {
	var names []string
	for name := range rows[0] {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		c := Column{Name: name, Type: Double}
		for _, row := range rows {
			switch row[name].(type) {
			case string:
				c.Type = String
			case bool:
				c.Type = Boolean
			}
		}
		cols = append(cols, c)
	}
	return cols
}
