package cli

import (
	"context"
	"flag"

	"rondo/backend/interop/dvc"
)

func init() {
	dvcVariants["data update"] = dvcVariant{
		long: "\n\nIn a DVC project it brings imports (dvc import, import-url) to what their origin has now, and writes\n" +
			"their .dvc files, as dvc update does; several may be named, and without a name it is all of them.\n" +
			"Data that a worktree remote has is brought to what lies there now, if it is named.\n\n" +
			"  rondo data update data/raw.csv.dvc\n  rondo data update model --rev v2.0\n  rondo data update --no-download",
		flags: func(f *flag.FlagSet) {
			f.String("rev", "", "in a DVC project: the `REVISION` of the repository to follow from now on")
			f.Bool("no-download", false, "in a DVC project: only note what is there now; data pull brings it")
		},
		run: dvcUpdate,
	}
}

func dvcUpdate(ctx context.Context, c *call, p *dvc.Project) error {
	targets, err := c.dvcTargets(p)
	if err != nil {
		return err
	}
	list, err := p.Renew(ctx, dvc.Renew{Targets: targets, Rev: c.value("rev"), NoDownload: c.isSet("no-download"), Force: c.isSet("force")})
	if c.json && err == nil {
		return c.print(list)
	}
	for _, r := range list {
		what := "is what its origin has"
		if r.Changed {
			what = "updated"
		}
		if r.Commit != "" {
			what += ", at " + r.Commit[:min(len(r.Commit), 12)]
		}
		if r.Changed && r.MD5 == "" {
			what += "; rondo data pull brings it"
		}
		c.say("%s: %s", r.Path, what)
	}
	if err == nil && len(list) == 0 {
		c.say("Nothing here was imported.")
	}
	return err
}
