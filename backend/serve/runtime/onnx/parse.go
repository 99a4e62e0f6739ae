package onnx

import (
	"google.golang.org/protobuf/encoding/protowire"

	"rondo/backend/errs"
)

// attr is a node's setting.
type attr struct {
	f       float64
	i       int64
	s       string
	t       *tensor
	floats  []float64
	ints    []int64
	strings []string
}

// node is one operation as the file has it.
type node struct {
	op, domain, name string
	in, out          []string
	attrs            map[string]attr
}

// port is a declared input or output of the graph. A shape of nil is unknown; -1
// in it is any length.
type port struct {
	name  string
	kind  kind
	shape []int
}

// file is a model file, read but not yet checked for sense.
type file struct {
	opset   int64
	nodes   []node
	inits   map[string]*tensor
	inputs  []port
	outputs []port
}

func parse(b []byte) (*file, error) {
	if len(b) > maxFile {
		return nil, errs.New(errs.TooLarge, "a model file of %d bytes is over the limit of %d", len(b), maxFile)
	}
	f := &file{inits: map[string]*tensor{}}
	seen := false
	err := each(b, func(num protowire.Number, typ protowire.Type, v []byte, _ uint64) error {
		switch {
		case num == 7 && typ == protowire.BytesType:
			if seen {
				return corrupt("it has two graphs")
			}
			seen = true
			return f.graph(v)
		case num == 8 && typ == protowire.BytesType:
			return f.opsetImport(v)
		}
		return nil
	})
	if err == nil && !seen {
		err = corrupt("it has no graph")
	}
	return f, err
}

func (f *file) opsetImport(b []byte) error {
	var domain string
	var version int64
	err := each(b, func(num protowire.Number, _ protowire.Type, v []byte, n uint64) error {
		switch num {
		case 1:
			domain = string(v)
		case 2:
			version = int64(n)
		}
		return nil
	})
	if domain == "" || domain == "ai.onnx" {
		f.opset = version
	}
	return err
}

func (f *file) graph(b []byte) error {
	return each(b, func(num protowire.Number, typ protowire.Type, v []byte, _ uint64) error {
		if typ != protowire.BytesType {
			return nil
		}
		switch num {
		case 1:
			n, err := parseNode(v)
			if len(f.nodes) >= maxNodes {
				return errs.New(errs.TooLarge, "the model has more than %d nodes", maxNodes)
			}
			f.nodes = append(f.nodes, n)
			return err
		case 5:
			name, t, err := parseTensor(v)
			f.inits[name] = t
			return err
		case 11, 12:
			p, err := parsePort(v)
			if num == 11 {
				f.inputs = append(f.inputs, p)
			} else {
				f.outputs = append(f.outputs, p)
			}
			return err
		case 15:
			return errs.New(errs.Invalid, "the model uses sparse constants, which are not supported")
		}
		return nil
	})
}

func parseNode(b []byte) (node, error) {
	n := node{attrs: map[string]attr{}}
	err := each(b, func(num protowire.Number, typ protowire.Type, v []byte, _ uint64) error {
		if typ != protowire.BytesType {
			return nil
		}
		if num != 5 && len(v) > maxName {
			return corrupt("a name of %d bytes is over the limit", len(v))
		}
		switch num {
		case 1:
			n.in = append(n.in, string(v))
		case 2:
			n.out = append(n.out, string(v))
		case 3:
			n.name = string(v)
		case 4:
			n.op = string(v)
		case 5:
			name, a, err := parseAttr(v)
			n.attrs[name] = a
			return err
		case 7:
			n.domain = string(v)
		}
		return nil
	})
	return n, err
}

func parseAttr(b []byte) (name string, a attr, err error) {
	err = each(b, func(num protowire.Number, typ protowire.Type, v []byte, n uint64) (err error) {
		switch num {
		case 1:
			name = string(v)
		case 2:
			var one []float64
			if one, err = floats(nil, typ, v, n); len(one) > 0 {
				a.f = one[0]
			}
		case 3:
			a.i = int64(n)
		case 4:
			a.s = string(v)
		case 5:
			_, a.t, err = parseTensor(v)
		case 6:
			err = errs.New(errs.Invalid, "the model uses sub-graphs (If, Loop, Scan), which are not supported")
		case 7:
			a.floats, err = floats(a.floats, typ, v, n)
		case 8:
			a.ints, err = ints(a.ints, typ, v, n)
		case 9:
			a.strings = append(a.strings, string(v))
		}
		return err
	})
	return name, a, err
}
