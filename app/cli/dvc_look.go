package cli

import (
	"context"
	"flag"
	"io"

	"rondo/backend/dataset/query"
	"rondo/backend/dataset/table"
	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
)

func init() {
	dvcVariants["data cat"] = dvcVariant{
		long:  "\n\nIn a DVC project it is a path, as it is recorded: what DVC tracks comes from the cache,\nthe rest from git or, without --rev, from the folder.\n\n  rondo data cat data/reviews.csv --rev v1.0",
		flags: revFlag, run: dvcCat,
	}
	dvcVariants["data preview"] = dvcVariant{
		long:  "\n\nIn a DVC project it is a path, as it is recorded.\n\n  rondo data preview data/reviews.csv --rev main",
		flags: revFlag, run: dvcPreview,
	}
}

func revFlag(f *flag.FlagSet) {
	f.String("rev", dvc.Workspace, "in a DVC project: the commit, branch, tag or experiment `REVISION`")
}

// dvcContent is the path that was named, and what opens it, as often as it is asked.
func (c *call) dvcContent(ctx context.Context, p *dvc.Project) (at string, open table.Opener, done func(), err error) {
	if err := c.want(1, 1); err != nil {
		return "", nil, nil, err
	}
	paths, err := c.dvcPaths()
	if err != nil {
		return "", nil, nil, err
	}
	then, err := p.At(c.value("rev"))
	if err != nil {
		return "", nil, nil, err
	}
	done = func() {}
	if then != p {
		done = func() { _ = then.Close() } // it was only read
	}
	return paths[0], func() (io.ReadCloser, error) { return then.Content(ctx, paths[0]) }, done, nil
}

func dvcCat(ctx context.Context, c *call, p *dvc.Project) error {
	if c.json {
		return errs.New(errs.Invalid, "a file is printed as it was, and not as JSON").WithHint("leave --json out")
	}
	_, open, done, err := c.dvcContent(ctx, p)
	if err != nil {
		return err
	}
	defer done()
	r, err := open()
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = io.Copy(c.screen(), r)
	return err
}

func dvcPreview(ctx context.Context, c *call, p *dvc.Project) error {
	from, limit, err := c.page()
	if err != nil {
		return err
	}
	at, open, done, err := c.dvcContent(ctx, p)
	if err != nil {
		return err
	}
	defer done()
	if !table.Is(at) {
		return errs.New(errs.Precondition, "%s is no table by its name", at).WithHint("`rondo data cat %s` prints it", at)
	}
	rows, err := query.Page(ctx, table.File{Path: at}, open, from, limit)
	if err != nil {
		return err
	}
	if c.json {
		return c.print(rows)
	}
	c.sayRows(rows)
	return nil
}
