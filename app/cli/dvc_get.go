package cli

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/git"
	"rondo/backend/interop/dvc"
)

func forceFlag(f *flag.FlagSet) { f.Bool("force", false, "replace what is there") }

func getFlags(f *flag.FlagSet) {
	repositoryFlags(f)
	forceFlag(f)
	f.String("to", "", "put it at `PATH`; a folder that is there gets it inside")
	f.Bool("show-url", false, "only tell where the repository's remote keeps it")
}

// reader is the DVC project that the call is in, for its settings, or an empty one that is gone when it is closed.
func (c *call) reader() (p *dvc.Project, done func(), err error) {
	if root, err := dvc.Find(c.Dir); err == nil {
		p, err := dvc.Open(root)
		if err != nil {
			return nil, nil, err
		}
		p.Waits = c.waits
		return p, func() { p.Close() }, nil
	}
	dir, err := os.MkdirTemp("", "rondo-")
	if err != nil {
		return nil, nil, errs.New(errs.Unavailable, "a temporary folder cannot be made: %w", err)
	}
	if p, err = dvc.Open(dir); err != nil {
		os.RemoveAll(dir)
		return nil, nil, err
	}
	return p, func() { p.Close(); os.RemoveAll(dir) }, nil
}

// hereOr is an address as it is, and a path from the top of the machine.
func (c *call) hereOr(from string) string {
	if strings.Contains(from, "://") || filepath.IsAbs(from) || git.IsRemote(from) {
		return from
	}
	return filepath.Join(c.Dir, filepath.FromSlash(from))
}

func dataGet(ctx context.Context, c *call) error {
	if err := c.want(2, 2); err != nil {
		return err
	}
	if c.isSet("show-url") {
		return c.showURL(ctx)
	}
	return c.bring(ctx, c.args[1], c.value("to"), func(ctx context.Context, p *dvc.Project, to string) (dvc.Got, error) {
		return p.Get(ctx, c.elsewhere(), to, c.isSet("force"))
	})
}

// showURL tells where a remote keeps what is named, and asks nobody for it.
func (c *call) showURL(ctx context.Context) error {
	p, done, err := c.reader()
	if err != nil {
		return err
	}
	defer done()
	url, err := p.StorageURL(ctx, c.elsewhere())
	if err != nil {
		return err
	}
	return c.dvcDone(struct {
		URL string `json:"url"`
	}{url}, "%s", url)
}

func dataGetURL(ctx context.Context, c *call) error {
	if err := c.want(1, 2); err != nil {
		return err
	}
	to := ""
	if len(c.args) > 1 {
		to = c.args[1]
	}
	return c.bring(ctx, c.args[0], to, func(ctx context.Context, p *dvc.Project, to string) (dvc.Got, error) {
		return p.GetAddress(ctx, c.hereOr(c.args[0]), to, c.isSet("force"))
	})
}

// bring brings what is called name to a place, or into a folder that is there.
func (c *call) bring(ctx context.Context, name, to string, get func(ctx context.Context, p *dvc.Project, to string) (dvc.Got, error)) error {
	p, done, err := c.reader()
	if err != nil {
		return err
	}
	defer done()
	base := dvc.NameOf(name)
	at := filepath.Join(c.Dir, base)
	if to != "" {
		at = c.hereOr(to)
		if info, err := os.Stat(at); err == nil && info.IsDir() {
			at = filepath.Join(at, base)
		}
	}
	if strings.Trim(base, "./") == "" {
		return errs.New(errs.Invalid, "%s has no name of its own to be put under", name).WithHint("say where it goes: a name that is not there yet")
	}
	ctx, stop := c.working(ctx, "brought")
	defer stop()
	got, err := get(ctx, p, at)
	stop()
	if err != nil {
		return err
	}
	return c.dvcDone(got, "%s: %s (%s)", got.Path, counted(int64(got.Files), "file"), size(got.Bytes))
}
