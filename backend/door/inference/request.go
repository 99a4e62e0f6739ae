package inference

import (
	"math"

	"rondo/backend/errs"
	"rondo/backend/serve"
	"rondo/backend/serve/runtime"
)

const maxInputs = 4096

// request is an inference request as it was read.
type request struct {
	serve.Request
	outputs []wantedOutput // empty: all
	binary  bool           // answer in binary unless an output says otherwise
}

type wantedOutput struct {
	name   string
	binary *bool
}

// input is one tensor of the request before its data is read.
type input struct {
	tensor runtime.Tensor
	kind   datatype
	data   []byte // JSON, or nil
	binary int64  // bytes after the JSON; -1: none
}

// parseRequest reads the JSON and the binary tensors that follow it.
func parseRequest(head, rest []byte) (*request, error) {
	r := &request{}
	s := &scanner{b: head}
	var ins []input
	err := s.object("the request", func(key string) (err error) {
		switch key {
		case "id":
			r.ID, err = s.text()
		case "inputs":
			ins, err = s.inputs()
		case "outputs":
			r.outputs, err = s.outputs()
		case "parameters":
			err = s.parameters(r)
		default:
			_, err = s.skip()
		}
		return err
	})
	if err == nil {
		err = s.end()
	}
	if err != nil {
		return nil, err
	}
	r.Inputs = make([]runtime.Tensor, len(ins))
	for i := range ins {
		if rest, err = ins[i].read(rest); err != nil {
			return nil, err
		}
		r.Inputs[i] = ins[i].tensor
	}
	if len(rest) > 0 {
		return nil, errs.New(errs.Invalid, "%d bytes follow the last binary tensor", len(rest))
	}
	return r, nil
}

func (s *scanner) inputs() (list []input, err error) {
	list = make([]input, 0, 4)
	return list, s.list("inputs", func() error {
		in := input{binary: -1}
		if len(list) >= maxInputs {
			return errs.New(errs.Invalid, "the request has more than %d inputs", maxInputs)
		}
		if err := s.object("an input", func(key string) error { return s.inputField(&in, key) }); err != nil {
			return err
		}
		list = append(list, in)
		return nil
	})
}

func (s *scanner) inputField(in *input, key string) (err error) {
	switch key {
	case "name":
		in.tensor.Name, err = s.text()
	case "datatype":
		var name string
		if name, err = s.text(); err != nil {
			return err
		}
		var ok bool
		if in.kind, ok = types[name]; !ok {
			return errs.New(errs.Invalid, "input %.80q has the datatype %.40q, which the protocol does not know", in.tensor.Name, name)
		}
		in.tensor.Type = in.kind.as
	case "shape":
		in.tensor.Shape = make([]int, 0, 2)
		err = s.list("a shape", func() error {
			n, err := s.whole()
			if err == nil && (n < 0 || n > math.MaxInt32 || len(in.tensor.Shape) >= 8) {
				err = errs.New(errs.Invalid, "input %.80q has an impossible shape", in.tensor.Name)
			}
			in.tensor.Shape = append(in.tensor.Shape, int(n))
			return err
		})
	case "data":
		in.data, err = s.skip()
	case "parameters":
		err = s.object("parameters", func(key string) (err error) {
			if key == "binary_data_size" {
				in.binary, err = s.whole()
				return err
			}
			_, err = s.skip()
			return err
		})
	default:
		_, err = s.skip()
	}
	return err
}

func (s *scanner) outputs() (list []wantedOutput, err error) {
	return list, s.list("outputs", func() error {
		var o wantedOutput
		if len(list) >= maxInputs {
			return errs.New(errs.Invalid, "the request has more than %d outputs", maxInputs)
		}
		err := s.object("an output", func(key string) (err error) {
			switch key {
			case "name":
				o.name, err = s.text()
			case "parameters":
				err = s.object("parameters", func(key string) error {
					raw, err := s.skip()
					if err == nil && key == "binary_data" {
						yes := string(raw) == "true"
						o.binary = &yes
					}
					return err
				})
			default:
				_, err = s.skip()
			}
			return err
		})
		list = append(list, o)
		return err
	})
}

// parameters of the request: how to answer, and attributes to capture with it,
// which are no inputs of the model: {"attributes": {"city": "Ulm"}}.
func (s *scanner) parameters(r *request) error {
	return s.object("parameters", func(key string) error {
		raw, err := s.skip()
		if err != nil {
			return err
		}
		switch key {
		case "binary_data_output":
			r.binary = string(raw) == "true"
		case "attributes":
			r.Attributes, err = attributes(raw)
		}
		return err
	})
}

const maxAttributes = 256

func attributes(raw []byte) (map[string][]any, error) {
	var in map[string]any
	if err := decode(raw, &in); err != nil {
		return nil, err
	}
	if len(in) > maxAttributes {
		return nil, errs.New(errs.Invalid, "more than %d attributes", maxAttributes)
	}
	out := make(map[string][]any, len(in))
	for name, v := range in {
		list, many := v.([]any)
		if !many {
			list = []any{v}
		}
		out[name] = list
	}
	return out, nil
}

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
