package pipeline

import (
	"path"
	"slices"
)

// makers knows which stage makes what lies at a path. Its questions cost the depth of
// the path and not the number of stages.
type makers struct {
	of    map[string]string   // stages by the path of an out
	below map[string][]string // outs by each folder above them
}

func newMakers() *makers { return &makers{of: map[string]string{}, below: map[string][]string{}} }

func (m *makers) add(out, stage string) {
	m.of[out] = stage
	for dir := path.Dir(out); dir != "."; dir = path.Dir(dir) {
		m.below[dir] = append(m.below[dir], out)
	}
}

// near returns the outs that are p, hold p or lie in p, in the order of their paths.
func (m *makers) near(p string) []string {
	list := slices.Clone(m.below[p])
	for at := p; at != "."; at = path.Dir(at) {
		if _, ok := m.of[at]; ok {
			list = append(list, at)
		}
	}
	slices.Sort(list)
	return list
}

// connect finds the stages that make what n needs: the path itself, a folder around
// it, or something in it.
func (n *Node) connect(m *makers) {
	first := map[string]int{} // where the first dep stands that a stage makes
	for i, d := range n.Deps {
		for _, out := range m.near(d) {
			maker := m.of[out]
			if _, known := first[maker]; known || maker == n.Name {
				continue
			}
			first[maker] = i
			n.Upstream = append(n.Upstream, maker)
		}
	}
	slices.Sort(n.Upstream)
	if n.From != "" { // another tool goes by the order of the deps
		slices.SortStableFunc(n.Upstream, func(a, b string) int { return first[a] - first[b] })
	}
}
