package pipeline

import (
	"errors"
	"fmt"
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
	Commands [][]string    // what cmd says, in words
}

// Graph holds the stages in an order in which each comes after what it needs.
type Graph []*Node

// BuildFile is Build of a project file; its errors say where in the file.
func BuildFile(f *project.File) (Graph, error) {
	g, err := Build(f.Stages)
	var p *misplaced
	if errors.As(err, &p) {
		where := f.Where(p.key)
		if from := foreignOf(f); from != "" {
			where = from
		}
		return nil, errs.New(errs.KindOf(err), "%s: %w", where, p.error).WithHint("%s", errs.HintOf(err))
	}
	return g, err
}

// foreignOf is the file of another tool that the stages come from, if they do.
func foreignOf(f *project.File) string {
	for _, s := range f.Stages {
		if s.From != "" {
			return foreignFile
		}
	}
	return ""
}

// misplaced is an error about what stands under a key of the project file.
type misplaced struct {
	key string
	error
}

func (m *misplaced) Unwrap() error { return m.error }

func badStage(key, hint, format string, args ...any) error {
	return &misplaced{".stages." + key, errs.New(errs.Invalid, format, args...).WithHint("%s", hint)}
}

// Build joins stages by their outs and deps.
func Build(stages map[string]project.Stage) (Graph, error) {
	nodes, makers := map[string]*Node{}, newMakers()
	for _, name := range slices.Sorted(maps.Keys(stages)) {
		n, err := node(name, stages[name])
		if err != nil {
			return nil, err
		}
		if err := n.claim(makers); err != nil {
			return nil, err
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
	if name == "" || strings.ContainsAny(name, `/\`) || !filepath.IsLocal(name) {
		return nil, badStage(name, "use letters, digits, - and _", "%q cannot be the name of a stage", name)
	}
	if _, err := inside(name, "", s.Wdir); s.Wdir != "" && err != nil {
		return nil, &misplaced{".stages." + name + ".wdir", err}
	}
	for i, line := range s.Cmd {
		if s.From != "" {
			n.Commands = append(n.Commands, Shell(line))
			continue
		}
		words, err := Commands(line)
		if err != nil {
			return nil, badStage(fmt.Sprintf("%s.cmd[%d]", name, i), errs.HintOf(err), "stage %s: %w", name, err)
		}
		n.Commands = append(n.Commands, words...)
	}
	for i, d := range s.Deps {
		p, err := inside(name, s.Wdir, d)
		if err != nil {
			return nil, &misplaced{fmt.Sprintf(".stages.%s.deps[%d]", name, i), err}
		}
		n.Deps = append(n.Deps, p)
	}
	for i, o := range s.AllOuts() {
		p, err := inside(name, s.Wdir, o.Path)
		if err != nil {
			return nil, &misplaced{n.outKey(i), err}
		}
		o.Path = p
		n.Outs = append(n.Outs, o)
	}
	return n, n.harmless()
}

// outKey is where the i-th of all outs stands in the file.
func (n *Node) outKey(i int) string {
	for _, part := range []struct {
		key  string
		list project.Outs
	}{{"outs", n.Stage.Outs}, {"metrics", n.Metrics}, {"plots", n.Plots}} {
		if i < len(part.list) {
			return fmt.Sprintf(".stages.%s.%s[%d]", n.Name, part.key, i)
		}
		i -= len(part.list)
	}
	return ".stages." + n.Name
}

// harmless refuses outs that hold what the stage needs, or the project itself: outs
// are removed before a stage runs.
func (n *Node) harmless() error {
	needs := map[string]string{project.FileName: "the project file", project.LockName: "the lock", project.DefaultParams: "the params"}
	for _, p := range n.Params {
		if f, err := inside(n.Name, n.Wdir, p.File); err == nil {
			needs[f] = "the params"
		}
	}
	for _, d := range n.Deps {
		needs[d] = "its own dep"
	}
	for i, o := range n.Outs {
		hint := "outs are removed before the stage runs; give this one a path of its own"
		first, _, _ := strings.Cut(o.Path, "/")
		if o.Path == "." || strings.EqualFold(first, project.PrivateDir) || strings.EqualFold(first, ".git") {
			return &misplaced{n.outKey(i), errs.New(errs.Invalid, "stage %s: %s cannot be an out", n.Name, o.Path).WithHint("%s", hint)}
		}
		for _, d := range n.Deps {
			if within(d, o.Path) {
				return &misplaced{n.outKey(i), errs.New(errs.Invalid, "stage %s: the out %s lies in its own dep %s, so that it would never be up to date", n.Name, o.Path, d).
					WithHint("name the files that it reads one by one")}
			}
		}
		for _, need := range slices.Sorted(maps.Keys(needs)) {
			if within(strings.ToLower(o.Path), strings.ToLower(need)) {
				return &misplaced{n.outKey(i), errs.New(errs.Invalid, "stage %s: the out %s holds %s, %s", n.Name, o.Path, needs[need], need).WithHint("%s", hint)}
			}
		}
	}
	return nil
}

// claim notes n as the maker of its outs.
func (n *Node) claim(m *makers) error {
	for i, out := range n.Outs {
		for _, other := range m.near(out.Path) {
			err := errs.New(errs.Invalid, "stages %s and %s both make %s", m.of[other], n.Name, out.Path)
			if m.of[other] == n.Name {
				err = errs.New(errs.Invalid, "stage %s makes %s twice", n.Name, out.Path)
			}
			return &misplaced{n.outKey(i), err.WithHint("let one of them make it, or give one another path")}
		}
		m.add(out.Path, n.Name)
	}
	for _, at := range n.OutsideOuts {
		if near := m.near(beyond(at)); len(near) > 0 {
			return badStage(n.Name, "let one of them make it, or give one another path", "stages %s and %s both make %s", m.of[near[0]], n.Name, at)
		}
		m.add(beyond(at), n.Name)
	}
	return nil
}

// inside makes a path of a stage relative to the project, and refuses one that leaves it.
func inside(stage, wdir, p string) (string, error) {
	full := path.Join(filepath.ToSlash(wdir), filepath.ToSlash(p))
	if p == "" || path.IsAbs(filepath.ToSlash(p)) || !filepath.IsLocal(filepath.FromSlash(full)) {
		return "", errs.New(errs.Invalid, "stage %s: %q is outside of the project", stage, p).
			WithHint("name files inside the project folder")
	}
	return full, nil
}

func within(dir, p string) bool { return p == dir || strings.HasPrefix(p, dir+"/") }

func sorted(nodes map[string]*Node) (Graph, error) {
	s := &sorting{nodes: nodes, done: map[string]bool{}}
	names := slices.Sorted(maps.Keys(nodes))
	slices.SortStableFunc(names, func(a, b string) int { return nodes[a].Order - nodes[b].Order })
	for _, name := range names {
		if err := s.visit(name); err != nil {
			return nil, err
		}
	}
	return s.order, nil
}

type sorting struct {
	nodes map[string]*Node
	trail []string // the stages on the way to this one
	done  map[string]bool
	order Graph
}

func (s *sorting) visit(name string) error {
	if s.done[name] {
		return nil
	}
	if at := slices.Index(s.trail, name); at >= 0 {
		return badStage(name+".deps", "let one of them not depend on what a later one makes",
			"the stages go in a circle: %s", strings.Join(append(slices.Clone(s.trail[at:]), name), " → "))
	}
	s.trail = append(s.trail, name)
	for _, up := range s.nodes[name].Upstream {
		if err := s.visit(up); err != nil {
			return err
		}
	}
	s.trail = s.trail[:len(s.trail)-1]
	s.done[name] = true
	s.order = append(s.order, s.nodes[name])
	return nil
}

// Find returns a stage by name.
func (g Graph) Find(name string) (*Node, error) {
	for _, n := range g {
		if n.Name == name {
			return n, nil
		}
	}
	file := "rondo.yaml"
	if len(g) > 0 && g[0].From != "" {
		file = foreignFile
	}
	return nil, errs.New(errs.NotFound, "%s has no stage called %q", file, name).WithHint("`rondo stage list` shows them")
}

const foreignFile = "dvc.yaml"

// named finds the stages that a name stands for. Those of a dvc.yaml also have their address
// there, sub/dvc.yaml:train, and share the file's, sub/dvc.yaml, and the name of the foreach
// or matrix that they come from, as DVC has it.
func (g Graph) named(name string) (Graph, error) {
	n, err := g.Find(name)
	if err == nil {
		return Graph{n}, nil
	}
	address := strings.TrimPrefix(path.Clean(name), foreignFile+":")
	var list Graph
	for _, n := range g {
		if n.From == "" {
			continue
		}
		file, _, nested := strings.Cut(n.From, ":")
		group, _, grouped := strings.Cut(n.From, "@")
		short, _, _ := strings.Cut(n.Name, "@")
		whole := nested && file == address || !nested && address == foreignFile
		if n.From == address || whole || grouped && (group == address || short == address) {
			list = append(list, n)
		}
	}
	if len(list) > 0 {
		err = nil
	}
	return list, err
}

// allNamed are the names of the stages that some names mean.
func (g Graph) allNamed(names []string) (map[string]bool, error) {
	all := map[string]bool{}
	for _, name := range names {
		list, err := g.named(name)
		if err != nil {
			return nil, err
		}
		for _, n := range list {
			all[n.Name] = true
		}
	}
	return all, nil
}

// Only returns the named stages with everything that they need; all without names.
func (g Graph) Only(names []string) (Graph, error) {
	if len(names) == 0 {
		return g, nil
	}
	keep, err := g.allNamed(names)
	if err != nil {
		return nil, err
	}
	var out Graph
	for _, n := range slices.Backward(g) { // what a stage needs comes before it
		if keep[n.Name] {
			out = append(out, n)
			if n.Frozen && n.From != "" {
				continue // another tool does not go beyond it
			}
			for _, up := range n.Upstream {
				keep[up] = true
			}
		}
	}
	slices.Reverse(out)
	return out, nil
}
