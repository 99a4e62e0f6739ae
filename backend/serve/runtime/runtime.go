// Package runtime says what a loaded model is to the serving side: named tensors
// in, named tensors out, under a signature. The runtimes themselves live in its
// sub-packages; endpoints, routing and protocols never live here.
package runtime

import "context"

// Model is one loaded model version. Predict may be called concurrently.
type Model interface {
	// Predict answers one tensor per output for tensors that passed Signature.Check.
	Predict(ctx context.Context, in []Tensor) ([]Tensor, error)
	Signature() Signature
	// Close waits for predictions in flight and frees what the model holds.
	Close() error
}

// Type is an MLflow data type.
type Type string

// The types, by their MLflow names.
const (
	Boolean  Type = "boolean"
	Integer  Type = "integer" // 32 bits
	Long     Type = "long"    // 64 bits
	Float    Type = "float"   // 32 bits
	Double   Type = "double"
	String   Type = "string"
	Datetime Type = "datetime" // carried as RFC 3339 text
)

// Tensor is a named array, row-major. Exactly one of Floats, Ints and Texts is used:
// Floats for float and double, Ints for boolean, integer and long, Texts for the rest.
type Tensor struct {
	Name   string
	Type   Type
	Shape  []int // the first axis is the rows
	Floats []float64
	Ints   []int64
	Texts  []string
	Nulls  []bool // elements that are missing, for runtimes that can tell; nil: none
}

// Rows returns the length of the first axis; a scalar has one row.
func (t *Tensor) Rows() int {
	if len(t.Shape) == 0 {
		return 1
	}
	return t.Shape[0]
}

// Len returns the number of elements held.
func (t *Tensor) Len() int {
	switch t.Type {
	case Float, Double:
		return len(t.Floats)
	case Boolean, Integer, Long:
		return len(t.Ints)
	}
	return len(t.Texts)
}

// At returns element i as a bool, int64, float64 or string; nil where it is missing.
func (t *Tensor) At(i int) any {
	if t.Nulls != nil && t.Nulls[i] {
		return nil
	}
	switch t.Type {
	case Float, Double:
		return t.Floats[i]
	case Boolean:
		return t.Ints[i] != 0
	case Integer, Long:
		return t.Ints[i]
	}
	return t.Texts[i]
}
