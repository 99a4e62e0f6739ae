package onnx

import (
	"slices"
	"strings"

	"rondo/backend/errs"
)

// op computes a node's outputs. Optional inputs that are left out are nil.
type op func(n *node, in []*tensor) ([]*tensor, error)

// step is a node whose names have become slots.
type step struct {
	*node
	run     op
	inSlot  []int // -1: left out
	outSlot []int
}

// plan is a checked graph, ready to run.
type plan struct {
	steps   []step
	slots   int
	consts  map[int]*tensor
	inputs  []port
	inSlot  []int
	outputs []port
	outSlot []int
}

type planner struct {
	plan
	slot map[string]int
}

// compile checks that every name is made before it is used, once, and that every
// operation is known. It lists all unknown operations at once.
func compile(f *file) (*plan, error) {
	p := &planner{plan: plan{consts: map[int]*tensor{}}, slot: map[string]int{}}
	if err := missingOps(f); err != nil {
		return nil, err
	}
	for name, t := range f.inits {
		p.consts[p.define(name)] = t
	}
	for _, in := range f.inputs {
		if f.inits[in.name] != nil {
			continue // old files list their constants among the inputs
		}
		if err := p.input(in); err != nil {
			return nil, err
		}
	}
	for i := range f.nodes {
		if err := p.node(&f.nodes[i]); err != nil {
			return nil, err
		}
	}
	for _, out := range f.outputs {
		slot, ok := p.slot[out.name]
		if !ok {
			return nil, corrupt("nothing makes the output %.80q", out.name)
		}
		p.outputs, p.outSlot = append(p.outputs, out), append(p.outSlot, slot)
	}
	if len(p.outputs) == 0 {
		return nil, corrupt("the graph has no output")
	}
	p.slots = len(p.slot)
	return &p.plan, nil
}

func missingOps(f *file) error {
	var missing []string
	for _, n := range f.nodes {
		if ops[opName(&n)] == nil && !slices.Contains(missing, opName(&n)) {
			missing = append(missing, opName(&n))
		}
	}
	if len(missing) == 0 {
		return nil
	}
	slices.Sort(missing)
	return errs.New(errs.Invalid, "the model uses operations that the built-in runtime does not know: %.500s", strings.Join(missing, ", ")).
		WithHint("log it with mlflow, so that it can be served by a Python worker")
}

func opName(n *node) string {
	if n.domain == "" || n.domain == "ai.onnx" {
		return n.op
	}
	return n.domain + "." + n.op
}

func (p *planner) define(name string) int {
	i := len(p.slot)
	p.slot[name] = i
	return i
}

func (p *planner) input(in port) error {
	if _, dup := p.slot[in.name]; dup {
		return corrupt("two inputs are called %.80q", in.name)
	}
	if !in.kind.isFloat() && !in.kind.isInt() && in.kind != kString {
		return errs.New(errs.Invalid, "input %.80q has the element type %d, which is not supported", in.name, in.kind)
	}
	p.inputs, p.inSlot = append(p.inputs, in), append(p.inSlot, p.define(in.name))
	return nil
}

func (p *planner) node(n *node) error {
	s := step{node: n, run: ops[opName(n)]}
	for _, name := range n.in {
		slot, ok := p.slot[name]
		if name == "" {
			slot, ok = -1, true
		}
		if !ok {
			return corrupt("node %.80q (%s) uses %.80q, which nothing before it makes", n.name, n.op, name)
		}
		s.inSlot = append(s.inSlot, slot)
	}
	for _, name := range n.out {
		if _, dup := p.slot[name]; dup && name != "" {
			return corrupt("%.80q is made twice", name)
		}
		slot := -1
		if name != "" {
			slot = p.define(name)
		}
		s.outSlot = append(s.outSlot, slot)
	}
	p.steps = append(p.steps, s)
	return nil
}
