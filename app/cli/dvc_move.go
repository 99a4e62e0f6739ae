package cli

import (
	"context"
	"strings"

	"rondo/backend/interop/dvc"
)

// dvcMoveVerbs exist for the data and stages of DVC projects only.
var dvcMoveVerbs = []verb{
	{
		name: "data move", args: "FROM TO", short: "in a DVC project: give tracked data another path, as dvc move does", run: onlyDVC,
		long: "The .dvc file goes along where it is named after the data, and git ignores the new path. What is\nrecorded stays. Nothing is overwritten.\n\n  rondo data move data/reviews.csv data/old/",
	},
	{
		name: "data check-ignore", args: "PATH…", short: "in a DVC project: tell by which rule of a .dvcignore paths are ignored", run: onlyDVC,
		long: "It says file, line and rule, as dvc check-ignore --details does, and ends with 3 where none is ignored.\n\n  rondo data check-ignore data/tmp/x.csv",
	},
	{
		name: "stage freeze", args: "TARGET…", short: "in a DVC project: let stages or .dvc files be as they are, as dvc freeze does", run: onlyDVC,
		long: "It writes `frozen: true` below the stage in dvc.yaml, or into the .dvc file.\n\n  rondo stage freeze train data/raw.csv.dvc",
	},
	{
		name: "stage unfreeze", args: "TARGET…", short: "in a DVC project: take back what stage freeze has said", run: onlyDVC,
		long: "\n  rondo stage unfreeze train",
	},
}

func init() {
	dvcVariants["data move"] = dvcVariant{run: dvcMove}
	dvcVariants["stage freeze"] = dvcVariant{run: dvcFreeze(true, "frozen")}
	dvcVariants["stage unfreeze"] = dvcVariant{run: dvcFreeze(false, "frozen no longer")}
}

func dvcMove(ctx context.Context, c *call, p *dvc.Project) error {
	if err := c.want(2, 2); err != nil {
		return err
	}
	paths, err := c.dvcPaths()
	if err != nil {
		return err
	}
	done, err := p.Move(ctx, paths[0], paths[1])
	if err != nil {
		return err
	}
	return c.dvcDone(done, "%s is %s now, and %s tracks it", done.From, done.To, done.File)
}

func dvcFreeze(frozen bool, word string) func(context.Context, *call, *dvc.Project) error {
	return func(_ context.Context, c *call, p *dvc.Project) error {
		if err := c.want(1, -1); err != nil {
			return err
		}
		targets, err := c.dvcTargets(p)
		if err != nil {
			return err
		}
		if err := p.Freeze(frozen, targets...); err != nil {
			return err
		}
		return c.dvcDone(map[string]any{"frozen": frozen, "targets": targets}, "%s: %s", word, strings.Join(targets, ", "))
	}
}
