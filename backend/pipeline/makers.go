package pipeline

import (
	"path"
	"slices"
	"strings"
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
	deps := slices.Clone(n.Deps)
	for _, d := range n.OutsideDeps {
		deps = append(deps, beyond(d))
	}
	for i, d := range deps {
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

// beyond is the name among makers of a path outside of the project, which no path in it has.
func beyond(at string) string { return "../" + strings.TrimLeft(at, "/") }
