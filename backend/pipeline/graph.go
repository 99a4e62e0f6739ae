package pipeline

import (
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/project"
)

// Node is a stage with its place in the graph. All paths are relative to the project.
type Node struct {
	project.Stage
	Name     string
	Deps     []string
	Outs     []project.Out // outs, metrics and plots
	Upstream []string      // stages whose outs it needs
}

// Graph holds the stages in an order in which each comes after what it needs.
type Graph []*Node

// Build joins stages by their outs and deps.
func Build(stages map[string]project.Stage) (Graph, error) {
	nodes, makers := map[string]*Node{}, map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(stages)) {
		n, err := node(name, stages[name])
		if err != nil {
			return nil, err
		}
		for _, out := range n.Outs {
			if other, taken := overlap(makers, out.Path); taken {
				return nil, errs.New(errs.Invalid, "stages %s and %s both make %s", other, name, out.Path).
					WithHint("let one stage make it, or give one of them another path in rondo.yaml")
			}
			makers[out.Path] = name
		}
		nodes[name] = n
	}
	for _, n := range nodes {
		n.connect(makers)
	}
	return sorted(nodes)
}

func node(name string, s project.Stage) (*Node, error) {
	n := &Node{Stage: s, Name: name}
	for _, d := range s.Deps {
		p, err := inside(name, s.Wdir, d)
		if err != nil {
			return nil, err
		}
		n.Deps = append(n.Deps, p)
	}
	for _, o := range s.AllOuts() {
		p, err := inside(name, s.Wdir, o.Path)
		if err != nil {
			return nil, err
		}
		if p == "." || p == project.FileName || p == project.LockName || p == project.PrivateDir || strings.HasPrefix(p, project.PrivateDir+"/") || p == ".git" || strings.HasPrefix(p, ".git/") {
			return nil, errs.New(errs.Invalid, "stage %s: %s cannot be an out", name, o.Path).WithHint("outs are removed before a stage runs; choose a path of their own")
		}
		o.Path = p
		n.Outs = append(n.Outs, o)
	}
	return n, nil
}

// inside makes a path of a stage relative to the project, and refuses one that leaves it.
func inside(stage, wdir, p string) (string, error) {
	full := path.Join(filepath.ToSlash(wdir), filepath.ToSlash(p))
	if path.IsAbs(filepath.ToSlash(p)) || !filepath.IsLocal(filepath.FromSlash(full)) {
		return "", errs.New(errs.Invalid, "stage %s: %s is outside of the project", stage, p).
			WithHint("name files inside the project folder")
	}
	return full, nil
}

func within(dir, p string) bool { return p == dir || strings.HasPrefix(p, dir+"/") }

func overlap(makers map[string]string, p string) (string, bool) {
	for other, stage := range makers {
		if within(other, p) || within(p, other) {
			return stage, true
		}
	}
	return "", false
}

// connect finds the stages that make what n needs: the path itself, a folder around
// it, or something in it.
func (n *Node) connect(makers map[string]string) {
	for _, d := range n.Deps {
		for out, maker := range makers {
			if (within(out, d) || within(d, out)) && maker != n.Name && !slices.Contains(n.Upstream, maker) {
				n.Upstream = append(n.Upstream, maker)
			}
		}
	}
	slices.Sort(n.Upstream)
}

func sorted(nodes map[string]*Node) (Graph, error) {
	var g Graph
	state := map[string]int{} // 1: on the way, 2: done
	var visit func(name string, trail []string) error
	visit = func(name string, trail []string) error {
		trail = append(trail, name)
		switch state[name] {
		case 1:
			return errs.New(errs.Invalid, "the stages go in a circle: %s", strings.Join(trail[slices.Index(trail, name):], " → ")).
				WithHint("let one of them not depend on what a later one makes")
		case 2:
			return nil
		}
		state[name] = 1
		for _, up := range nodes[name].Upstream {
			if err := visit(up, trail); err != nil {
				return err
			}
		}
		state[name] = 2
		g = append(g, nodes[name])
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(nodes)) {
		if err := visit(name, nil); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// Find returns a stage by name.
func (g Graph) Find(name string) (*Node, error) {
	for _, n := range g {
		if n.Name == name {
			return n, nil
		}
	}
	return nil, errs.New(errs.NotFound, "rondo.yaml has no stage called %q", name).WithHint("`rondo stage list` shows them")
}

// Only returns the named stages with everything that they need; all without names.
func (g Graph) Only(names []string) (Graph, error) {
	if len(names) == 0 {
		return g, nil
	}
	keep := map[string]bool{}
	var mark func(n *Node) error
	mark = func(n *Node) error {
		keep[n.Name] = true
		for _, up := range n.Upstream {
			u, err := g.Find(up)
			if err != nil {
				return err
			}
			if err := mark(u); err != nil {
				return err
			}
		}
		return nil
	}
	for _, name := range names {
		n, err := g.Find(name)
		if err != nil {
			return nil, err
		}
		if err := mark(n); err != nil {
			return nil, err
		}
	}
	var out Graph
	for _, n := range g {
		if keep[n.Name] {
			out = append(out, n)
		}
	}
	return out, nil
}
