package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"rondo/backend/interop/dvc"
)

var expsVerbs = []verb{
	{
		name: "exps", short: "in a DVC project: list its experiments with params and metrics",
		long: "Shows what `dvc exp run` and DVCLive have kept in git (refs/exps), the newest first. Nothing\nis checked out and nothing is run.\n\n  rondo exps --json",
		run:  exps,
	},
}

func exps(ctx context.Context, c *call) error {
	if err := c.want(0, 0); err != nil {
		return err
	}
	root, err := dvc.Find(c.dir)
	if err != nil {
		return err
	}
	p, err := dvc.Open(root)
	if err != nil {
		return err
	}
	defer p.Close()
	list, err := p.Experiments(ctx)
	if err != nil {
		return err
	}
	if c.json {
		return c.print(list)
	}
	if len(list) == 0 {
		c.say("git has no experiments of DVC's.")
		return nil
	}
	rows := [][]string{{"EXPERIMENT", "AT", "BASELINE", "METRICS", "PARAMS"}}
	for _, e := range list {
		rows = append(rows, []string{e.Name, when(e.At), fmt.Sprintf("%.8s", e.Baseline), figures(e.Metrics, 4), pairs(e.Params, 6)})
	}
	c.table(rows)
	return nil
}

// pairs writes the first of a few settings.
func pairs(m map[string]string, most int) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if len(out) == most {
			out = append(out, "…")
			break
		}
		out = append(out, k+"="+m[k])
	}
	return strings.Join(out, " ")
}
