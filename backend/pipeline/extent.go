package pipeline

import (
	"slices"

	"rondo/backend/errs"
)

// How far a request goes beyond the stages that it names.
const (
	Needs      = ""           // what they depend on, too
	Alone      = "alone"      // no further
	Downstream = "downstream" // what depends on them, too
)

// Chosen returns the named stages and how far a request goes beyond them; all without names.
func (g Graph) Chosen(names []string, extent string) (Graph, error) {
	if len(names) == 0 || extent == Needs {
		return g.Only(names)
	}
	if extent != Alone && extent != Downstream {
		return nil, errs.New(errs.Invalid, "stages are run alone or downstream, and not %q", extent).WithHint("say one of these, or nothing")
	}
	keep, err := g.allNamed(names)
	if err != nil {
		return nil, err
	}
	var out Graph
	for _, n := range g { // what a stage needs comes before it
		below := extent == Downstream && slices.ContainsFunc(n.Upstream, func(up string) bool { return keep[up] })
		if keep[n.Name] = keep[n.Name] || below; keep[n.Name] {
			out = append(out, n)
		}
	}
	return out, nil
}
