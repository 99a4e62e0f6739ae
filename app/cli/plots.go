package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/git"
	"rondo/backend/interop/dvc"
	"rondo/backend/interop/dvc/doc"
	"rondo/backend/interop/dvc/plots"
)

const aboutPlots = "Draws what dvc.yaml, stages and DVCLive name as plots, on one page that needs no network: dvc_plots/index.html,\n" +
	"or what --out says. What cannot be drawn is named with its file and line; the rest is drawn. With --json as\n" +
	"dvc has it: data, in it plots by name, in them content.data.values; --show-vega is the content of one plot.\n\n"

var plotsVerbs = []verb{
	{
		name: "plots show", args: "[NAME…]", short: "in a DVC project: draw its plots on a page", flags: plotFlags, run: plotsShow,
		long: aboutPlots + "NAME is a plot of a dvc.yaml, or a file of data. Without one it is all plots.\n\n  rondo plots show\n  rondo plots show loss.csv --x step --y loss --out loss.html",
	},
	{
		name: "plots diff", args: "[REVISION…]", short: "in a DVC project: draw the plots of several revisions over each other", flags: plotDiffFlags, run: plotsDiff,
		long: aboutPlots + revisions + "Of one revision the\nother is workspace; without one they are HEAD and workspace, or workspace alone if nothing has changed.\n\n  rondo plots diff main brave-owl\n  rondo plots diff --target roc --target loss.csv",
	},
}

func plotFlags(f *flag.FlagSet) {
	f.String("out", "", "write the page to `PATH`: a file that ends with .html, or a folder")
	f.String("template", "", "draw by the template `NAME`: linear, simple, scatter, confusion, bar_horizontal, …, or one of the project's")
	f.String("x", "", "the `FIELD` that is x")
	f.String("y", "", "the `FIELD` that is y")
	f.String("title", "", "the `TITLE` of the plots")
	f.String("x-label", "", "what `TEXT` to write at x")
	f.String("y-label", "", "what `TEXT` to write at y")
	f.Bool("no-header", false, "the first line of tables has no names of columns")
	f.Bool("show-vega", false, "print one plot as a specification of Vega-Lite")
}

// names are values of a flag that may be repeated.
type names []string

func (n *names) String() string     { return strings.Join(*n, ",") }
func (n *names) Set(s string) error { *n = append(*n, s); return nil }

func plotDiffFlags(f *flag.FlagSet) {
	plotFlags(f)
	f.Var(&names{}, "target", "draw only the plot or file `NAME`; may be given several times")
}

func plotsShow(ctx context.Context, c *call) error {
	return c.onExps(0, -1, func(p *dvc.Project) error { return c.draw(ctx, p, []string{dvc.Workspace}, c.args) })
}

func plotsDiff(ctx context.Context, c *call) error {
	return c.onExps(0, -1, func(p *dvc.Project) error {
		revs, err := plotRevisions(ctx, p, c.args)
		if err != nil {
			return err
		}
		return c.draw(ctx, p, revs, *c.flags.Lookup("target").Value.(*names))
	})
}

// plotRevisions are what dvc compares where less than two revisions are said.
func plotRevisions(ctx context.Context, p *dvc.Project, revs []string) ([]string, error) {
	if len(revs) > 1 {
		return revs, nil
	}
	if len(revs) == 0 {
		repo, err := git.Open(p.Dir)
		if err != nil {
			return nil, err
		}
		dirty, err := repo.Status(ctx)
		if err != nil {
			return nil, err
		}
		if repo.Exists() && len(dirty.Changed)+len(dirty.Deleted) > 0 {
			revs = []string{"HEAD"}
		}
	}
	return append(slices.Clone(revs), dvc.Workspace), nil
}

// plotProps are what the call says of all plots.
func (c *call) plotProps() *doc.Map {
	props := &doc.Map{}
	for _, name := range []string{"template", "x", "y", "title", "x-label", "y-label"} {
		if v := c.value(name); v != "" {
			props.Set(strings.ReplaceAll(name, "-", "_"), v)
		}
	}
	if c.isSet("no-header") {
		props.Set("header", false)
	}
	return props
}

func (c *call) draw(ctx context.Context, p *dvc.Project, revs, targets []string) error {
	page, err := plots.Collect(ctx, p, revs, targets, c.plotProps())
	if err != nil {
		return err
	}
	switch {
	case c.isSet("show-vega"):
		return c.oneVega(page)
	case c.json:
		return c.print(page.JSON())
	}
	for _, pr := range page.Problems {
		fmt.Fprint(c.Stderr, harmless(strings.TrimRight(fmt.Sprintf("%s: %s\n  %s", pr.Rev, pr.Msg, pr.Hint), " \n")+"\n"))
	}
	if len(page.Figures) == 0 {
		c.say("There is nothing to draw.")
		return c.undrawn(page)
	}
	at, err := c.writePlots(p, page, "Plots of "+filepath.Base(p.Dir)+": "+strings.Join(revs, ", "))
	if err != nil {
		return err
	}
	c.say("%s", (&url.URL{Scheme: "file", Path: filepath.ToSlash(at)}).String())
	return nil
}

// undrawn is an error where there are plots and none can be drawn.
func (c *call) undrawn(page plots.Page) error {
	if len(page.Problems) == 0 {
		return nil
	}
	return errs.New(errs.Invalid, "none of the plots can be drawn").WithHint("what is above says why")
}

func (c *call) oneVega(page plots.Page) error {
	for _, f := range page.Figures {
		if len(f.Points) > 0 {
			b, err := json.MarshalIndent(f.Vega(), "", "  ")
			if err == nil {
				c.sayRaw(b)
			}
			return err
		}
	}
	return errs.New(errs.NotFound, "there is no plot of data by that name").WithHint("`rondo plots show --json` has all of them")
}

// writePlots writes the page where the call says, else where the project's settings say, and
// then never out of the project.
func (c *call) writePlots(p *dvc.Project, page plots.Page, title string) (string, error) {
	var b bytes.Buffer
	if err := page.Write(&b, title); err != nil {
		return "", err
	}
	at := c.value("out")
	if at == "" {
		return writePlotsInside(p, b.Bytes())
	}
	if at = c.abs(at); !strings.HasSuffix(at, ".html") {
		at = filepath.Join(at, "index.html")
	}
	if err := ourPage(os.ReadFile(at)); err != nil {
		return "", errs.New(errs.Conflict, "%s is there, and is no page of plots", at).WithHint("name another place with --out, or remove it")
	}
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		return "", errs.New(errs.Unavailable, "%s cannot be written: %w", at, err)
	}
	return at, atomicfile.WriteFile(at, b.Bytes(), 0o644)
}

func writePlotsInside(p *dvc.Project, text []byte) (string, error) {
	dir := p.Config["plots"]["out_dir"]
	if dir == "" {
		dir = "dvc_plots"
	}
	name := filepath.Join(filepath.FromSlash(dir), "index.html")
	root, err := os.OpenRoot(p.Dir)
	if err != nil {
		return "", errs.New(errs.NotFound, "%s cannot be opened: %w", p.Dir, err)
	}
	defer root.Close()
	refused := func(err error) error {
		return errs.New(errs.Unavailable, "%s cannot be written: %w", name, err).WithHint("say where the page may go with --out")
	}
	if !filepath.IsLocal(name) {
		return "", errs.New(errs.Invalid, "plots.out_dir of .dvc/config leads out of the project: %s", dir).WithHint("say where the page may go with --out")
	}
	if err := ourPage(root.ReadFile(name)); err != nil {
		return "", errs.New(errs.Conflict, "%s is there, and is no page of plots", name).WithHint("name another place with --out, or remove it")
	}
	if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return "", refused(err)
	}
	if err := root.WriteFile(name+".new", text, 0o644); err != nil {
		return "", refused(err)
	}
	if err := root.Rename(name+".new", name); err != nil {
		return "", refused(err)
	}
	return filepath.Join(p.Dir, name), nil
}

// ourPage is an error where a file is there that neither Rondo nor dvc has made for plots.
func ourPage(text []byte, err error) error {
	switch {
	case os.IsNotExist(err), err == nil && bytes.Contains(text, []byte(`content="`+plots.Generator+`"`)), err == nil && bytes.Contains(text, []byte("<title>DVC Plot</title>")):
		return nil
	case err != nil:
		return err
	}
	return os.ErrExist
}
