package inference

import (
	"rondo/backend/errs"
	"rondo/backend/serve/runtime"
)

// size multiplies the shape; the data must hold just that many elements.
func (in *input) size(limit int) (int, error) {
	n := 1
	for _, d := range in.tensor.Shape {
		if d > 0 && n > limit/d {
			return 0, errs.New(errs.Invalid, "input %.80q holds less data than its shape %v wants", in.tensor.Name, in.tensor.Shape)
		}
		n *= d
	}
	return n, nil
}

// read fills the tensor from its JSON, or from the front of rest.
func (in *input) read(rest []byte) ([]byte, error) {
	t := &in.tensor
	switch {
	case t.Name == "":
		return nil, errs.New(errs.Invalid, "an input has no name")
	case in.kind.name == "":
		return nil, errs.New(errs.Invalid, "input %.80q has no datatype", t.Name)
	case t.Shape == nil:
		return nil, errs.New(errs.Invalid, "input %.80q has no shape", t.Name)
	case in.data == nil && in.binary < 0:
		return nil, errs.New(errs.Invalid, "input %.80q has no data", t.Name)
	case in.data != nil && in.binary >= 0:
		return nil, errs.New(errs.Invalid, "input %.80q has data both in JSON and in binary", t.Name)
	case in.binary > int64(len(rest)):
		return nil, errs.New(errs.Invalid, "input %.80q wants %d bytes of binary data; %d are left", t.Name, in.binary, len(rest))
	case in.binary >= 0:
		return rest[in.binary:], in.fromBinary(rest[:in.binary])
	}
	n, err := in.size(len(in.data)/2 + 1) // an element takes a digit and a comma at least
	if err != nil {
		return nil, err
	}
	switch {
	case in.kind.as == runtime.Float || in.kind.as == runtime.Double:
		t.Floats = make([]float64, 0, n)
	case in.kind.as == runtime.String:
		t.Texts = make([]string, 0, n)
	default:
		t.Ints = make([]int64, 0, n)
	}
	s := &scanner{b: in.data}
	if err := s.elements(in, n, 0); err != nil {
		return nil, err
	}
	if got := t.Len(); got != n {
		return nil, errs.New(errs.Invalid, "input %.80q holds %d values; its shape %v wants %d", t.Name, got, t.Shape, n)
	}
	return rest, nil
}

// elements reads a list of values, nested or flat.
func (s *scanner) elements(in *input, n, depth int) error {
	if depth > 8 {
		return errs.New(errs.Invalid, "input %.80q is nested deeper than its shape", in.tensor.Name)
	}
	return s.list("data", func() error {
		if s.next() == '[' {
			return s.elements(in, n, depth+1)
		}
		if in.tensor.Len() >= n {
			return errs.New(errs.Invalid, "input %.80q holds more values than its shape %v wants", in.tensor.Name, in.tensor.Shape)
		}
		return s.element(in)
	})
}

func (s *scanner) element(in *input) error {
	t := &in.tensor
	if in.kind.as == runtime.String {
		text, err := s.text()
		if err != nil {
			return errs.New(errs.Invalid, "input %.80q, value %d: it is no text", t.Name, len(t.Texts))
		}
		t.Texts = append(t.Texts, text)
		return nil
	}
	word := s.token()
	if t.Ints == nil {
		return addFloat(t, in.kind, word)
	}
	return addInt(t, in.kind, word)
}
