package cli

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/git"
	"rondo/backend/interop/dvc"
	"rondo/backend/interop/dvc/exp"
)

const farWords = "REMOTE is a remote of git's, an address (https://, ssh://, HOST:PATH) or a folder."

var expsExchangeVerbs = []verb{
	{
		name: "exps list", args: "[REMOTE]", short: "in a DVC project: list the names of experiments, here or in another repository", run: expsList, flags: chosenFlags,
		long: "Lists those that began at what is checked out, at --rev and --num commits before it, or all.\n" + farWords + "\n\n" +
			"  rondo exps list\n  rondo exps list origin --all-commits",
	},
	{
		name: "exps push", args: "REMOTE [NAME…]", short: "in a DVC project: send experiments to another repository, and their data to a remote", run: expsExchange((*dvc.Project).PushExps, "Sent", "to"), flags: expsExchangeFlags,
		long: "Does what dvc exp push does. " + farWords + "\nWithout names it sends those that began at what is checked out. One that is there with another content stays, unless\n--force is said.\n\n" +
			"  rondo exps push origin brave-owl\n  rondo exps push origin --all-commits --no-cache",
	},
	{
		name: "exps pull", args: "REMOTE [NAME…]", short: "in a DVC project: bring experiments of another repository, and their data into the cache", run: expsExchange((*dvc.Project).PullExps, "Brought", "from"), flags: expsExchangeFlags,
		long: "Does what dvc exp pull does. " + farWords + "\nThe folder stays as it is; `rondo exps apply` brings one into it.\n\n" +
			"  rondo exps pull origin brave-owl\n  rondo exps pull origin --rev main --num 5",
	},
}

// chosenFlags say which experiments are meant by where they began.
func chosenFlags(f *flag.FlagSet) {
	f.Bool("all-commits", false, "all of them")
	f.Bool("A", false, "the same")
	f.String("rev", "", "those that began at `REVISION`")
	f.Int("num", 1, "and at the commits before it, `N` in all; -1 for as many as there are")
}

func expsExchangeFlags(f *flag.FlagSet) {
	chosenFlags(f)
	f.Bool("force", false, "replace one of the same name on the other side")
	f.Bool("no-cache", false, "leave the data where it is")
	f.String("remote", "", "the `name` of the remote of DVC's that has the data; without it the default one")
	f.Bool("run-cache", false, "also what DVC has noted of runs")
}

// chosenExps are those that names and flags mean; by themselves those of what is checked out.
func (c *call) chosenExps(names []string) (in exp.Choice, err error) {
	in = exp.Choice{Names: names, All: c.isSet("all-commits") || c.isSet("A")}
	if in.Num, err = strconv.Atoi(c.value("num")); err != nil {
		return in, err
	}
	rev := c.value("rev")
	switch {
	case len(names) > 0 && (in.All || rev != ""):
		return in, errs.New(errs.Invalid, "either name experiments, or say --rev or --all-commits").WithHint("leave one of them out")
	case len(names) == 0 && !in.All && rev == "":
		rev = "HEAD"
	}
	if rev != "" {
		in.Revs = []string{rev}
	}
	return in, nil
}

// farRepository is a repository as it was typed; a folder is meant from where one is.
func (c *call) farRepository(typed string) string {
	at := filepath.Join(c.Dir, typed)
	if fi, err := os.Stat(at); err == nil && fi.IsDir() && strings.ContainsAny(typed, `/\.`) && !filepath.IsAbs(typed) && !git.IsRemote(typed) {
		return at
	}
	return typed
}

func expsList(ctx context.Context, c *call) error {
	return c.onExps(0, 1, func(p *dvc.Project) error {
		in, err := c.chosenExps(nil)
		if err != nil {
			return err
		}
		var list []exp.Ref
		if len(c.args) > 0 {
			list, err = p.FarExps(ctx, c.farRepository(c.args[0]), in)
		} else {
			list, err = p.ChosenExps(in)
		}
		if err != nil {
			return err
		}
		if c.json {
			return c.print(append([]exp.Ref{}, list...))
		}
		if len(list) == 0 {
			c.say("There are none. --all-commits lists those that began elsewhere, too.")
			return nil
		}
		rows := [][]string{{"EXPERIMENT", "BASELINE", "COMMIT"}}
		for _, e := range list {
			rows = append(rows, []string{e.Name, fmt.Sprintf("%.8s", e.Baseline), fmt.Sprintf("%.8s", e.Commit)})
		}
		c.table(rows)
		return nil
	})
}

func expsExchange(move func(*dvc.Project, context.Context, dvc.ExchangeExps) (dvc.ExchangedExps, error), word, way string) func(context.Context, *call) error {
	return func(ctx context.Context, c *call) error {
		return c.onExps(1, -1, func(p *dvc.Project) error {
			in := dvc.ExchangeExps{Far: c.farRepository(c.args[0]), Force: c.isSet("force"), NoData: c.isSet("no-cache"), Remote: c.value("remote"), RunCache: c.isSet("run-cache")}
			var err error
			if in.Choice, err = c.chosenExps(c.args[1:]); err != nil {
				return err
			}
			done, err := move(p, ctx, in)
			if c.json && err == nil {
				return c.print(done)
			}
			if !c.json {
				c.sayExps(done, word, way+" "+c.args[0])
			}
			return err
		})
	}
}

// sayExps tells which experiments were exchanged, also where their data was not.
func (c *call) sayExps(done dvc.ExchangedExps, word, with string) {
	if len(done.Moved) > 0 {
		c.say("%s %s: %s", word, with, strings.Join(done.Moved, ", "))
	}
	if len(done.UpToDate) > 0 {
		c.say("The same on both sides: %s", strings.Join(done.UpToDate, ", "))
	}
	if done.Moved != nil && len(done.Moved)+len(done.UpToDate)+len(done.Diverged) == 0 {
		c.say("There are no experiments of what is checked out; --all-commits takes all.")
	}
	if done.Data != nil {
		c.sayMoved(*done.Data, map[string]string{"Sent": "pushed", "Brought": "fetched"}[word])
	}
}
