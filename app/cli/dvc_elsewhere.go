package cli

import (
	"context"
	"flag"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
)

const ofRepository = "REPOSITORY is a folder, or an address (https://…, ssh://…, HOST:PATH), of a git repository or DVC project; PATH is from\nits top. Without --rev a folder is meant as it lies there, and of an address the newest commit. Nothing of a repository\nis run. "

var elsewhereVerbs = []verb{
	{
		name: "data ls", args: "REPOSITORY [PATH]", short: "list what a DVC project or git repository has, here or elsewhere", run: dataLs, anywhere: true, flags: lsFlags,
		long: ofRepository + "With --json as dvc ls has it.\n\n  rondo data ls https://github.com/iterative/example-get-started data\n  rondo data ls . --rev v1.0 --recursive",
	},
	{
		name: "data get", args: "REPOSITORY PATH", short: "bring a file or folder of a DVC project or git repository to a place that nothing tracks", run: dataGet, anywhere: true, flags: getFlags,
		long: ofRepository + "What DVC tracks comes from the cache or remote\nof the repository, compared with its hash. `rondo data import` keeps the origin, too.\n\n  rondo data get https://github.com/iterative/example-get-started data/data.xml\n  rondo data get ../other models/best --rev v2.0 --to best",
	},
	{
		name: "data ls-url", args: "ADDRESS", short: "list what lies at a path, or an address of S3, ssh, http or a remote", run: dataLsURL, anywhere: true, flags: depthFlags,
		long: "An address is s3://…, ssh://…, https://… or, in a DVC project, remote://NAME/PATH.\n\n  rondo data ls-url s3://bucket/images --recursive",
	},
	{
		name: "data get-url", args: "ADDRESS [TO]", short: "bring what lies at a path, or an address of S3, ssh, http or a remote", run: dataGetURL, anywhere: true, flags: forceFlag,
		long: "An address is s3://…, ssh://…, https://… or, in a DVC project, remote://NAME/PATH. `rondo data import` keeps the\norigin, too.\n\n  rondo data get-url s3://bucket/images/train\n  rondo data get-url https://example.org/trips.parquet data/trips.parquet",
	},
}

func depthFlags(f *flag.FlagSet) {
	f.Bool("recursive", false, "list what lies in folders, and not these")
	f.Int("level", 0, "with --recursive: go so many `FOLDERS` deep; 0 is all the way")
}

func repositoryFlags(f *flag.FlagSet) {
	f.String("rev", "", "the commit, branch or tag `REVISION`")
	f.String("remote", "", "the `NAME` of the repository's remote to take data from")
	f.String("config", "", "a `FILE` of settings to lay over the repository's own")
}

func lsFlags(f *flag.FlagSet) {
	depthFlags(f)
	repositoryFlags(f)
	f.Bool("dvc-only", false, "list only what DVC tracks")
}

func (c *call) elsewhere() dvc.Elsewhere {
	in := dvc.Elsewhere{From: c.hereOr(c.args[0]), Rev: c.value("rev"), Remote: c.value("remote")}
	if len(c.args) > 1 {
		in.Path = c.args[1]
	}
	if name := c.value("config"); name != "" {
		in.Config = c.hereOr(name)
	}
	return in
}

// depth is how deep to list.
func (c *call) depth() (int, error) {
	n := c.flags.Lookup("level").Value.(flag.Getter).Get().(int)
	if n < 0 || n > 0 && !c.isSet("recursive") {
		return 0, errs.New(errs.Invalid, "--level says how many folders deep --recursive goes").WithHint("rondo %s --recursive --level 2", c.verb.name)
	}
	return n, nil
}

func dataLs(ctx context.Context, c *call) error {
	if err := c.want(1, 2); err != nil {
		return err
	}
	level, err := c.depth()
	if err != nil {
		return err
	}
	return c.listing(func(p *dvc.Project) ([]dvc.Listed, error) {
		return p.List(ctx, dvc.List{Elsewhere: c.elsewhere(), Recursive: c.isSet("recursive"), Level: level, OnlyDVC: c.isSet("dvc-only")})
	})
}

func dataLsURL(ctx context.Context, c *call) error {
	if err := c.want(1, 1); err != nil {
		return err
	}
	level, err := c.depth()
	if err != nil {
		return err
	}
	return c.listing(func(p *dvc.Project) ([]dvc.Listed, error) {
		return p.ListAddress(ctx, c.hereOr(c.args[0]), c.isSet("recursive"), level)
	})
}

func (c *call) listing(of func(*dvc.Project) ([]dvc.Listed, error)) error {
	p, done, err := c.reader()
	if err != nil {
		return err
	}
	defer done()
	all, err := of(p)
	if err != nil {
		return err
	}
	if c.json {
		return c.print(all)
	}
	if len(all) == 0 {
		c.say("Nothing lies there.")
		return nil
	}
	rows := [][]string{{"PATH", "SIZE", "HASH"}}
	for _, one := range all {
		row := []string{one.Path, "", ""}
		if one.Dir {
			row[0] += "/"
		}
		if one.Size != nil {
			row[1] = size(*one.Size)
		}
		if one.MD5 != nil {
			row[2] = *one.MD5
		}
		rows = append(rows, row)
	}
	c.table(rows)
	return nil
}
