package dvc_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
	"rondo/backend/interop/dvc/metafile"
	"rondo/backend/pipeline"
)

// What is run of a pipeline beside a stage.
const (
	only = iota
	upstream
	downstream
)

// repro is one `dvc repro` as Rondo does it.
type repro struct {
	h      *history
	args   []string
	force  bool
	data   bool // of .dvc files, too
	choose func(g pipeline.Graph) (pipeline.Graph, error)
}

func (h *history) reproAll(flags ...string) func(p *dvc.Project) error {
	all := func(g pipeline.Graph) (pipeline.Graph, error) { return g, nil }
	return repro{h, append([]string{"repro"}, flags...), len(flags) > 0, true, all}.carryOut
}

// reproOf runs one stage; with what it needs, or what needs it.
func (h *history) reproOf(address string, reach int, flags ...string) func(p *dvc.Project) error {
	args := append(append([]string{"repro"}, flags...), address)
	return repro{h, args, false, reach == upstream, func(g pipeline.Graph) (pipeline.Graph, error) {
		i := slices.IndexFunc(g, func(n *pipeline.Node) bool { return n.From == address })
		switch {
		case i < 0:
			return nil, fmt.Errorf("no stage %s", address)
		case reach == upstream:
			return g.Only([]string{g[i].Name})
		case reach == only:
			return g[i : i+1], nil
		}
		return after(g, g[i].Name), nil
	}}.carryOut
}

// after is a stage with all that needs what it makes.
func after(g pipeline.Graph, name string) (out pipeline.Graph) {
	reached := map[string]bool{name: true}
	for _, n := range g {
		if n.Name == name || !n.Frozen && slices.ContainsFunc(n.Upstream, func(up string) bool { return reached[up] }) {
			reached[n.Name] = true
			out = append(out, n)
		}
	}
	return out
}

// carryOut brings stages up to date as the runner does it, without a server.
func (r repro) carryOut(p *dvc.Project) error {
	g, err := pipeline.Build(p.Stages())
	if err == nil {
		g, err = r.choose(g)
	}
	if err != nil {
		return err
	}
	books, err := dvc.OpenBooks(p.Dir, outside(g))
	if err != nil {
		return err
	}
	defer books.Close()
	ctx, say := context.Background(), func(string, ...any) {}
	g = r.inOrder(p, g)
	for i, n := range g {
		if r.data {
			if err := books.Begin(ctx, n.From, r.force, say); err != nil {
				return err
			}
		}
		_, err := books.Update(ctx, n.From, pipeline.Work{Cmd: n.Cmd, Say: say, Force: r.force, Run: runIn(filepath.Join(p.Dir, n.Wdir))})
		if errs.Is(err, errs.Precondition) && strings.HasSuffix(err.Error(), " is missing") {
			r.h.outsOf(n)
		}
		if err != nil {
			r.h.dataOf(g[:i+1])
			return fmt.Errorf("stage %s: %w", n.From, err)
		}
	}
	return nil
}

// inOrder puts the stages into the order that dvc would have them in; they are to be the
// same. Dvc 3 has them in Rondo's order.
func (r repro) inOrder(p *dvc.Project, g pipeline.Graph) (out pipeline.Graph) {
	steps := slices.DeleteFunc(r.h.d.steps(p.Dir, r.args...), func(s string) bool { return strings.HasSuffix(s, metafile.Suffix) })
	if steps == nil {
		return g
	}
	for _, address := range steps {
		if i := slices.IndexFunc(g, func(n *pipeline.Node) bool { return n.From == address }); i >= 0 {
			out = append(out, g[i])
		}
	}
	if len(out) != len(g) || len(out) != len(steps) || !r.h.d.old && !slices.Equal(out, g) {
		r.h.fail("dvc %v goes through %v, Rondo through %v", r.args, steps, names(g))
	}
	return out
}

// outside is what a person has agreed to that trusts the stages.
func outside(g pipeline.Graph) (list []string) {
	for _, n := range g {
		list = append(list, n.Outside()...)
	}
	return list
}

func names(g pipeline.Graph) (list []string) {
	for _, n := range g {
		list = append(list, n.From)
	}
	return list
}

func runIn(dir string) func(argv, env []string) error {
	return func(argv, env []string) error {
		cmd := exec.Command(argv[0], argv[1:]...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%v: %w\n%s", argv, err, out)
		}
		return nil
	}
}
