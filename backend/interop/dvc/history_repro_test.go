package dvc_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"rondo/backend/interop/dvc"
	"rondo/backend/pipeline"
)

// What is run of a pipeline beside a stage.
const (
	only = iota
	upstream
	downstream
)

func reproAll(force bool) func(p *dvc.Project) error {
	return func(p *dvc.Project) error {
		return update(p, force, true, func(g pipeline.Graph) (pipeline.Graph, error) { return g, nil })
	}
}

// reproOf runs one stage; with what it needs, or what needs it.
func reproOf(address string, reach int) func(p *dvc.Project) error {
	return func(p *dvc.Project) error {
		return update(p, false, reach == upstream, func(g pipeline.Graph) (pipeline.Graph, error) {
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
		})
	}
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

// update brings stages up to date as the runner does it, without a server.
func update(p *dvc.Project, force, data bool, choose func(g pipeline.Graph) (pipeline.Graph, error)) error {
	books, err := dvc.OpenBooks(p.Dir)
	if err != nil {
		return err
	}
	defer books.Close()
	g, err := pipeline.Build(p.Stages())
	if err != nil {
		return err
	}
	if g, err = choose(g); err != nil {
		return err
	}
	ctx, say := context.Background(), func(string, ...any) {}
	if data {
		var all []string
		for _, n := range g {
			all = append(all, n.From)
		}
		if err := books.Begin(ctx, all, say); err != nil {
			return err
		}
	}
	for _, n := range g {
		_, err := books.Update(ctx, n.From, pipeline.Work{Cmd: n.Cmd, Say: say, Force: force, Run: runIn(filepath.Join(p.Dir, n.Wdir))})
		if err != nil {
			return fmt.Errorf("stage %s: %w", n.From, err)
		}
	}
	return nil
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
