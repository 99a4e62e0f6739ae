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
