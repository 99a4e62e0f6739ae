package runtime

// Column is one named input or output. Shape is nil for a table's column (one
// value per row) and the full shape, with -1 for the rows, for a tensor.
type Column struct {
	Name     string `json:"name"`
	Type     Type   `json:"type"`
	Required bool   `json:"required"`
	Shape    []int  `json:"shape,omitempty"`
}

// Signature is what a model takes and gives. It comes from the MLmodel file.
type Signature struct {
	Inputs  []Column `json:"inputs"`
	Outputs []Column `json:"outputs"`
}

// Input returns the index of the named input, or -1.
func (s *Signature) Input(name string) int {
	for i := range s.Inputs {
		if s.Inputs[i].Name == name {
			return i
		}
	}
	return -1
}
