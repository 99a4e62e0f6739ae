package cli

import (
	"context"
	"flag"
	"path/filepath"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/git"
	"rondo/backend/interop/dvc"
)

func init() {
	dvcVariants["data import"] = dvcVariant{
		long: "\n\nIn a DVC project one argument is an address or path, as with dvc import-url: a path, http, S3, ssh or\n" +
			"remote://NAME/PATH. Two are a repository and a path in it, as with dvc import. What is written is the .dvc\n" +
			"file that dvc writes, and `rondo data update` follows the origin.\n\n" +
			"  rondo data import https://example.org/trips.parquet --to data/trips.parquet\n" +
			"  rondo data import git@example.org:team/data.git reviews --rev v2.0\n  rondo data import ../store/big.csv --no-download",
		flags: func(f *flag.FlagSet) {
			f.String("rev", "", "in a DVC project: the `REVISION` of the repository, which updates follow")
			f.String("remote", "", "in a DVC project: the `NAME` of the repository's remote to take it from, or with --to-remote of the one that gets it")
			f.Bool("to-remote", false, "in a DVC project: send the data of an address to a remote, and keep none of it here")
			f.String("config", "", "in a DVC project: a `FILE` of settings to lay over the repository's own")
			f.Bool("version-aware", false, "in a DVC project: note which version of a bucket it is")
			f.Bool("no-download", false, "in a DVC project: only note what is there now; data pull brings it")
			f.Bool("no-exec", false, "in a DVC project: only write the .dvc file; data update takes what is there")
			f.Bool("force", false, "in a DVC project: replace what lies there")
		},
		run: dvcImport,
	}
}

func dvcImport(ctx context.Context, c *call, p *dvc.Project) error {
	in, err := c.dvcImport()
	if err != nil {
		return err
	}
	done, err := p.Import(ctx, in)
	if err != nil {
		return err
	}
	hint := ""
	switch {
	case in.NoExec:
		hint = "; rondo data update " + done.Path + " takes what is there"
	case in.NoDownload || in.ToRemote:
		hint = "; rondo data pull brings it"
	}
	return c.dvcDone(done, "%s imported: %s says from where%s", done.Path, done.File, hint)
}

func (c *call) dvcImport() (in dvc.Import, err error) {
	if err := c.want(1, 2); err != nil {
		return in, err
	}
	if c.value("name") != "" || c.value("max-size") != "" {
		return in, errs.New(errs.Invalid, "--name and --max-size are for Rondo's own datasets, and in %s DVC tracks the data", c.dir).WithHint("--to PATH says where it is put")
	}
	in = dvc.Import{
		Rev: c.value("rev"), Remote: c.value("remote"), Config: c.value("config"), VersionAware: c.isSet("version-aware"), ToRemote: c.isSet("to-remote"),
		NoDownload: c.isSet("no-download"), NoExec: c.isSet("no-exec"), Force: c.isSet("force"),
	}
	if in.NoDownload && in.NoExec {
		return in, errs.New(errs.Invalid, "--no-download notes what is there now, and --no-exec nothing of it").WithHint("leave out one of them")
	}
	if in.From, err = c.originHere(c.args[0]); err != nil {
		return in, err
	}
	if len(c.args) == 2 {
		in.Path = c.args[1]
	}
	out := c.value("to")
	if out == "" {
		out = c.Dir
	}
	in.Out, err = c.inProject(out)
	return in, err
}

// originHere is an address as it is, and a path as it is from the project's folder.
func (c *call) originHere(from string) (string, error) {
	if strings.Contains(from, "://") || filepath.IsAbs(from) || git.IsRemote(from) {
		return from, nil
	}
	here, err := filepath.EvalSymlinks(c.Dir)
	if err != nil {
		return "", errs.Wrap(errs.Unavailable, err, "look at %s", c.Dir)
	}
	rel, err := filepath.Rel(c.dir, filepath.Join(here, from))
	return filepath.ToSlash(rel), err
}
