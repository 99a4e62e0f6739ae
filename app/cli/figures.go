package cli

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"

	"rondo/backend/errs"
	"rondo/backend/git"
	"rondo/backend/interop/dvc"
	"rondo/backend/interop/dvc/figures"
)

const revisions = "A revision is a commit, branch or tag of git, an experiment, or workspace, which is the folder as\nit lies there. "

var figureVerbs = []verb{
	{
		name: "metrics show", args: "[REVISION…]", short: "in a DVC project: show the metrics of revisions", flags: revisionFlags, run: metricsShow,
		long: revisions + "Without one it is workspace, and with --all-branches, --all-tags or\n--all-commits that and those. With --json as dvc has it: revisions, in them data, in it files, in them data or error.\n\n  rondo metrics show\n  rondo metrics show --all-tags\n  rondo metrics show main brave-owl",
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
		return nil, errs.New(errs.NotFound, "%w", err).WithHint("%s", c.inRondo())
	}
	return dvc.Open(root)
}

func metricsShow(ctx context.Context, c *call) error {
	p, err := c.dvcProject()
	if err != nil {
		return err
	}
	defer p.Close()
	revs, err := c.shownRevisions(p)
	if err != nil {
		return err
	}
	all, rows, lacking := map[string]figures.Shown{}, [][]string{{"REVISION", "FILE", "METRIC", "VALUE"}}, []error{}
	for _, rev := range revs {
		m, err := figures.Show(p, rev.Commit)
		if err != nil {
			return err
		}
		m = m.From(c.fromHere)
		lacking = appendError(lacking, m.Lacking())
		c.leftOutOf(rev.Name, m)
		all[rev.Name] = m
		for _, at := range slices.Sorted(maps.Keys(m.Files)) {
			for _, leaf := range m.Leaves(at) {
				rows = append(rows, []string{rev.Name, at, leaf.Key, said(leaf.Value)})
			}
		}
	}
	if len(lacking) == len(revs) {
		return lacking[0]
	}
	c.leftOutLacking(lacking, len(revs), "revision")
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

// shownRevisions are those that are named, and with flags for many also the folder; it alone where nothing is said.
func (c *call) shownRevisions(p *dvc.Project) (list []dvc.NamedCommit, err error) {
	r := c.revisions()
	if !r.Any() && len(c.args) > 0 {
		for _, rev := range c.args {
			list = append(list, dvc.NamedCommit{Name: rev, Commit: rev})
		}
		return list, nil
	}
	if len(c.args) > 0 {
		return nil, errs.New(errs.Invalid, "revisions are named one by one or by a flag").WithHint("leave out the names or the flag")
	}
	list = []dvc.NamedCommit{{Name: dvc.Workspace, Commit: dvc.Workspace}}
	if !r.Any() {
		return list, nil
	}
	c.tellEarlyEnd(p)
	more, err := p.Named(r)
	return append(list, more...), err
}

// fromHere is a path of the project as it is from where the call was made.
func (c *call) fromHere(at string) string {
	here, err := filepath.EvalSymlinks(c.Dir)
	if err != nil {
		return at
	}
	rel, err := filepath.Rel(here, filepath.Join(c.dir, filepath.FromSlash(at)))
	if in, out := filepath.Rel(c.dir, here); err != nil || out != nil || !filepath.IsLocal(in) {
		return at
	}
	return rel
}

func metricsDiff(ctx context.Context, c *call) error {
	return c.figuresDiff(ctx, "METRIC", figures.Metrics)
}

func paramsDiff(ctx context.Context, c *call) error {
	return c.figuresDiff(ctx, "PARAM", figures.Params)
}

func (c *call) figuresDiff(ctx context.Context, what string, of func(*dvc.Project) figures.Files) error {
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
	changes, refused, err := figures.Diff(ctx, p, sides[0], sides[1], of, c.isSet("all"))
	if err != nil {
		return err
	}
	c.leftOut(refused...)
	changes = changes.From(c.fromHere)
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

// leftOutOf tells what of a revision has no part in the answer, but for what git lacks, see leftOutLacking.
func (c *call) leftOutOf(rev string, m figures.Shown) {
	if !git.Lacks(m.Refused) {
		c.leftOut(m.Refused)
	}
	for _, at := range slices.Sorted(maps.Keys(m.Broken)) {
		if !git.Lacks(m.Broken[at]) {
			c.leftOut(fmt.Errorf("%s: %w", rev, m.Broken[at]))
		}
	}
}

// leftOutLacking tells once how many revisions git does not have whole, as in a clone made with --filter, and the way out.
func (c *call) leftOutLacking(lacking []error, all int, what string) {
	if len(lacking) > 0 {
		c.leftOut(fmt.Errorf("%d of %s: this copy of the git repository does not have all of their files: %s", len(lacking), counted(int64(all), what), errs.HintOf(lacking[0])))
	}
}

func appendError(list []error, err error) []error {
	if err == nil {
		return list
	}
	return append(list, err)
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
