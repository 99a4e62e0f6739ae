package pipeline

import "slices"

// Described is the pipeline as its files describe it now, whether its stages ever ran or not; empty where they
// cannot be read.
func (s *Service) Described() Graph {
	file, err := s.current()
	if err != nil {
		return nil
	}
	g, err := BuildFile(file)
	if err != nil {
		return nil
	}
	return g
}

// Reads reports whether a stage reads what lies at a path, or a part of it.
func (n *Node) Reads(at string) bool {
	return slices.ContainsFunc(n.Deps, func(dep string) bool { return within(at, dep) || within(dep, at) })
}

// Makes reports whether a stage makes what lies at a path, or a part of it.
func (n *Node) Makes(at string) bool {
	for _, o := range n.Outs {
		if within(at, o.Path) || within(o.Path, at) {
			return true
		}
	}
	return false
}
