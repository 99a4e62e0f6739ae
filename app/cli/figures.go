package cli

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
)

const revisions = "A revision is a commit, branch or tag of git, an experiment, or workspace, which is the folder as\nit lies there. "

var figureVerbs = []verb{
	{
		name: "metrics show", args: "[REVISION…]", short: "in a DVC project: show the metrics of revisions", run: metricsShow,
		long: revisions + "Without one it is workspace. With --json: revisions, in them files, in them what they say.\n\n  rondo metrics show\n  rondo metrics show main brave-owl",
	},
	{
		name: "metrics diff", args: "[FROM [TO]]", short: "in a DVC project: show how metrics changed, as dvc metrics diff does", flags: diffFlags, run: metricsDiff,
		long: revisions + "FROM is HEAD and TO is\nworkspace if nothing else is said. With --json: files, in them keys, in them old, new and diff.\n\n  rondo metrics diff\n  rondo metrics diff v1.0 main --json",
	},
	{
		name: "params diff", args: "[FROM [TO]]", short: "in a DVC project: show how params changed, as dvc params diff does", flags: diffFlags, run: paramsDiff,
		long: revisions + "FROM is HEAD and TO is\nworkspace if nothing else is said. With --json: files, in them keys, in them old and new.\n\n  rondo params diff\n  rondo params diff HEAD brave-owl",
	},
}

func diffFlags(f *flag.FlagSet) { f.Bool("all", false, "also show what did not change") }

// dvcProject opens the DVC project that the call is about.
func (c *call) dvcProject() (*dvc.Project, error) {
	root, err := dvc.Find(c.dir)
	if err != nil {
		return nil, errs.New(errs.NotFound, "%w", err).WithHint("in a Rondo project, `rondo runs compare` shows what differs between runs")
	}
	return dvc.Open(root)
}

func metricsShow(ctx context.Context, c *call) error {
	p, err := c.dvcProject()
	if err != nil {
		return err
	}
	defer p.Close()
	revs := c.args
	if len(revs) == 0 {
		revs = []string{dvc.Workspace}
	}
	all, rows := map[string]any{}, [][]string{{"REVISION", "FILE", "METRIC", "VALUE"}}
	for _, rev := range revs {
		m, refused, err := p.FiguresAt(rev, (*dvc.Project).Metrics)
		if err != nil {
			return err
		}
		c.leftOut(refused)
		all[rev] = m.Plain()
		for _, at := range slices.Sorted(maps.Keys(m)) {
			for _, leaf := range m.Leaves(at) {
				rows = append(rows, []string{rev, at, leaf.Key, said(leaf.Value)})
			}
		}
	}
	if c.json {
		return c.print(all)
	}
	if len(rows) == 1 {
		c.say("There are no metrics.")
		return nil
	}
	c.table(rows)
	return nil
}

func metricsDiff(ctx context.Context, c *call) error {
	return c.figuresDiff(ctx, "METRIC", (*dvc.Project).Metrics)
}

func paramsDiff(ctx context.Context, c *call) error {
	return c.figuresDiff(ctx, "PARAM", (*dvc.Project).Params)
}

func (c *call) figuresDiff(ctx context.Context, what string, figures func(*dvc.Project) dvc.Figures) error {
	if err := c.want(0, 2); err != nil {
		return err
	}
	p, err := c.dvcProject()
	if err != nil {
		return err
	}
	defer p.Close()
	sides := []string{"HEAD", dvc.Workspace}
	copy(sides, c.args)
	changes, refused, err := p.Diff(ctx, sides[0], sides[1], figures, c.isSet("all"))
	if err != nil {
		return err
	}
	c.leftOut(refused...)
	if c.json {
		return c.print(changes)
	}
	if len(changes) == 0 && len(refused) > 0 {
		return nil
	}
	if len(changes) == 0 {
		c.say("Nothing differs between %s and %s.", sides[0], sides[1])
		return nil
	}
	rows := [][]string{{"FILE", what, sides[0], sides[1], "CHANGE"}}
	for _, at := range slices.Sorted(maps.Keys(changes)) {
		for _, key := range slices.Sorted(maps.Keys(changes[at])) {
			ch := changes[at][key]
			rows = append(rows, []string{at, key, said(ch.Old), said(ch.New), said(ch.Diff)})
		}
	}
	c.table(rows)
	return nil
}

// leftOut tells beside the answer which revisions have no part in it.
func (c *call) leftOut(refused ...error) {
	for _, err := range refused {
		if err != nil {
			fmt.Fprintln(c.Stderr, harmless("rondo: left out: "+err.Error()))
		}
	}
}

// said writes a value for people; what is not there is a dash.
func said(v any) string {
	switch x := v.(type) {
	case nil:
		return "-"
	case float64:
		return strconv.FormatFloat(x, 'g', 6, 64)
	}
	return fmt.Sprint(v)
}
