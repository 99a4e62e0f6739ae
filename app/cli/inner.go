package cli

import (
	"context"
	"strings"

	"rondo/backend/interop/dvc"
	"rondo/backend/pipeline"
	"rondo/backend/proc"
	"rondo/backend/run/launch"
	"rondo/backend/step"
)

// innerVerbs are what Rondo's own processes are started with.
var innerVerbs = []verb{
	{
		name: "supervise", args: "RUN-DIR", short: "run a run's command to its end", anywhere: true, hidden: true,
		run: func(_ context.Context, c *call) error {
			if err := c.want(1, 1); err != nil {
				return err
			}
			return proc.Supervise(c.args[0])
		},
	},
	{
		name: "pipeline-run", args: "RUN-DIR", short: "carry out the execution in a run's folder", anywhere: true, hidden: true,
		run: func(ctx context.Context, c *call) error {
			if err := c.want(1, 1); err != nil {
				return err
			}
			return pipeline.Run(ctx, c.args[0], c.Stdout, surroundings, dvc.OpenBooks)
		},
	},
	{
		name: "step", args: strings.Join(step.Names, "|"), short: "run a built-in pipeline step in this folder", anywhere: true,
		long: "Steps read params.yaml and files of the working folder; rondo.yaml names them as commands.\n\n  rondo step prepare",
		run: func(ctx context.Context, c *call) error {
			if err := c.want(1, 1); err != nil {
				return err
			}
			return step.Run(ctx, c.args[0], c.Dir, c.Stdout)
		},
	},
}

// surroundings names the Python that a command uses and its packages.
func surroundings(command []string, dir string, environ []string) map[string]string {
	p := launch.FindPython(command, dir, environ)
	if p == nil {
		return nil
	}
	out := map[string]string{"python": p.Version}
	for _, one := range p.Packages {
		out[pipeline.PackagePrefix+one.Name] = one.Version
	}
	return out
}
