// Package onnx evaluates ONNX models in this process: the operations that the
// built-in trainer writes and the simple ones around them. Every length and index
// of a model file is checked before it is used, for such files come from anywhere.
// Models it does not know enough for go to a Python worker; sub-graphs, custom
// operations and external data never come in here.
package onnx

import (
	"context"
	"io"
	"os"

	"rondo/backend/errs"
	"rondo/backend/serve/runtime"
)

// Model is a loaded ONNX model. It is safe for concurrent use.
type Model struct {
	plan *plan
	sig  runtime.Signature
	// stack says that the graph takes one matrix whose columns are the signature's inputs.
	stack bool
}

var _ runtime.Model = (*Model)(nil)

// Open loads the ONNX file that an MLmodel folder names.
func Open(dir string, about runtime.MLmodel) (*Model, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, errs.New(errs.NotFound, "model folder: %w", err)
	}
	defer root.Close()
	f, err := root.Open(about.ONNX)
	if err != nil {
		return nil, errs.New(errs.Corrupt, "the model file %q that MLmodel names is not there: %w", about.ONNX, err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, errs.New(errs.Unavailable, "model file %q: %w", about.ONNX, err)
	}
	if !about.Declared {
		return Load(b, nil)
	}
	return Load(b, &about.Signature)
}

// Load reads a model from the bytes of its file. Without a signature the graph's
// own inputs and outputs are the signature.
func Load(b []byte, sig *runtime.Signature) (*Model, error) {
	f, err := parse(b)
	if err != nil {
		return nil, err
	}
	p, err := compile(f)
	if err != nil {
		return nil, err
	}
	m := &Model{plan: p}
	for _, out := range p.outputs {
		m.sig.Outputs = append(m.sig.Outputs, runtime.Column{Name: out.name, Type: out.kind.public(), Required: true, Shape: flat(out.shape)})
	}
	if sig == nil || len(sig.Inputs) == 0 {
		for _, in := range p.inputs {
			m.sig.Inputs = append(m.sig.Inputs, runtime.Column{Name: in.name, Type: in.kind.public(), Required: true, Shape: flat(in.shape)})
		}
		return m, nil
	}
	m.sig.Inputs = sig.Inputs
	return m, m.matchInputs()
}

// flat is nil for one value per row.
func flat(shape []int) []int {
	if len(shape) == 1 || len(shape) == 2 && shape[1] == 1 {
		return nil
	}
	return shape
}

// matchInputs finds how the signature's columns become the graph's inputs: by
// name, or all together as the one matrix it takes.
func (m *Model) matchInputs() error {
	if len(m.plan.inputs) == 1 && m.sig.Input(m.plan.inputs[0].name) < 0 {
		in := m.plan.inputs[0]
		if len(m.sig.Inputs) == 1 && m.sig.Inputs[0].Shape != nil {
			return nil
		}
		if len(in.shape) == 2 && (in.shape[1] == -1 || in.shape[1] == len(m.sig.Inputs)) {
			m.stack = true
			return nil
		}
	}
	for _, in := range m.plan.inputs {
		if m.sig.Input(in.name) < 0 {
			return errs.New(errs.Invalid, "the graph takes %q, which the signature in MLmodel does not name", in.name).
				WithHint("log the model again with a signature that names the graph's inputs")
		}
	}
	return nil
}

// Signature returns what the model takes and gives.
func (m *Model) Signature() runtime.Signature { return m.sig }

// Flavor names this runtime.
func (m *Model) Flavor() string { return "onnx" }

// Close does nothing: the memory goes with the last reference.
func (m *Model) Close() error { return nil }

// Predict evaluates the graph.
func (m *Model) Predict(ctx context.Context, in []runtime.Tensor) ([]runtime.Tensor, error) {
	args, err := m.arguments(in)
	if err != nil {
		return nil, err
	}
	out, err := m.plan.run(ctx, args)
	if err != nil {
		return nil, err
	}
	list := make([]runtime.Tensor, len(out))
	for i, t := range out {
		list[i] = t.public(m.plan.outputs[i].name)
	}
	return list, nil
}

func (m *Model) arguments(in []runtime.Tensor) ([]*tensor, error) {
	if m.stack {
		t, err := stacked(in, m.plan.inputs[0].kind)
		return []*tensor{t}, err
	}
	args := make([]*tensor, len(m.plan.inputs))
	for i, port := range m.plan.inputs {
		t := find(in, port.name)
		if t == nil && len(in) == 1 && len(args) == 1 {
			t = &in[0]
		}
		if t == nil {
			return nil, errs.New(errs.Invalid, "column %q is missing", port.name)
		}
		var err error
		if args[i], err = private(t, port); err != nil {
			return nil, err
		}
	}
	return args, nil
}

func find(in []runtime.Tensor, name string) *runtime.Tensor {
	for i := range in {
		if in[i].Name == name {
			return &in[i]
		}
	}
	return nil
}
