package cli

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"

	"rondo/backend/interop/dvc/past"
)

var expsVerbs = []verb{
	{
		name: "exps", short: "in a DVC project: list its experiments with params and metrics",
		long: "Shows what `dvc exp run` and DVCLive have kept in git (refs/exps), the newest first. Nothing\nis checked out and nothing is run. `rondo exps apply` brings one into the folder.\n\n  rondo exps --json",
		run:  exps,
	},
	{
		name: "exps apply", args: "NAME", short: "in a DVC project: bring an experiment into the folder, as dvc exp apply does", run: expsApply,
		long: "NAME is an experiment, or a commit, branch or tag. The folder gets its files and its data; what is checked out\n" +
			"stays. Changes that no commit has are kept in git as refs/exps/apply/stash, and those of earlier times in its log.\n" +
			"What git ignores and data that the cache does not have are not overwritten, unless --force is said.\n\n  rondo exps apply brave-owl",
		flags: func(f *flag.FlagSet) { f.Bool("force", false, "also overwrite what is kept nowhere") },
	},
	expsRunVerb,
	expsSaveVerb,
	{
		name: "exps branch", args: "NAME [BRANCH]", short: "in a DVC project: make a git branch of an experiment", run: expsBranch,
		long: "Without BRANCH it is NAME-branch. What is checked out stays.\n\n  rondo exps branch brave-owl better-loss",
	},
	{
		name: "exps rename", args: "NAME NEW", short: "in a DVC project: give an experiment another name", run: expsRename,
		long:  "  rondo exps rename brave-owl lr-0.1",
		flags: func(f *flag.FlagSet) { f.Bool("force", false, "replace an experiment that is called NEW") },
	},
	{
		name: "exps remove", args: "[NAME…]", short: "in a DVC project: remove experiments", run: expsRemove,
		long: "Their commits go with git's next gc. Data stays in the cache until `rondo data gc`.\n\n" +
			"  rondo exps remove brave-owl shy-fox\n  rondo exps remove --all-commits\n  rondo exps remove --rev main --num 3\n  rondo exps remove --keep brave-owl",
		flags: func(f *flag.FlagSet) {
			f.Bool("all-commits", false, "remove all")
			f.Bool("A", false, "the same")
			f.String("rev", "", "remove those that began at `REVISION`")
			f.Int("num", 1, "with --rev: and at the commits before it, `N` in all; -1 for as many as there are")
			f.Bool("keep", false, "remove the others, and keep those")
			f.String("git-remote", "", "remove them in another repository: a remote of git's, an address or a folder, as `REMOTE`")
		},
	},
}

func exps(ctx context.Context, c *call) error {
	if err := c.want(0, 0); err != nil {
		return err
	}
	p, err := c.dvcProject()
	if err != nil {
		return err
	}
	defer p.Close()
	list, err := past.Experiments(ctx, p)
	if err != nil {
		return err
	}
	var lacking []error
	for _, e := range list {
		lacking = appendError(lacking, e.Lacking())
		if e.Problem != "" && e.Lacking() == nil {
			c.leftOut(fmt.Errorf("%s: %s", e.Name, e.Problem))
		}
	}
	c.leftOutLacking(lacking, len(list), "experiment")
	if c.json {
		return c.print(list)
	}
	if len(list) == 0 {
		c.say("git has no experiments of DVC's.")
		return nil
	}
	rows := [][]string{{"EXPERIMENT", "AT", "BASELINE", "METRICS", "PARAMS"}}
	for _, e := range list {
		rows = append(rows, []string{e.Name, when(e.At), fmt.Sprintf("%.8s", e.Baseline), fewMetrics(e.Metrics, 4), pairs(e.Params, 6)})
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
