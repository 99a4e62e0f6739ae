package dvc

import (
	"path"
	"slices"
	"strings"
)

// extent is what of the tracked data is looked at: all below some paths, or all.
type extent struct {
	granular bool
	targets  []string            // as a person named them
	paths    map[string][]string // of each target
	known    map[string]bool     // targets that are an out, or all that a file or stage makes
}

// extent says which paths targets mean: those of a .dvc file or stage, or themselves.
func (p *Project) extent(granular bool, targets []string) extent {
	s := extent{granular, targets, map[string][]string{}, map[string]bool{}}
	for _, target := range targets {
		at := path.Clean(strings.TrimSuffix(target, "/"))
		for _, o := range p.outs() {
			if o.file == at || o.stage == target {
				s.paths[target] = append(s.paths[target], o.at)
			}
			s.known[target] = s.known[target] || o.at == at || o.file == at || o.stage == target
			s.granular = s.granular || inside(at, o.at)
		}
		if s.paths[target] == nil {
			s.paths[target] = []string{at}
		}
	}
	return s
}

// has reports whether a path is one of those of a target, or is below one.
func (s extent) has(target, at string) bool {
	return slices.ContainsFunc(s.paths[target], func(dir string) bool { return dir == "." || at == dir || inside(at, dir) })
}

// touches reports whether an out is looked at, or something in it.
func (s extent) touches(out string) bool {
	return len(s.targets) == 0 || slices.ContainsFunc(s.targets, func(target string) bool {
		return s.has(target, out) || slices.ContainsFunc(s.paths[target], func(at string) bool { return inside(at, out) })
	})
}

// cut leaves of an index what is looked at.
func (s extent) cut(x dataIndex) dataIndex {
	for at := range x.at {
		if len(s.targets) > 0 && !slices.ContainsFunc(s.targets, func(target string) bool { return s.has(target, at) }) {
			delete(x.at, at)
		}
	}
	return x
}

// named refuses a target of which none of some indexes knows anything.
func (s extent) named(all ...*dataIndex) error {
	for _, target := range s.targets {
		known := s.known[target] || slices.ContainsFunc(all, func(x *dataIndex) bool {
			if x == nil || x.hides(s.paths[target][0]) {
				return x != nil
			}
			for at := range x.at {
				if s.has(target, at) {
					return true
				}
			}
			return false
		})
		if !known {
			return notTracked(target)
		}
	}
	return nil
}
