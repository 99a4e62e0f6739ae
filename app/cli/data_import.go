package cli

import (
	"context"
	"flag"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"

	"rondo/backend/dataset"
	"rondo/backend/errs"
)

func updateFlags(f *flag.FlagSet) {
	f.String("max-size", "", "refuse what is larger than so many `bytes`, such as 500MB; 10 GiB if empty")
	f.Bool("allow-inside", false, "also ask addresses of this computer and its network")
}

func (c *call) update() (in dataset.Update, err error) {
	in.Inside = c.isSet("allow-inside")
	if text := c.value("max-size"); text != "" {
		in.MaxBytes, err = bytesOf(text)
	}
	return in, err
}

// bytesOf reads a size as people write it.
func bytesOf(text string) (int64, error) {
	number, unit := strings.TrimSpace(strings.ToUpper(text)), int64(1)
	for i, suffix := range []string{"KB", "MB", "GB", "TB"} {
		if rest, ok := strings.CutSuffix(number, suffix); ok {
			number = strings.TrimSpace(rest)
			for range i + 1 {
				unit *= 1000
			}
		}
	}
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || n <= 0 || n*float64(unit) > 1<<62 {
		return 0, errs.New(errs.Invalid, "%q is no size", text).WithHint("write it like 500MB or 20GB")
	}
	return int64(n * float64(unit)), nil
}

func dataImport(ctx context.Context, c *call) error {
	if err := c.want(1, 2); err != nil {
		return err
	}
	update, err := c.update()
	if err != nil {
		return err
	}
	in := dataset.Import{From: c.args[0], Name: c.value("name"), Path: c.value("to"), Update: update}
	if len(c.args) == 2 {
		in.Snapshot = c.args[1]
	}
	if !strings.Contains(in.From, "://") && !filepath.IsAbs(in.From) {
		in.From = filepath.Join(c.Dir, in.From)
	}
	if in.Path != "" {
		if in.Path, err = c.inProject(in.Path); err != nil {
			return err
		}
	}
	var out dataset.Imported
	return c.actOnData(ctx, http.MethodPost, "/datasets/import", in, &out, func() error {
		c.sayImported(out)
		return nil
	})
}

func dataUpdate(ctx context.Context, c *call) error {
	in, err := c.update()
	if err != nil {
		return err
	}
	in.Force = c.isSet("force")
	names := c.args
	if len(names) == 0 {
		if names, err = c.datasets(ctx, func(d dataset.Dataset) bool { return d.Latest != nil && d.Latest.Origin != nil }); err != nil {
			return err
		}
		if len(names) == 0 && !c.json {
			c.say("No dataset was imported. `rondo data import` brings one in.")
		}
	}
	return ofEach(ctx, c, names, func(name string) (out dataset.Imported, err error) {
		err = c.request(ctx, http.MethodPost, dataPath(name, "update"), in, &out)
		return out, err
	}, c.sayImported)
}

func (c *call) sayImported(out dataset.Imported) {
	if !out.New {
		c.say("%s is what its origin has; nothing is new", out.Snapshot.Ref())
		return
	}
	if out.Resumed > 0 {
		c.say("%s had been fetched before", size(out.Resumed))
	}
	c.say("%s  %s", out.Snapshot.Ref(), snapshotWords(out.Snapshot))
}
